// SPDX-License-Identifier: GPL-3.0-or-later
// Which edits are renames, and what they lead to over several steps.
#include "core/session/renamelog.h"

#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using limits::Rename;
using limits::Renames;
using session::RenameLog;

namespace {

config::LimitRule rule(const QByteArray &name, MicroAmount capacity = 5)
{
    config::LimitRule result;
    result.name = name;
    result.capacity = capacity;
    result.refill = std::chrono::minutes(1);
    return result;
}

config::Configuration with(std::vector<config::LimitRule> rules)
{
    config::Configuration result;
    result.limits = std::move(rules);
    return result;
}

} // namespace

class TestRenameLog : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void followsSeveralSteps();
    void followsUndo();
    void takesNothingElseForARename_data();
    void takesNothingElseForARename();
    void neverJoinsWhatCountsOtherwise();
};

void TestRenameLog::followsSeveralSteps()
{
    RenameLog log;
    const auto a = with({rule("a"), rule("x")});
    const auto b = with({rule("b"), rule("x")});
    const auto c = with({rule("c"), rule("x")});
    log.note(a, b);
    log.note(b, c);
    QCOMPARE(log.between(a, c), (Renames{{"a", "c"}}));
    // Another field may change with it, in a step of its own.
    QCOMPARE(log.between(a, with({rule("c", 9), rule("x")})), (Renames{{"a", "c"}}));
    QCOMPARE(log.between(a, a), Renames());
}

void TestRenameLog::followsUndo()
{
    RenameLog log;
    log.note(with({rule("a")}), with({rule("b")}));
    // Applied, then undone: the draft goes back without an edit of its own.
    QCOMPARE(log.between(with({rule("b")}), with({rule("a")})), (Renames{{"b", "a"}}));
}

void TestRenameLog::takesNothingElseForARename_data()
{
    QTest::addColumn<QByteArrayList>("before");
    QTest::addColumn<QByteArrayList>("after");
    QTest::addRow("added") << QByteArrayList{"a"} << QByteArrayList{"a", "b"};
    QTest::addRow("removed") << QByteArrayList{"a", "b"} << QByteArrayList{"a"};
    QTest::addRow("two at once") << QByteArrayList{"a", "b"} << QByteArrayList{"c", "d"};
}

void TestRenameLog::takesNothingElseForARename()
{
    QFETCH(const QByteArrayList, before);
    QFETCH(const QByteArrayList, after);
    const auto make = [](const QByteArrayList &names) {
        std::vector<config::LimitRule> rules;
        for (const QByteArray &name : names)
            rules.push_back(rule(name));
        return with(std::move(rules));
    };
    RenameLog log;
    log.note(make(before), make(after));
    QCOMPARE(log.between(make(before), make(after)), Renames());
}

void TestRenameLog::neverJoinsWhatCountsOtherwise()
{
    RenameLog log;
    log.note(with({rule("a")}), with({rule("b")}));
    auto tokens = rule("b");
    tokens.unit = Unit::Token;
    QCOMPARE(log.between(with({rule("a")}), with({tokens})), Renames());
    // One that replaces another and differs from it is no rename.
    RenameLog other;
    other.note(with({rule("a")}), with({rule("b", 9)}));
    QCOMPARE(other.between(with({rule("a")}), with({rule("b", 9)})), Renames());
}

QTEST_GUILESS_MAIN(TestRenameLog)
#include "tst_renamelog.moc"
