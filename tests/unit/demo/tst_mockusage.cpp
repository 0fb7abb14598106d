// SPDX-License-Identifier: GPL-3.0-or-later
// What the usage reader finds in the mock's answers is what the mock writes into its books.
#include "core/demo/mockanthropic.h"
#include "core/demo/mockopenai.h"
#include "core/demo/mockresponses.h"
#include "core/metering/usage/usagereader.h"

#include <QTest>

#include <numeric>

using namespace sluice::demo;
using namespace sluice::metering;
using namespace Qt::StringLiterals;

using Answer = MockAnswer (*)(const MockQuestion &);
Q_DECLARE_METATYPE(Answer)

class TestMockUsage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void agreesWithTheBooks_data();
    void agreesWithTheBooks();
};

void TestMockUsage::agreesWithTheBooks_data()
{
    QTest::addColumn<Answer>("answer");
    QTest::addColumn<bool>("isStream");
    QTest::addColumn<int>("choices");
    for (const bool isStream : {false, true}) {
        const char *form = isStream ? "stream" : "document";
        QTest::addRow("chat, %s", form) << Answer(mockopenai::chat) << isStream << 3;
        QTest::addRow("completion, %s", form) << Answer(mockopenai::completion) << isStream << 2;
        QTest::addRow("responses, %s", form) << Answer(mockresponses::response) << isStream << 1;
        QTest::addRow("messages, %s", form) << Answer(mockanthropic::message) << isStream << 1;
    }
    QTest::newRow("embeddings") << Answer(mockopenai::embeddings) << false << 1;
}

void TestMockUsage::agreesWithTheBooks()
{
    QFETCH(const Answer, answer);
    QFETCH(const bool, isStream);
    QFETCH(const int, choices);
    MockQuestion question;
    question.model = u"gpt-4o"_s;
    question.body = {{u"input"_s, u"text"_s}};
    question.seed = 7;
    question.inputTokens = 41;
    question.outputTokens = answer == &mockopenai::embeddings ? 0 : 24;
    if (answer == &mockanthropic::message) {
        question.cachedInput = 20;
        question.cacheWrite = 15;
        question.cacheWrite1h = 4;
    } else if (answer != &mockopenai::embeddings) {
        question.cachedInput = 9;
        question.reasoningTokens = 31;
    }
    question.choices = choices;
    question.isStream = isStream;
    question.includesUsage = isStream;
    const MockAnswer said = answer(question);
    UsageReader reader(isStream ? UsageReader::Form::EventStream : UsageReader::Form::Json);
    reader.feed(said.body);
    for (const MockStep &step : said.steps)
        reader.feed(step.bytes);
    const TokenUsage usage = reader.finish();
    QCOMPARE(usage.input, std::optional(said.bill.input));
    QCOMPARE(usage.output, std::optional(said.bill.output));
    QCOMPARE(usage.cachedInput.value_or(0), said.bill.cachedInput);
    QCOMPARE(usage.cacheWrite.value_or(0), said.bill.cacheWrite);
    QCOMPARE(usage.cacheWrite1h.value_or(0), said.bill.cacheWrite1h);
    QCOMPARE(usage.reasoning.value_or(0), said.bill.reasoning);
    if (isStream) {
        const qint64 sent = std::accumulate(said.steps.begin(), said.steps.end(), qint64{0},
            [](qint64 sum, const MockStep &step) { return sum + step.tokens; });
        QCOMPARE(sent, said.bill.output);
    }
}

QTEST_GUILESS_MAIN(TestMockUsage)
#include "tst_mockusage.moc"
