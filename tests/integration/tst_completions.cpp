// SPDX-License-Identifier: GPL-3.0-or-later
// What the shells complete is what sluicectl has: asked in bash itself, and in the others where
// they are installed for their syntax.
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTest>

using namespace Qt::StringLiterals;

namespace {

const QString Folder = QStringLiteral(SLUICE_SOURCE_DIR) + u"/resources/completions/"_s;

/// What bash offers for these words, the last one unfinished.
QStringList completed(const QStringList &words)
{
    QProcess bash;
    const QString script =
        u"source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _sluicectl; "
        u"printf '%s\\n' \"${COMPREPLY[@]}\""_s;
    bash.start(u"bash"_s,
        QStringList{
            u"-c"_s, script, u"bash"_s, Folder + u"sluicectl.bash"_s, QStringLiteral(SLUICECTL)}
            + words);
    if (!bash.waitForFinished() || bash.exitCode() != 0)
        return {u"bash failed: "_s + QString::fromUtf8(bash.readAllStandardError())};
    return QString::fromUtf8(bash.readAllStandardOutput()).split(u'\n', Qt::SkipEmptyParts);
}

} // namespace

class TestCompletions : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void completes_data();
    void completes();
    void completesEveryCommand();
    void isUnderstood_data();
    void isUnderstood();
};

void TestCompletions::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
}

void TestCompletions::completes_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QStringList>("expected");
    QTest::newRow("a command") << QStringList{u"li"_s} << QStringList{u"limits"_s};
    QTest::newRow("two") << QStringList{u"se"_s} << QStringList{u"serve"_s};
    QTest::newRow("an option") << QStringList{u"raise"_s, u"a"_s, u"b"_s, u"1"_s, u"--fo"_s}
                               << QStringList{u"--for"_s, u"--format"_s};
    QTest::newRow("of two spellings")
        << QStringList{u"limits"_s, u"--help"_s} << QStringList{u"--help"_s, u"--help-all"_s};
    QTest::newRow("a format") << QStringList{u"limits"_s, u"--format"_s, u""_s}
                              << QStringList{u"table"_s, u"json"_s, u"jsonl"_s, u"csv"_s};
    QTest::newRow("another format")
        << QStringList{u"check"_s, u"a"_s, u"--format"_s, u"j"_s} << QStringList{u"json"_s};
    QTest::newRow("a segment") << QStringList{u"block"_s, u"te"_s}
                               << QStringList{u"team"_s, u"team-member"_s};
    QTest::newRow("an action") << QStringList{u"keys"_s, u"r"_s} << QStringList{u"revoke"_s};
    QTest::newRow("a file: bash's own") << QStringList{u"check"_s, u"gw"_s} << QStringList();
    QTest::newRow("nothing") << QStringList{u"xyz"_s} << QStringList();
}

void TestCompletions::completes()
{
    QFETCH(QStringList, words);
    QFETCH(QStringList, expected);
    QCOMPARE(completed(words), expected);
}

void TestCompletions::completesEveryCommand()
{
    QProcess help;
    help.start(QStringLiteral(SLUICECTL), {u"help"_s});
    QVERIFY(help.waitForFinished());
    static const QRegularExpression command(u"^  ([a-z]+)"_s, QRegularExpression::MultilineOption);
    QStringList known{u"help"_s};
    for (const auto &match : command.globalMatch(QString::fromUtf8(help.readAllStandardOutput())))
        known.append(match.captured(1));
    QVERIFY(known.size() > 10);
    QCOMPARE(completed({u""_s}), known);
}

void TestCompletions::isUnderstood_data()
{
    QTest::addColumn<QString>("shell");
    QTest::addColumn<QString>("file");
    QTest::newRow("bash") << u"bash"_s << u"sluicectl.bash"_s;
    QTest::newRow("zsh") << u"zsh"_s << u"_sluicectl"_s;
    QTest::newRow("fish") << u"fish"_s << u"sluicectl.fish"_s;
}

void TestCompletions::isUnderstood()
{
    QFETCH(QString, shell);
    QFETCH(QString, file);
    if (QStandardPaths::findExecutable(shell).isEmpty())
        QSKIP("this shell is not installed");
    QCOMPARE(QProcess::execute(shell, {u"-n"_s, Folder + file}), 0);
}

QTEST_GUILESS_MAIN(TestCompletions)
#include "tst_completions.moc"
