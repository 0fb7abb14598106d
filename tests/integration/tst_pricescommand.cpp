// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl prices as a process: what models cost and where that is from, in all forms, and price
// lists of others turned into files that the gateway reads.
#include "ctlprocess.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using sluice::test::CtlProcess;

namespace {

constexpr int Success = 0;
constexpr int Failed = 1;
constexpr int Usage = 2;

const QByteArray List = R"({
 "gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06},
 "my/m": {"litellm_provider": "my", "input_cost_per_token": 3e-07, "output_cost_per_token": 0},
 "image": {"litellm_provider": "openai", "input_cost_per_pixel": 1e-06}})";

} // namespace

class TestPricesCommand final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void showsWhereAPriceIsFrom_data();
    void showsWhereAPriceIsFrom();
    void lists();
    void listsAsJson();
    void listsAsCsv();
    void imports();
    void importsToAFile();
    void saysWhatItCannotRead_data();
    void saysWhatItCannotRead();
    void refusesWrongCommandLines_data();
    void refusesWrongCommandLines();
    void helps();

private:
    void write(const QString &name, const QByteArray &text) const;

    [[nodiscard]] QString path(const QString &name) const { return m_folder->filePath(name); }

    /// Runs "prices" with the test's own configuration.
    int run(const QStringList &arguments)
    {
        return m_ctl->run(QStringList{u"prices"_s} + arguments);
    }

    [[nodiscard]] QStringList withConfig(const QStringList &arguments) const
    {
        return arguments + QStringList{u"--config"_s, path(u"gw.yaml"_s)};
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<CtlProcess> m_ctl;
};

void TestPricesCommand::write(const QString &name, const QByteArray &text) const
{
    QFile file(path(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), text.size());
}

void TestPricesCommand::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_ctl = std::make_unique<CtlProcess>();
    write(u"prices.yaml"_s,
        "openai/from-file: {input: 1, output: 2, tiers: [{above: 1000, input: 3}]}\n");
    write(u"gw.yaml"_s,
        "prices: {file: prices.yaml, models: {openai/my-tune: {input: 0.003625, cache-write-1h: 9, "
        "output: 5, reasoning: 6}}}\n");
    write(u"list.json"_s, List);
}

void TestPricesCommand::showsWhereAPriceIsFrom_data()
{
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("time");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArrayList>("words");
    const auto row = [](const char *model, const QString &time, int code,
                         const QByteArrayList &words) {
        QTest::addRow("%s %s", model, qPrintable(time))
            << QString::fromLatin1(model) << time << code << words;
    };
    row("openai/my-tune", {}, Success,
        {"input          0.003625\n", "cache-write-1h 9\n", "reasoning      6\n",
            "prices.models\n"});
    row("openai/from-file", {}, Success,
        {"more than 1000 input tokens", "input          3\n", "prices.file\n"});
    row("openai/gpt-4o-mini", {}, Success,
        {"input          0.15\n", "built-in table of 20", "entry          gpt-4o-mini\n",
            "matched by     equals \"gpt-4o-mini\"\n"});
    row("google/gemini-2.0-flash", {}, Success, {"input          0.1\n"});
    row("deepseek/deepseek-chat", u"2026-01-01T00:29:59Z"_s, Success,
        {"input          0.135\n", "at             2026-01-01T00:29:59Z"});
    row("deepseek/deepseek-chat", u"2026-01-01T00:30:00Z"_s, Success, {"input          0.27\n"});
    row("openai/o3", u"2025-06-09"_s, Success, {"input          10\n"});
    row("openai/o3", u"2025-06-10"_s, Success, {"input          2\n"});
    row("openai/o3", u"2025-06-10T01:00:00+02:00"_s, Success, {"input          10\n"});
    row("ollama/whatever", {}, Success, {"input          0\n", "runs on this machine"});
    row("openai/gpt-unknown", {}, Failed, {});
    row("my-llm/gpt-4o", {}, Failed, {});
    row("openai/o3", u"yesterday"_s, Failed, {});
}

void TestPricesCommand::showsWhereAPriceIsFrom()
{
    QFETCH(const QString, model);
    QFETCH(const QString, time);
    QFETCH(const int, code);
    QFETCH(const QByteArrayList, words);
    QStringList arguments{u"show"_s, model};
    if (!time.isEmpty())
        arguments += {u"--at"_s, time};
    QCOMPARE(run(withConfig(arguments)), code);
    QCOMPARE(m_ctl->errors().isEmpty(), code == Success);
    for (const QByteArray &word : words)
        QVERIFY2(m_ctl->output().contains(word), m_ctl->output().constData());
}

void TestPricesCommand::lists()
{
    QCOMPARE(run(withConfig({u"list"_s})), Success);
    QVERIFY(m_ctl->output().startsWith("MODEL "));
    QVERIFY(m_ctl->output().count('\n') > 500);
    QVERIFY(m_ctl->output().contains("\nopenai/my-tune "));
    QCOMPARE(run(withConfig({u"list"_s, u"--provider"_s, u"google"_s})), Success);
    QVERIFY(m_ctl->output().contains("\ngemini/gemini-2.5-pro "));
    QVERIFY(!m_ctl->output().contains("\nopenai/"));
}

void TestPricesCommand::listsAsJson()
{
    QCOMPARE(run(withConfig({u"list"_s, u"--provider"_s, u"openai"_s, u"--format"_s, u"json"_s})),
        Success);
    const QJsonArray array = QJsonDocument::fromJson(m_ctl->output()).array();
    QVERIFY(array.size() > 80);
    QStringList sources;
    for (const QJsonValue &value : array) {
        if (value["model"_L1] == "openai/from-file"_L1) {
            QCOMPARE(value["tiers"_L1][0]["above"_L1].toInt(), 1'000);
            QCOMPARE(value["tiers"_L1][0]["input"_L1].toString(), u"3"_s);
            QCOMPARE(value["tiers"_L1][0]["output"_L1].toString(), u"2"_s);
        }
        if (!sources.contains(value["source"_L1].toString()))
            sources.append(value["source"_L1].toString());
    }
    sources.sort();
    QCOMPARE(sources, QStringList({u"built-in"_s, u"file"_s, u"models"_s}));
}

void TestPricesCommand::listsAsCsv()
{
    QCOMPARE(run(withConfig({u"list"_s, u"--provider"_s, u"openai"_s, u"--format"_s, u"csv"_s})),
        Success);
    const QByteArrayList lines = m_ctl->output().split('\n');
    QCOMPARE(lines.first(),
        "model,above,input,cached_input,cache_write,cache_write_1h,output,reasoning,source");
    QVERIFY(lines.contains("openai/my-tune,0,0.003625,0.003625,0.003625,9,5,6,models"));
    QVERIFY(lines.contains("openai/from-file,0,1,1,1,,2,,file"));
    QVERIFY(lines.contains("openai/from-file,1000,3,3,3,,2,,file"));
}

void TestPricesCommand::imports()
{
    QCOMPARE(run({u"import"_s, path(u"list.json"_s)}), Success);
    const QByteArray yaml = m_ctl->output();
    QVERIFY2(yaml.startsWith("# US dollars per million tokens, from list.json (LiteLLM)"),
        yaml.constData());
    QVERIFY2(yaml.endsWith("\n\"my/m\": {input: 0.3, output: 0}\n\"openai/gpt-4o\": {input: 1, "
                           "output: 2}\n"),
        yaml.constData());
    QVERIFY(m_ctl->errors().contains("2 prices taken (LiteLLM)\n"));
    QVERIFY(m_ctl->errors().contains("1 left out: no price for input tokens\n"));
    QCOMPARE(run({u"import"_s, path(u"list.json"_s), u"--provider"_s, u"nobody"_s}), Failed);
}

void TestPricesCommand::importsToAFile()
{
    QCOMPARE(run({u"import"_s, path(u"list.json"_s), u"--provider"_s, u"my"_s, u"--provider"_s,
                 u"openai"_s, u"--output"_s, path(u"prices.yaml"_s)}),
        Success);
    QVERIFY(m_ctl->output().isEmpty());
    QCOMPARE(m_ctl->run({u"check"_s, path(u"gw.yaml"_s)}), Success);
    QVERIFY2(m_ctl->output().isEmpty(), m_ctl->output().constData());
    // It wins over the built-in table.
    QCOMPARE(run(withConfig({u"show"_s, u"openai/gpt-4o"_s})), Success);
    QVERIFY(m_ctl->output().contains("input          1\n"));
    QVERIFY(m_ctl->output().contains("prices.file"));
}

void TestPricesCommand::saysWhatItCannotRead_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("words");
    QTest::newRow("no file") << QStringList{u"import"_s, u"none.json"_s}
                             << QByteArray("cannot read none.json");
    QTest::newRow("no list") << QStringList{u"import"_s, u"gw.yaml"_s}
                             << QByteArray("this is no price list: it is not JSON");
    QTest::newRow("no place") << QStringList{u"import"_s, u"list.json"_s, u"--output"_s,
        u"none/prices.yaml"_s} << QByteArray("cannot write none/prices.yaml");
    QTest::newRow("no configuration") << QStringList{u"list"_s, u"--config"_s, u"none.yaml"_s}
                                      << QByteArray("cannot read none.yaml");
    QTest::newRow("a broken one") << QStringList{u"list"_s, u"--config"_s, u"list.json"_s}
                                  << QByteArray("list.json has errors");
}

void TestPricesCommand::saysWhatItCannotRead()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, words);
    for (QString &argument : arguments) {
        if (argument.contains(u'.'))
            argument = path(argument);
    }
    for (const char *name : {"none.json", "none/prices.yaml", "none.yaml", "list.json"})
        words.replace(name, path(QString::fromLatin1(name)).toUtf8());
    QCOMPARE(run(arguments), Failed);
    QVERIFY2(m_ctl->errors().contains(words), m_ctl->errors().constData());
    QVERIFY(m_ctl->output().isEmpty());
}

void TestPricesCommand::refusesWrongCommandLines_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("no action") << QStringList{};
    QTest::newRow("another one") << QStringList{u"delete"_s, u"openai/gpt-4o"_s};
    QTest::newRow("show nothing") << QStringList{u"show"_s};
    QTest::newRow("show a bare name") << QStringList{u"show"_s, u"gpt-4o"_s};
    QTest::newRow("show a provider") << QStringList{u"show"_s, u"openai/"_s};
    QTest::newRow("list and more") << QStringList{u"list"_s, u"openai"_s};
    QTest::newRow("another format") << QStringList{u"list"_s, u"--format"_s, u"xml"_s};
    QTest::newRow("import nothing") << QStringList{u"import"_s};
    QTest::newRow("another option") << QStringList{u"list"_s, u"--verbose"_s};
}

void TestPricesCommand::refusesWrongCommandLines()
{
    QFETCH(const QStringList, arguments);
    QCOMPARE(run(arguments), Usage);
    QVERIFY(m_ctl->output().isEmpty());
    QVERIFY(!m_ctl->errors().isEmpty());
}

void TestPricesCommand::helps()
{
    QCOMPARE(run({u"--help"_s}), Success);
    for (const char *word :
        {"prices show", "prices list", "prices import", "--provider", "--output"})
        QVERIFY2(m_ctl->output().contains(word), word);
    QCOMPARE(m_ctl->run({u"help"_s}), Success);
    QVERIFY(m_ctl->output().contains("\n  prices "));
}

QTEST_GUILESS_MAIN(TestPricesCommand)
#include "tst_pricescommand.moc"
