// SPDX-License-Identifier: GPL-3.0-or-later
// What a request's record becomes in the ledger.
#include "core/insight/trimmedrecord.h"
#include "core/stores/ledgerrow.h"

#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using insight::Outcome;
using insight::RequestRecord;
using limits::Verdict;
using stores::LedgerRow;

namespace {

/// The way of a record to the ledger: the gateway trims it first.
LedgerRow toLedgerRow(const RequestRecord &record)
{
    return stores::toLedgerRow(insight::trimmedRecord(record));
}

} // namespace

class TestLedgerRow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsWhoWhatAndHowLong();
    void namesTheEntry_data();
    void namesTheEntry();
    void namesOutcomeAndVerdict_data();
    void namesOutcomeAndVerdict();
    void namesTheBindingLimit();
    void keepsWhatIsUnknownApart_data();
    void keepsWhatIsUnknownApart();
};

void TestLedgerRow::keepsWhoWhatAndHowLong()
{
    RequestRecord record;
    record.at = std::chrono::milliseconds(1'772'460'132'123);
    record.requestId = "id-1";
    record.subject.apiKey = "ci";
    record.subject.member = "alice";
    record.subject.team = "core";
    record.subject.endUser = "Zoë";
    record.subject.properties = {{"tenant", "a\"b"}, {"tier", "free"}};
    record.method = "POST";
    record.path = "/openai/v1/chat/completions";
    record.provider = "openai";
    record.model = "gpt-4o";
    record.isStream = true;
    record.status = 200;
    record.duration = std::chrono::microseconds(1'500);
    record.overhead = std::chrono::microseconds(70);
    record.bytesSent = 4'096;
    record.note = u"Grüße"_s;
    const LedgerRow row = toLedgerRow(record);
    QCOMPARE(row.timeMs, 1'772'460'132'123);
    QCOMPARE(row.requestId, "id-1"_ba);
    QCOMPARE(row.key, "ci"_ba);
    QCOMPARE(row.owner, "alice"_ba);
    QCOMPARE(row.team, "core"_ba);
    QCOMPARE(row.user, "Zoë"_ba);
    QCOMPARE(row.properties, R"({"tenant":"a\"b","tier":"free"})"_ba);
    QCOMPARE(row.method, "POST"_ba);
    QCOMPARE(row.path, "/openai/v1/chat/completions"_ba);
    QCOMPARE(row.provider, "openai"_ba);
    QCOMPARE(row.model, "gpt-4o"_ba);
    QVERIFY(row.isStream);
    QCOMPARE(row.status, 200);
    QCOMPARE(row.durationUs, 1'500);
    QCOMPARE(row.overheadUs, 70);
    QCOMPARE(row.bytes, 4'096);
    QCOMPARE(row.note, "Grüße"_ba);
}

void TestLedgerRow::namesTheEntry_data()
{
    QTest::addColumn<int>("entry");
    QTest::addColumn<QByteArray>("router");
    QTest::newRow("router") << int(limits::Entry::Router) << "production"_ba;
    QTest::newRow("unified") << int(limits::Entry::Unified) << "unified"_ba;
    QTest::newRow("direct") << int(limits::Entry::Direct) << "groq"_ba;
}

void TestLedgerRow::namesTheEntry()
{
    QFETCH(int, entry);
    QFETCH(QByteArray, router);
    RequestRecord record;
    record.subject.entry = static_cast<limits::Entry>(entry);
    record.subject.router = "production";
    record.provider = "groq";
    QCOMPARE(toLedgerRow(record).router, router);
}

void TestLedgerRow::namesOutcomeAndVerdict_data()
{
    QTest::addColumn<int>("outcome");
    QTest::addColumn<int>("verdict");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArrayList>("names"); // outcome, verdict
    QTest::addColumn<QList<bool>>("marks"); // refused, error
    const auto row = [](Outcome outcome, Verdict verdict, int status, const QByteArray &name,
                         const QByteArray &verdictName, bool isRefused, bool isError) {
        QTest::addRow("%s %s %d", name.constData(), verdictName.constData(), status)
            << int(outcome) << int(verdict) << status << QByteArrayList{name, verdictName}
            << QList<bool>{isRefused, isError};
    };
    row(Outcome::Completed, Verdict::Admitted, 200, "completed", "admitted", false, false);
    row(Outcome::Completed, Verdict::Admitted, 500, "completed", "admitted", false, true);
    row(Outcome::Refused, Verdict::LimitReached, 429, "refused", "limit_reached", true, false);
    row(Outcome::Refused, Verdict::SlotsTaken, 429, "refused", "slots_taken", true, false);
    row(Outcome::Refused, Verdict::NeverFits, 400, "refused", "never_fits", true, false);
    row(Outcome::Refused, Verdict::Blocked, 403, "refused", "blocked", true, false);
    row(Outcome::Rejected, Verdict::Unpriced, 400, "rejected", "unpriced", false, false);
    row(Outcome::Rejected, Verdict::MissingSegment, 400, "rejected", "missing_segment", false,
        false);
    row(Outcome::Rejected, Verdict::NoRoom, 503, "rejected", "no_room", false, false);
    row(Outcome::Rejected, Verdict::StoreDown, 503, "rejected", "store_down", false, false);
    row(Outcome::Rejected, Verdict::Admitted, 401, "rejected", "", false, false);
    row(Outcome::UpstreamFailed, Verdict::Admitted, 502, "upstream_failed", "admitted", false,
        true);
    row(Outcome::ClientLeft, Verdict::Admitted, 0, "client_left", "admitted", false, false);
}

void TestLedgerRow::namesOutcomeAndVerdict()
{
    QFETCH(int, outcome);
    QFETCH(int, verdict);
    QFETCH(int, status);
    QFETCH(QByteArrayList, names);
    QFETCH(QList<bool>, marks);
    RequestRecord record;
    record.outcome = static_cast<Outcome>(outcome);
    record.decision.verdict = static_cast<Verdict>(verdict);
    record.status = status;
    const LedgerRow row = toLedgerRow(record);
    QCOMPARE(QByteArrayList({row.outcome, row.verdict}), names);
    QCOMPARE(QList<bool>({row.isRefused, row.isError}), marks);
}

void TestLedgerRow::namesTheBindingLimit()
{
    RequestRecord record;
    QCOMPARE(toLedgerRow(record).bindingLimit, QByteArray());
    for (const char *name : {"wide", "narrow"}) {
        auto limit = std::make_shared<limits::Limit>();
        limit->name = name;
        limits::ChainLink link;
        link.limit = limit;
        record.decision.chain.push_back(link);
    }
    record.decision.binding = 1;
    QCOMPARE(toLedgerRow(record).bindingLimit, "narrow"_ba);
}

void TestLedgerRow::keepsWhatIsUnknownApart_data()
{
    QTest::addColumn<std::optional<qint64>>("input");
    QTest::addColumn<std::optional<qint64>>("output");
    QTest::addColumn<std::optional<qint64>>("cost");
    QTest::addColumn<bool>("isUnpriced");
    QTest::addColumn<bool>("isEstimated");
    const std::optional<qint64> none;
    QTest::newRow("nothing used") << none << none << none << false << false;
    QTest::newRow("priced") << std::optional<qint64>(5) << std::optional<qint64>(7)
                            << std::optional<qint64>(1035) << false << true;
    QTest::newRow("free") << std::optional<qint64>(5) << none << std::optional<qint64>(0) << false
                          << true;
    QTest::newRow("unpriced") << std::optional<qint64>(0) << none << none << true << true;
}

void TestLedgerRow::keepsWhatIsUnknownApart()
{
    QFETCH(std::optional<qint64>, input);
    QFETCH(std::optional<qint64>, output);
    QFETCH(std::optional<qint64>, cost);
    QFETCH(bool, isUnpriced);
    QFETCH(bool, isEstimated);
    RequestRecord record;
    record.charge.tokens.input = input;
    record.charge.tokens.output = output;
    record.charge.cost = cost;
    record.charge.inputSource = metering::Source::Counted;
    record.charge.outputSource = metering::Source::Estimated;
    const LedgerRow row = toLedgerRow(record);
    QVERIFY(row.tokens == record.charge.tokens);
    QVERIFY(row.cost == cost);
    QCOMPARE(row.isUnpriced, isUnpriced);
    QCOMPARE(row.isEstimated, isEstimated);
    QCOMPARE(row.inputSource, input ? "counted"_ba : QByteArray());
    QCOMPARE(row.outputSource, output ? "estimated"_ba : QByteArray());
}

QTEST_GUILESS_MAIN(TestLedgerRow)
#include "tst_ledgerrow.moc"
