// SPDX-License-Identifier: GPL-3.0-or-later
// What is kept of a request's record, and that it stays whole however many there are.
#include "core/insight/finishedrows.h"

#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using insight::FinishedRow;
using insight::FinishedRows;
using insight::Outcome;
using insight::RequestRecord;
using limits::Verdict;

namespace {

/// One row, with what it looks into.
struct Kept
{
    explicit Kept(const RequestRecord &record) { rows.append(record); }

    const FinishedRow *operator->() const { return &*rows.begin(); }

    FinishedRows rows;
};

QByteArray bytes(QByteArrayView view)
{
    return view.toByteArray();
}

} // namespace

class TestFinishedRows : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsWhoWhatAndHowLong();
    void namesTheEntry_data();
    void namesTheEntry();
    void namesOutcomeAndVerdict_data();
    void namesOutcomeAndVerdict();
    void namesTheBindingLimit();
    void shortensTheChain();
    void replacesWhatIsNoText();
    void keepsOnlyWhatIsSummedUp();
    void staysWhole();
    void keepsWhatIsUnknownApart_data();
    void keepsWhatIsUnknownApart();
};

void TestFinishedRows::keepsWhoWhatAndHowLong()
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
    record.firstByte = std::chrono::microseconds(900);
    record.retries = 2;
    record.client = "192.0.2.7";
    record.bytesSent = 4'096;
    record.note = u"Grüße"_s;
    const Kept row(record);
    QCOMPARE(row->timeMs, 1'772'460'132'123);
    QCOMPARE(bytes(row->requestId), "id-1"_ba);
    QCOMPARE(bytes(row->key), "ci"_ba);
    QCOMPARE(bytes(row->owner), "alice"_ba);
    QCOMPARE(bytes(row->team), "core"_ba);
    QCOMPARE(bytes(row->user), "Zoë"_ba);
    QCOMPARE(row->properties.size(), size_t(2));
    QCOMPARE(bytes(row->properties[0].name), "tenant"_ba);
    QCOMPARE(bytes(row->properties[0].value), "a\"b"_ba);
    QCOMPARE(bytes(row->properties[1].value), "free"_ba);
    QCOMPARE(bytes(row->method), "POST"_ba);
    QCOMPARE(bytes(row->path), "/openai/v1/chat/completions"_ba);
    QCOMPARE(bytes(row->provider), "openai"_ba);
    QCOMPARE(bytes(row->model), "gpt-4o"_ba);
    QVERIFY(row->isStream);
    QCOMPARE(row->status, 200);
    QCOMPARE(row->durationUs, 1'500);
    QCOMPARE(row->overheadUs, 70);
    QCOMPARE(row->firstByteUs.value(), 900);
    QCOMPARE(row->retries, 2);
    QCOMPARE(bytes(row->client), "192.0.2.7"_ba);
    QCOMPARE(row->bytes, 4'096);
    QCOMPARE(bytes(row->note), "Grüße"_ba);
}

void TestFinishedRows::namesTheEntry_data()
{
    QTest::addColumn<int>("entry");
    QTest::addColumn<QByteArray>("router");
    QTest::newRow("router") << int(limits::Entry::Router) << "production"_ba;
    QTest::newRow("unified") << int(limits::Entry::Unified) << "unified"_ba;
    QTest::newRow("direct") << int(limits::Entry::Direct) << "groq"_ba;
}

void TestFinishedRows::namesTheEntry()
{
    QFETCH(int, entry);
    QFETCH(QByteArray, router);
    RequestRecord record;
    record.subject.entry = static_cast<limits::Entry>(entry);
    record.subject.router = "production";
    record.provider = "groq";
    QCOMPARE(bytes(Kept(record)->router), router);
}

void TestFinishedRows::namesOutcomeAndVerdict_data()
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

void TestFinishedRows::namesOutcomeAndVerdict()
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
    const Kept row(record);
    QCOMPARE(QByteArrayList({bytes(row->outcome), bytes(row->verdict)}), names);
    QCOMPARE(QList<bool>({row->isRefused, row->isError}), marks);
}

void TestFinishedRows::namesTheBindingLimit()
{
    RequestRecord record;
    QCOMPARE(bytes(Kept(record)->bindingLimit), QByteArray());
    for (const char *name : {"wide", "narrow"}) {
        auto limit = std::make_shared<limits::Limit>();
        limit->name = name;
        limits::ChainLink link;
        link.limit = limit;
        record.decision.chain.push_back(link);
    }
    record.decision.binding = 1;
    QCOMPARE(bytes(Kept(record)->bindingLimit), "narrow"_ba);
}

void TestFinishedRows::shortensTheChain()
{
    RequestRecord record;
    QCOMPARE(bytes(Kept(record)->chain), QByteArray());
    for (const char *name : {"wide", "a \"b\"\n"}) {
        auto limit = std::make_shared<limits::Limit>();
        limit->name = name;
        limits::ChainLink link;
        link.limit = limit;
        link.value = "ci";
        link.cost = 5'000'000;
        record.decision.chain.push_back(link);
    }
    record.decision.chain.back().verdict = limits::LinkVerdict::WouldRefuse;
    QCOMPARE(bytes(Kept(record)->chain),
        R"([["wide","ci","passes",5000000],["a \"b\"\n","ci","would_refuse",5000000]])"_ba);
}

void TestFinishedRows::replacesWhatIsNoText()
{
    RequestRecord record;
    record.path = "/a\xff";
    record.subject.endUser = "\xc3";
    record.subject.properties = {{"tenant", "\x80"}};
    const Kept row(record);
    QCOMPARE(QString::fromUtf8(row->path), u"/a\ufffd"_s);
    QCOMPARE(QString::fromUtf8(row->user), u"\ufffd"_s);
    QCOMPARE(QString::fromUtf8(row->properties[0].value), u"\ufffd"_s);
}

void TestFinishedRows::keepsOnlyWhatIsSummedUp()
{
    RequestRecord record;
    record.subject.apiKey = "ci";
    record.subject.endUser = "alice";
    record.path = "/private";
    record.requestId = "id-1";
    record.client = "192.0.2.7";
    record.charge.tokens.input = 7;
    FinishedRows rows;
    rows.append(record, false);
    const FinishedRow &row = *rows.begin();
    QVERIFY(!row.isKept);
    QCOMPARE(bytes(row.key), "ci"_ba);
    QCOMPARE(bytes(row.user), "alice"_ba);
    QCOMPARE(row.tokens.input.value(), 7);
    for (const QByteArrayView detail : {row.path, row.requestId, row.client})
        QVERIFY(detail.isEmpty());
}

void TestFinishedRows::staysWhole()
{
    constexpr int count = 2'000;
    FinishedRows rows;
    for (int i = 0; i < count; ++i) {
        RequestRecord record;
        record.subject.apiKey = QByteArray::number(i);
        record.subject.properties = {{QByteArray(i % 17, 'n'), QByteArray::number(i * 7)}};
        record.path = QByteArray(i % 100 == 0 ? 100'000 : i % 50, 'p'); // larger than a block
        rows.append(record);
    }
    QCOMPARE(rows.size(), size_t(count));
    int i = 0;
    for (const FinishedRow &row : rows) {
        QCOMPARE(bytes(row.key), QByteArray::number(i));
        QCOMPARE(bytes(row.properties[0].name), QByteArray(i % 17, 'n'));
        QCOMPARE(bytes(row.properties[0].value), QByteArray::number(i * 7));
        QCOMPARE(bytes(row.path), QByteArray(i % 100 == 0 ? 100'000 : i % 50, 'p'));
        ++i;
    }
}

void TestFinishedRows::keepsWhatIsUnknownApart_data()
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

void TestFinishedRows::keepsWhatIsUnknownApart()
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
    const Kept row(record);
    QVERIFY(row->tokens == record.charge.tokens);
    QVERIFY(row->cost == cost);
    QCOMPARE(row->isUnpriced, isUnpriced);
    QCOMPARE(row->isEstimated, isEstimated);
    QCOMPARE(bytes(row->inputSource), input ? "counted"_ba : QByteArray());
    QCOMPARE(bytes(row->outputSource), output ? "estimated"_ba : QByteArray());
}

QTEST_GUILESS_MAIN(TestFinishedRows)
#include "tst_finishedrows.moc"
