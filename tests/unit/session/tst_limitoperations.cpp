// SPDX-License-Identifier: GPL-3.0-or-later
// Operations on running limits: what they do to the real engine, that each can be taken back, and
// what is left of them on the disk.
#include "core/config/loader.h"
#include "core/limits/limiter.h"
#include "core/session/limitoperations.h"
#include "core/stores/ledger/ledger.h"
#include "core/stores/ledger/ledgerreader.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using limits::Segment;
using limits::SegmentKind;
using limits::Verdict;
using session::LimitOperations;

namespace {

class StillClock final : public Clock
{
public:
    EngineTime time{std::chrono::seconds(1'772'460'132)};

    [[nodiscard]] EngineTime now() const override { return time; }

    [[nodiscard]] std::chrono::milliseconds wall() const override
    {
        return std::chrono::floor<std::chrono::milliseconds>(time);
    }
};

config::LimitRule perKey()
{
    config::LimitRule rule;
    rule.name = "k";
    rule.segment.kind = SegmentKind::ApiKey;
    rule.capacity = 3 * MicroPerUnit;
    rule.refill = 1h;
    return rule;
}

/// A running engine with one limit of three an hour for each key.
struct Desk
{
    StillClock clock;
    limits::Limiter limiter{clock};
    QTemporaryDir folder;

    Desk()
    {
        config::Configuration configuration;
        configuration.limits = {perKey()};
        limiter.apply(limits::LimitSet::compile(configuration));
    }

    limits::Decision send(const QByteArray &key = "ci")
    {
        limits::Subject subject;
        subject.apiKey = key;
        subject.team = "core";
        subject.member = "alice";
        return limiter.reserve(subject);
    }

    int admitted(int attempts = 20)
    {
        int count = 0;
        for (int i = 0; i < attempts; ++i)
            count += send().isAdmitted() ? 1 : 0;
        return count;
    }

    [[nodiscard]] QString path(const QString &name) const { return folder.filePath(name); }

    /// The rows of a question about the audit; none if nothing was ever audited.
    [[nodiscard]] std::vector<QVariantList> audit(const QString &columns) const
    {
        const auto reader = stores::LedgerReader::open({stores::Ledger::pathIn(folder.path())});
        if (!reader)
            return {};
        auto table = (*reader)->select(u"SELECT %1 FROM audit ORDER BY id"_s.arg(columns), 1'000);
        return table ? table->rows : std::vector<QVariantList>();
    }

    /// What was done, in its order.
    [[nodiscard]] QStringList audited() const
    {
        QStringList actions;
        for (const QVariantList &row : audit(u"action"_s))
            actions.append(row.constFirst().toString());
        return actions;
    }
};

const Segment Keys{SegmentKind::ApiKey, {}};
constexpr MicroAmount Five = 5 * MicroPerUnit;

} // namespace

class TestLimitOperations : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void raisesFollowARename();
    void init();
    void resetsAndUndoes();
    void raisesAndUndoes();
    void aRaiseReplacesAndComesBack();
    void endsARaise();
    void blocks_data();
    void blocks();
    void unblocks();
    void refusesWhatMeansNothing();
    void undoIsForOnce();
    void undoOfWhatIsOverSaysSo();
    void endsByTheClock();
    void endsByItself();
    void keepsThemOverARestart();
    void whatHasEndedIsNotPutBack();
    void filesAreTheOwners();
    void brokenFilesAreLeftAlone_data();
    void brokenFilesAreLeftAlone();
    void aFolderThatCannotBeMade();
    void auditsEveryOperation();
    void takesOverAnOlderAudit();
    void saysWhenItCannotAudit();
    void worksInMemoryOnly();
};

void TestLimitOperations::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
}

void TestLimitOperations::resetsAndUndoes()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.open(desk.folder.path()));
    QCOMPARE(desk.admitted(), 3);
    QSignalSpy changes(&operations, &LimitOperations::changed);
    const LimitOperations::Id id = operations.reset("k", "ci");
    QVERIFY(id != 0);
    QCOMPARE(changes.size(), 1);
    QVERIFY(desk.send().isAdmitted());
    QVERIFY(operations.undo(id)); // the three are back, beside the one
    QVERIFY(!desk.send().isAdmitted());
    QCOMPARE(desk.send().bindingLink()->usage.takenUnits(), 4);
    QCOMPARE(operations.reset("k", "nobody"), 0U);
    QCOMPARE(operations.reset("gone", "ci"), 0U);
}

void TestLimitOperations::raisesAndUndoes()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.open(desk.folder.path()));
    const LimitOperations::Id id = operations.raise("k", "ci", Five, 2h);
    QVERIFY(id != 0);
    QCOMPARE(operations.inForce().raises.size(), size_t{1});
    QCOMPARE(operations.inForce().raises.front().until, desk.clock.time + 2h);
    QCOMPARE(desk.admitted(), 8);
    QVERIFY(operations.undo(id));
    QVERIFY(operations.inForce().isEmpty());
    QVERIFY(!desk.send().isAdmitted());
    QCOMPARE(desk.send().bindingLink()->usage.quota, 3 * MicroPerUnit);
}

void TestLimitOperations::aRaiseReplacesAndComesBack()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.raise("k", "ci", Five, 2h) != 0);
    const LimitOperations::Id second = operations.raise("k", "ci", MicroPerUnit, 1h);
    QCOMPARE(operations.inForce().raises.size(), size_t{1});
    QCOMPARE(operations.inForce().raises.front().extra, MicroPerUnit);
    QVERIFY(operations.undo(second));
    QCOMPARE(operations.inForce().raises.front().extra, Five);
    // Another value has its own.
    QVERIFY(operations.raise("k", "app", Five, 1h) != 0);
    QCOMPARE(operations.inForce().raises.size(), size_t{2});
}

void TestLimitOperations::endsARaise()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QCOMPARE(operations.endRaise("k", "ci"), 0U);
    QVERIFY(operations.raise("k", "ci", Five, 2h) != 0);
    const LimitOperations::Id id = operations.endRaise("k", "ci");
    QVERIFY(id != 0);
    QCOMPARE(desk.admitted(), 3);
    QVERIFY(operations.undo(id));
    QCOMPARE(desk.admitted(), 5);
}

void TestLimitOperations::blocks_data()
{
    QTest::addColumn<SegmentKind>("kind");
    QTest::addColumn<QByteArray>("value");
    QTest::newRow("key") << SegmentKind::ApiKey << "ci"_ba;
    QTest::newRow("team") << SegmentKind::Team << "core"_ba;
    QTest::newRow("member") << SegmentKind::TeamMember << "core/alice"_ba;
}

void TestLimitOperations::blocks()
{
    QFETCH(const SegmentKind, kind);
    QFETCH(const QByteArray, value);
    Desk desk;
    LimitOperations operations(desk.limiter);
    const LimitOperations::Id id = operations.block({kind, {}}, value, 10min);
    QVERIFY(id != 0);
    QCOMPARE(desk.send().verdict, Verdict::Blocked);
    QVERIFY(operations.undo(id));
    QVERIFY(desk.send().isAdmitted());
    // For good.
    QVERIFY(operations.block({kind, {}}, value) != 0);
    desk.clock.time += 24h * 365;
    QCOMPARE(desk.send().verdict, Verdict::Blocked);
}

void TestLimitOperations::unblocks()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QCOMPARE(operations.unblock(Keys, "ci"), 0U);
    QVERIFY(operations.block(Keys, "ci") != 0);
    const LimitOperations::Id id = operations.unblock(Keys, "ci");
    QVERIFY(id != 0);
    QVERIFY(desk.send().isAdmitted());
    QVERIFY(operations.undo(id));
    QCOMPARE(desk.send().verdict, Verdict::Blocked);
}

void TestLimitOperations::refusesWhatMeansNothing()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.open(desk.folder.path()));
    QSignalSpy changes(&operations, &LimitOperations::changed);
    QCOMPARE(operations.raise("k", "ci", 0, 1h), 0U);
    QCOMPARE(operations.raise("k", "ci", -Five, 1h), 0U);
    QCOMPARE(operations.raise("k", "ci", Five, 0ns), 0U);
    QCOMPARE(operations.block(Keys, {}), 0U);
    QCOMPARE(operations.block({SegmentKind::Shared, {}}, "x"), 0U);
    QCOMPARE(operations.block(Keys, "ci", 0ns), 0U);
    QVERIFY(!operations.undo(0));
    QVERIFY(!operations.undo(77));
    QCOMPARE(changes.size(), 0);
    QCOMPARE(desk.audited(), QStringList());
    // The longest time that there is does not run past the end of time.
    QVERIFY(operations.block(Keys, "ci", std::chrono::nanoseconds::max()) != 0);
    QCOMPARE(desk.send().verdict, Verdict::Blocked);
    QVERIFY(operations.raise("k", "ci", Five, std::chrono::nanoseconds::max()) != 0);
    QCOMPARE(operations.inForce().raises.size(), size_t{1});
}

void TestLimitOperations::undoIsForOnce()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    const LimitOperations::Id id = operations.raise("k", "ci", Five, 1h);
    QVERIFY(operations.undo(id));
    QVERIFY(!operations.undo(id));
}

void TestLimitOperations::undoOfWhatIsOverSaysSo()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    const LimitOperations::Id raised = operations.raise("k", "ci", Five, 1h);
    QVERIFY(operations.raise("k", "ci", MicroPerUnit, 1h) != 0);
    QVERIFY(!operations.undo(raised)); // another one has taken its place
    const LimitOperations::Id ended = operations.endRaise("k", "ci");
    desk.clock.time += 2h;
    QSignalSpy changes(&operations, &LimitOperations::changed);
    QVERIFY(!operations.undo(ended)); // it would be over by now
    QVERIFY(operations.inForce().isEmpty());
    const LimitOperations::Id blocked = operations.block(Keys, "ci", 1h);
    desk.clock.time += 2h;
    QVERIFY(!operations.undo(blocked));
    const LimitOperations::Id again = operations.block(Keys, "ci", 1h);
    const LimitOperations::Id unblocked = operations.unblock(Keys, "ci");
    desk.clock.time += 2h;
    QVERIFY(!operations.undo(unblocked));
    QVERIFY(!operations.undo(again));
    QVERIFY(operations.inForce().isEmpty());
}

void TestLimitOperations::endsByTheClock()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.raise("k", "ci", Five, 10min) != 0);
    QVERIFY(operations.block(Keys, "app", 10min) != 0);
    desk.clock.time += 10min - 1ns;
    QCOMPARE(desk.send("app").verdict, Verdict::Blocked);
    QCOMPARE(operations.inForce().raises.size(), size_t{1});
    desk.clock.time += 1ns;
    QVERIFY(desk.send("app").isAdmitted());
    QCOMPARE(desk.admitted(), 3);
    QVERIFY(operations.inForce().isEmpty());
}

// Nobody asks and nobody sends: who draws the counter must learn of it all the same.
void TestLimitOperations::endsByItself()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.open(desk.folder.path()));
    desk.send();
    QVERIFY(operations.raise("k", "ci", Five, 10min) != 0);
    QCOMPARE(desk.limiter.takeChanges(10).front().claims.extra, Five);
    QSignalSpy changes(&operations, &LimitOperations::changed);
    desk.clock.time += 10min;
    QTRY_COMPARE(changes.size(), 1);
    const auto readings = desk.limiter.takeChanges(10);
    QCOMPARE(readings.size(), size_t{1});
    QCOMPARE(readings.front().claims.extra, 0);
    QFile kept(desk.path(u"operations.json"_s));
    QVERIFY(kept.open(QIODevice::ReadOnly));
    QVERIFY(!kept.readAll().contains("until_ns"));
}

void TestLimitOperations::keepsThemOverARestart()
{
    Desk desk;
    {
        LimitOperations operations(desk.limiter);
        QVERIFY(operations.open(desk.folder.path()));
        QVERIFY(operations.raise("k", "ci", Five, 2h) != 0);
        QVERIFY(operations.block({SegmentKind::Property, "tenant"}, "acme") != 0);
        QVERIFY(operations.block(Keys, "app", 1h) != 0);
    }
    Desk next;
    LimitOperations operations(next.limiter);
    QSignalSpy changes(&operations, &LimitOperations::changed);
    QVERIFY(operations.open(desk.folder.path()));
    QCOMPARE(changes.size(), 1);
    QCOMPARE(operations.inForce().raises.size(), size_t{1});
    QCOMPARE(operations.inForce().blocks.size(), size_t{2});
    QCOMPARE(operations.inForce().blocks.front().segment.property, "tenant"_ba);
    QVERIFY(!operations.inForce().blocks.front().until);
    QCOMPARE(next.send("app").verdict, Verdict::Blocked);
    QCOMPARE(next.admitted(), 8);
}

void TestLimitOperations::whatHasEndedIsNotPutBack()
{
    Desk desk;
    {
        LimitOperations operations(desk.limiter);
        QVERIFY(operations.open(desk.folder.path()));
        QVERIFY(operations.raise("k", "ci", Five, 1h) != 0);
        QVERIFY(operations.block(Keys, "app", 1h) != 0);
    }
    Desk next;
    next.clock.time += 1h;
    LimitOperations operations(next.limiter);
    QVERIFY(operations.open(desk.folder.path()));
    QVERIFY(operations.inForce().isEmpty());
    QVERIFY(next.send("app").isAdmitted());
}

void TestLimitOperations::filesAreTheOwners()
{
    Desk desk;
    const QString folder = desk.path(u"new/data"_s);
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.open(folder));
    QVERIFY(operations.block(Keys, "ci") != 0);
    for (const QString &name : {u"operations.json"_s, u"ledger.sqlite"_s}) {
        const auto permissions = QFile::permissions(QDir(folder).filePath(name));
        const auto others = QFileDevice::ReadGroup | QFileDevice::WriteGroup
            | QFileDevice::ReadOther | QFileDevice::WriteOther | QFileDevice::ExeOwner;
        QVERIFY2(permissions.testFlag(QFileDevice::ReadOwner), qPrintable(name));
        QVERIFY2(!(permissions & others), qPrintable(name));
    }
}

void TestLimitOperations::brokenFilesAreLeftAlone_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("no JSON") << "{oops"_ba;
    QTest::newRow("a list") << "[]"_ba;
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("a raise without an end") << R"({"raises": [{"limit": "k", "value": "ci",
        "extra_micro_units": "5"}], "blocks": []})"_ba;
    QTest::newRow("a negative raise") << R"({"raises": [{"limit": "k", "value": "ci",
        "extra_micro_units": "-5", "until_ns": "9"}], "blocks": []})"_ba;
    QTest::newRow("a raise of nothing") << R"({"raises": [{"value": "ci",
        "extra_micro_units": "5", "until_ns": "9"}], "blocks": []})"_ba;
    QTest::newRow("an unknown segment")
        << R"({"raises": [], "blocks": [{"segment": "planet", "value": "x", "until_ns": null}]})"_ba;
    QTest::newRow("a block of nobody")
        << R"({"raises": [], "blocks": [{"segment": "api-key", "until_ns": null}]})"_ba;
    QTest::newRow("blocks are missing") << R"({"raises": []})"_ba;
    QTest::newRow("blocks are no list") << R"({"raises": [], "blocks": 7})"_ba;
}

void TestLimitOperations::brokenFilesAreLeftAlone()
{
    QFETCH(const QByteArray, content);
    Desk desk;
    QFile file(desk.path(u"operations.json"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
    file.close();
    LimitOperations operations(desk.limiter);
    const Result<void> opened = operations.open(desk.folder.path());
    QVERIFY(!opened);
    QVERIFY2(
        opened.error().message.contains(u"operations.json"_s), qPrintable(opened.error().message));
    // Everything still works, in memory.
    QVERIFY(operations.block(Keys, "ci") != 0);
    QCOMPARE(desk.send().verdict, Verdict::Blocked);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), content);
}

void TestLimitOperations::aFolderThatCannotBeMade()
{
    Desk desk;
    QFile file(desk.path(u"file"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    LimitOperations operations(desk.limiter);
    QVERIFY(!operations.open(desk.path(u"file/data"_s)));
    QVERIFY(operations.raise("k", "ci", Five, 1h) != 0);
    QCOMPARE(desk.admitted(), 8);
}

void TestLimitOperations::auditsEveryOperation()
{
    Desk desk;
    desk.send();
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.open(desk.folder.path()));
    QVERIFY(operations.undo(operations.reset("k", "ci")));
    QVERIFY(operations.undo(operations.raise("k", "ci", Five, 1h)));
    QVERIFY(operations.raise("k", "ci", Five, 1h) != 0);
    QVERIFY(operations.undo(operations.endRaise("k", "ci")));
    QVERIFY(operations.undo(operations.block(Keys, "ci")));
    QVERIFY(operations.block(Keys, "ci", 1h) != 0);
    QVERIFY(operations.undo(operations.unblock(Keys, "ci")));
    QCOMPARE(desk.audited(),
        (QStringList{u"reset"_s, u"undo reset"_s, u"raise"_s, u"undo raise"_s, u"raise"_s,
            u"end raise"_s, u"undo end raise"_s, u"block"_s, u"undo block"_s, u"block"_s,
            u"unblock"_s, u"undo unblock"_s}));
    const auto rows = desk.audit(u"time, subject, value, before, after, actor"_s);
    QCOMPARE(rows[0].first(5),
        (QVariantList{u"2026-03-02T14:02:12.000Z"_s, u"k"_s, u"ci"_s, u""_s, u""_s}));
    QVERIFY(!rows[0][5].toString().isEmpty());
    // A raise says what it gave, its end what it took away.
    QVERIFY(rows[4][4].toString().contains(u"\"extra_micro_units\":\"5000000\""_s));
    QVERIFY(rows[5][3].toString().contains(u"\"extra_micro_units\":\"5000000\""_s));
    QCOMPARE(rows[5][4].toString(), QString());
    QCOMPARE(rows[9][1].toString(), u"api-key"_s);
    // A second run writes behind the first.
    LimitOperations next(desk.limiter);
    QVERIFY(next.open(desk.folder.path()));
    QVERIFY(next.reset("k", "ci") != 0);
    QCOMPARE(desk.audited().size(), 13);
}

void TestLimitOperations::takesOverAnOlderAudit()
{
    Desk desk;
    QFile file(desk.path(u"audit.jsonl"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(R"({"at":"2026-01-02T03:04:05.678Z","operation":"reset","limit":"k","value":"ci"})"
               "\n{broken\n");
    file.close();
    for (int run = 0; run < 2; ++run) {
        LimitOperations operations(desk.limiter);
        QVERIFY(operations.open(desk.folder.path()));
        QCOMPARE(desk.audited(), QStringList({u"reset"_s, u"unreadable"_s}));
        // As if the program had ended before the file was renamed.
        if (run == 0)
            QVERIFY(QFile::copy(desk.path(u"audit.jsonl.imported"_s), desk.path(u"audit.jsonl"_s)));
        QFile::remove(desk.path(u"audit.jsonl.imported"_s));
    }
    const auto rows = desk.audit(u"time, subject, value, after"_s);
    QCOMPARE(rows[0], (QVariantList{u"2026-01-02T03:04:05.678Z"_s, u"k"_s, u"ci"_s, u""_s}));
    QVERIFY(rows[1][3].toString().contains(u"{broken"_s));
    QVERIFY(!QFile::exists(desk.path(u"audit.jsonl"_s)));
}

void TestLimitOperations::saysWhenItCannotAudit()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.open(desk.folder.path()));
    QVERIFY(QDir(desk.folder.path()).mkdir(u"ledger.sqlite"_s)); // no file can be there
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"ledger\\.sqlite"_s));
    QVERIFY(operations.block(Keys, "ci") != 0);
    QCOMPARE(desk.send().verdict, Verdict::Blocked);
}

void TestLimitOperations::worksInMemoryOnly()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.raise("k", "ci", Five, 1h) != 0);
    QCOMPARE(desk.admitted(), 8);
    QCOMPARE(QDir(desk.folder.path()).entryList(QDir::Files), QStringList());
}

void TestLimitOperations::raisesFollowARename()
{
    Desk desk;
    LimitOperations operations(desk.limiter);
    QVERIFY(operations.raise("k", "ci", 2 * MicroPerUnit, 1h) != 0);
    operations.follow({{"other", "x"}, {"k", "renamed"}});
    QCOMPARE(operations.inForce().raises.front().limit, "renamed"_ba);
    config::Configuration configuration;
    configuration.limits = {perKey()};
    configuration.limits.front().name = "renamed";
    desk.limiter.apply(limits::LimitSet::compile(configuration), {{"k", "renamed"}});
    QCOMPARE(desk.admitted(), 5);
}

QTEST_GUILESS_MAIN(TestLimitOperations)
#include "tst_limitoperations.moc"
