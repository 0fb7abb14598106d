// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/livefixture.h"
#include "ui/models/usagemodel.h"

#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace std::chrono_literals;
using test::LiveFixture;
using ui::GaugeValue;
using ui::UsageColumn;
using ui::UsageModel;

Q_DECLARE_METATYPE(sluice::limits::Segment)

namespace {

const limits::Segment Keys{limits::SegmentKind::ApiKey, {}};
const limits::Segment Users{limits::SegmentKind::EndUser, {}};

const limits::Segment Teams{limits::SegmentKind::Team, {}};
const limits::Segment Members{limits::SegmentKind::TeamMember, {}};

QStringList names(const UsageModel &model)
{
    QStringList found;
    for (int row = 0; row < model.rowCount(); ++row)
        found += model.index(row, UsageColumn::SubjectColumn).data().toString();
    return found;
}

GaugeValue gauge(const UsageModel &model, const QString &name)
{
    const int row = int(names(model).indexOf(name));
    return model.index(row, UsageColumn::GaugeColumn).data(ui::GaugeRole).value<GaugeValue>();
}

QString cell(const UsageModel &model, const QString &name, int column)
{
    return model.index(int(names(model).indexOf(name)), column).data().toString();
}

ui::FilterQuery filter(const QString &text)
{
    const ui::FilterQuery query = ui::parseFilter(text, UsageModel::filterFields());
    Q_ASSERT(query.isValid());
    return query;
}

} // namespace

class UsageModelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void listsConfiguredKeysBeforeTheirFirstRequest()
    {
        LiveFixture live;
        const UsageModel model(live.usage, Keys);
        QCOMPARE(model.rowCount(), 12);
        QVERIFY(names(model).contains(u"legacy-etl"_s));
        QCOMPARE(gauge(model, u"ci"_s).noLimitText, u"no requests yet"_s);
        QCOMPARE(cell(model, u"ci"_s, UsageColumn::TeamColumn), u"core"_s);
    }

    void showsTheEnforcersOwnFigures()
    {
        LiveFixture live;
        UsageModel model(live.usage, Keys);
        const QAbstractItemModelTester tester(&model);
        for (int i = 0; i < 66; ++i)
            live.send({.key = "ci", .user = "alice", .router = "prod"});
        for (int i = 0; i < 7; ++i)
            live.send({.key = "app", .user = "bob", .router = "prod"});
        live.report();
        model.tick();
        model.sortNow();
        QCOMPARE(names(model).first(), u"ci"_s);
        QCOMPARE(gauge(model, u"ci"_s).usedText, u"60"_s);
        QCOMPARE(gauge(model, u"ci"_s).quotaText, u"60"_s);
        QCOMPARE(gauge(model, u"ci"_s).state, ui::State::Refused);
        QCOMPARE(cell(model, u"ci"_s, UsageColumn::LimitColumn), u"prod, per key"_s);
        QVERIFY(cell(model, u"ci"_s, UsageColumn::FreeColumn).startsWith(u"next in "_s));
        QCOMPARE(cell(model, u"ci"_s, UsageColumn::RateColumn),
            QString::number(live.keys["ci"].admitted + live.keys["ci"].refused));
        QCOMPARE(cell(model, u"ci"_s, UsageColumn::RefusedColumn),
            QString::number(live.keys["ci"].refused));
        QCOMPARE(gauge(model, u"app"_s).usedText, u"7"_s);
        QCOMPARE(gauge(model, u"app"_s).state, ui::State::Normal);
        const QString spoken =
            model.index(0, UsageColumn::GaugeColumn).data(Qt::AccessibleTextRole).toString();
        QCOMPARE(
            spoken, u"60 of 60 requests per minute, prod, per key, refused, next in 1 second"_s);
    }

    void showsWhatWasUsedAndWhatItCost()
    {
        LiveFixture live;
        UsageModel model(live.usage, Keys);
        const QAbstractItemModelTester tester(&model);
        const LiveFixture::Client ci{
            .key = "ci", .input = 1'000, .output = 200, .cents = 2 * MicroPerUnit};
        LiveFixture::Client app{.key = "app", .input = 50, .output = 5, .isEstimate = true};
        app.isPriced = false;
        for (int i = 0; i < 3; ++i)
            live.send(ci);
        live.send(app);
        live.report();
        model.tick();
        QCOMPARE(cell(model, u"ci"_s, UsageColumn::TokensColumn), u"3\u202f600"_s);
        QCOMPARE(cell(model, u"ci"_s, UsageColumn::CostColumn), u"$0.0600"_s);
        QCOMPARE(cell(model, u"app"_s, UsageColumn::TokensColumn), u"~55"_s);
        QCOMPARE(cell(model, u"app"_s, UsageColumn::CostColumn), u"?"_s);
        QCOMPARE(cell(model, u"notebook"_s, UsageColumn::CostColumn), u"–"_s);
        QCOMPARE(model.headerData(UsageColumn::CostColumn, Qt::Horizontal, Qt::ToolTipRole),
            model.headerData(UsageColumn::RefusedColumn, Qt::Horizontal, Qt::ToolTipRole));
        model.sort(UsageColumn::TokensColumn, Qt::DescendingOrder);
        QCOMPARE(names(model).first(), u"ci"_s);
        QCOMPARE(names(model).at(1), u"app"_s);
        model.setFilter(filter(u"tokens>50 cost<1"_s));
        QCOMPARE(names(model), QStringList{u"app"_s});
        model.setFilter(filter(u"cost>=6"_s));
        QCOMPARE(names(model), QStringList{u"ci"_s});
    }

    void listsTeamsAndMembersBeforeTheirFirstRequest()
    {
        LiveFixture live;
        const UsageModel teams(live.usage, Teams);
        QCOMPARE(names(teams), (QStringList{u"core"_s, u"research"_s, u"support"_s}));
        QCOMPARE(gauge(teams, u"core"_s).noLimitText, u"no requests yet"_s);
        QCOMPARE(teams.index(0, 0).data(ui::SecondTextRole).toString(), u"2 members"_s);
        QCOMPARE(teams.index(1, 0).data(ui::SecondTextRole).toString(), u"1 member"_s);
        QCOMPARE(teams.index(0, 0).data(Qt::AccessibleTextRole).toString(), u"core, 2 members"_s);
        QCOMPARE(teams.headerData(0, Qt::Horizontal, Qt::DisplayRole).toString(), u"Team"_s);
        UsageModel members(live.usage, Members);
        members.sort(UsageColumn::SubjectColumn, Qt::AscendingOrder);
        QCOMPARE(
            names(members), (QStringList{u"alice"_s, u"bob"_s, u"carol"_s, u"dave"_s, u"erin"_s}));
        QCOMPARE(cell(members, u"erin"_s, UsageColumn::TeamColumn), u"research"_s);
        QCOMPARE(members.headerData(0, Qt::Horizontal, Qt::DisplayRole).toString(), u"Member"_s);
    }

    // Team core: ci of alice 30 and app of bob 25 requests.
    void teamsAndMembersHaveTheEnforcersFigures_data()
    {
        QTest::addColumn<limits::Segment>("segment");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("used");
        QTest::addColumn<QString>("limit");
        QTest::addColumn<int>("rate");
        QTest::newRow("team") << Teams << u"core"_s << u"55"_s << u"global, per team"_s << 55;
        // The rows below do not fix the team, so it is named.
        QTest::newRow("member") << Members << u"alice"_s << u"55"_s << u"global, per team, core"_s
                                << 30;
        QTest::newRow("key") << Keys << u"app"_s << u"55"_s << u"global, per team, core"_s << 25;
        QTest::newRow("user") << Users << u"zoe"_s << u"55"_s << u"global, per team, core"_s << 30;
    }

    void teamsAndMembersHaveTheEnforcersFigures()
    {
        QFETCH(const limits::Segment, segment);
        QFETCH(const QString, name);
        QFETCH(const QString, used);
        QFETCH(const QString, limit);
        QFETCH(const int, rate);
        LiveFixture live(LiveFixture::teamConfiguration());
        UsageModel model(live.usage, segment);
        const QAbstractItemModelTester tester(&model);
        for (int i = 0; i < 30; ++i)
            live.send({.key = "ci", .user = "zoe", .router = "prod"});
        for (int i = 0; i < 25; ++i)
            live.send({.key = "app", .router = "prod"});
        live.report();
        model.tick();
        QCOMPARE(gauge(model, name).usedText, used);
        QCOMPARE(gauge(model, name).quotaText, u"90"_s);
        QCOMPARE(cell(model, name, UsageColumn::LimitColumn), limit);
        QCOMPARE(cell(model, name, UsageColumn::RateColumn), QString::number(rate));
    }

    void aFullTeamRefusesAllItsKeys()
    {
        LiveFixture live(LiveFixture::teamConfiguration());
        UsageModel teams(live.usage, Teams);
        UsageModel members(live.usage, Members);
        for (const QByteArray &key : {"ci"_ba, "app"_ba, "docs-site"_ba}) {
            for (int i = 0; i < 40; ++i)
                live.send({.key = key, .router = "prod"});
        }
        live.report();
        teams.tick();
        members.tick();
        QCOMPARE(gauge(teams, u"core"_s).state, ui::State::Refused);
        QCOMPARE(cell(teams, u"core"_s, UsageColumn::RefusedColumn), u"30"_s);
        QCOMPARE(cell(members, u"bob"_s, UsageColumn::RefusedColumn), u"30"_s);
        QCOMPARE(cell(members, u"alice"_s, UsageColumn::RefusedColumn), u"0"_s);
    }

    void figuresFallWithTimeAlone()
    {
        LiveFixture live;
        UsageModel model(live.usage, Keys);
        for (int i = 0; i < 60; ++i)
            live.send({.key = "ci", .router = "prod"});
        live.report();
        model.tick();
        QCOMPARE(gauge(model, u"ci"_s).usedText, u"60"_s);
        QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
        live.advance(30s);
        model.tick();
        QCOMPARE(gauge(model, u"ci"_s).usedText, u"30"_s);
        QVERIFY(!changes.isEmpty());
    }

    void onlyVisibleRowsAreAnnounced()
    {
        LiveFixture live;
        for (int i = 0; i < 400; ++i)
            live.send({.key = "ci", .user = "user-" + QByteArray::number(i)});
        live.report();
        UsageModel model(live.usage, Users);
        QCOMPARE(model.rowCount(), 400);
        model.setVisibleRows(10, 19);
        model.tick();
        QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
        live.advance(5s);
        for (int i = 0; i < 400; ++i)
            live.send({.key = "app", .user = "user-" + QByteArray::number(i)});
        live.report();
        QCOMPARE(changes.size(), 0); // reports alone move nothing on the screen
        model.tick();
        QVERIFY(!changes.isEmpty());
        for (const QList<QVariant> &change : changes) {
            QVERIFY(change.at(0).toModelIndex().row() >= 10);
            QVERIFY(change.at(1).toModelIndex().row() <= 19);
            QVERIFY(!change.at(2).value<QList<int>>().isEmpty());
        }
    }

    void frozenOrderStaysAndSelectionFollowsItsSubject()
    {
        LiveFixture live;
        UsageModel model(live.usage, Keys);
        live.send({.key = "app", .router = "prod"});
        live.report();
        model.tick();
        model.sortNow();
        QCOMPARE(names(model).first(), u"app"_s);
        const QStringList before = names(model);
        const QPersistentModelIndex held(model.index(int(before.indexOf(u"ci"_s)), 0));
        for (int i = 0; i < 50; ++i)
            live.send({.key = "ci", .router = "prod"});
        live.report();
        model.setOrderFrozen(true);
        model.tick();
        model.reorder();
        QCOMPARE(names(model), before);
        QVERIFY(model.isOrderOverdue());
        QCOMPARE(gauge(model, u"ci"_s).usedText, u"50"_s); // values go on
        model.setOrderFrozen(false);
        model.reorder();
        QCOMPARE(names(model).first(), u"ci"_s);
        QVERIFY(!model.isOrderOverdue());
        QCOMPARE(held.row(), 0);
    }

    void filters_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("team") << u"team:research"_s
                              << QStringList{u"batch-embed"_s, u"eval-runner"_s, u"notebook"_s};
        QTest::newRow("word") << u"bot"_s << QStringList{u"helpdesk-bot"_s};
        QTest::newRow("owner, not key")
            << u"owner:bob -app"_s << QStringList{u"docs-site"_s, u"legacy-etl"_s};
        QTest::newRow("used") << u"used>50"_s << QStringList{u"app"_s, u"ci"_s};
        QTest::newRow("state") << u"state:near"_s << QStringList{u"app"_s};
        QTest::newRow("refused") << u"refused>0"_s << QStringList{u"ci"_s};
    }

    void filters()
    {
        QFETCH(QString, text);
        QFETCH(QStringList, expected);
        LiveFixture live;
        UsageModel model(live.usage, Keys);
        const QAbstractItemModelTester tester(&model);
        for (int i = 0; i < 70; ++i)
            live.send({.key = "ci", .router = "prod"});
        for (int i = 0; i < 54; ++i)
            live.send({.key = "app", .router = "prod"});
        live.report();
        model.tick();
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        model.setFilter(filter(text));
        QStringList found = names(model);
        found.sort();
        QCOMPARE(found, expected);
        model.setFilter({});
        QCOMPARE(model.rowCount(), model.totalCount());
        QCOMPARE(resets.size(), 0);
    }

    void groupsAreFiltered_data()
    {
        QTest::addColumn<limits::Segment>("segment");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("expected");
        const auto row = [](const limits::Segment &segment, const QString &text,
                             const QStringList &expected) {
            const QString title = text
                + (segment == Teams          ? u" in teams"_s
                        : segment == Members ? u" in members"_s
                                             : u" elsewhere"_s);
            QTest::newRow(qPrintable(title)) << segment << text << expected;
        };
        row(Teams, u"team:core"_s, {u"core"_s});
        row(Teams, u"team:re*"_s, {u"research"_s});
        row(Teams, u"member:alice"_s, {u"core"_s});
        row(Teams, u"bob"_s, {u"core"_s});
        row(Teams, u"-team:core,support"_s, {u"research"_s});
        row(Teams, u"used>10"_s, {u"core"_s});
        row(Members, u"team:core"_s, {u"alice"_s, u"bob"_s});
        row(Members, u"member:alice"_s, {u"alice"_s});
        row(Members, u"owner:bob"_s, {u"bob"_s});
        row(Members, u"supp"_s, {u"carol"_s, u"dave"_s});
        row(Members, u"team:core -member:bob"_s, {u"alice"_s});
        row(Members, u"core/alice"_s, {u"alice"_s});
        row(Keys, u"member:erin"_s, {u"batch-embed"_s, u"eval-runner"_s, u"notebook"_s});
        row(Users, u"team:core"_s, {});
        row(Users, u"team:*"_s, {});
    }

    void groupsAreFiltered()
    {
        QFETCH(const limits::Segment, segment);
        QFETCH(const QString, text);
        QFETCH(const QStringList, expected);
        LiveFixture live(LiveFixture::teamConfiguration());
        UsageModel model(live.usage, segment);
        const QAbstractItemModelTester tester(&model);
        for (int i = 0; i < 20; ++i)
            live.send({.key = "ci", .user = "zoe", .router = "prod"});
        live.report();
        model.tick();
        model.setFilter(filter(text));
        QStringList found = names(model);
        found.sort();
        QCOMPARE(found, expected);
        model.setFilter({});
        QCOMPARE(model.rowCount(), model.totalCount());
    }

    void filterIsAppliedWhileItIsTyped()
    {
        LiveFixture live;
        UsageModel model(live.usage, Keys);
        const QString text = u"team:research"_s;
        for (int length = 1; length <= text.size(); ++length)
            model.setFilter(ui::parseFilter(text.first(length), UsageModel::filterFields()));
        QCOMPARE(model.rowCount(), 3);
    }

    void groupsKeepTheContract_data()
    {
        QTest::addColumn<limits::Segment>("segment");
        QTest::newRow("teams") << Teams;
        QTest::newRow("members") << Members;
    }

    void groupsKeepTheContract()
    {
        QFETCH(const limits::Segment, segment);
        LiveFixture live(LiveFixture::teamConfiguration());
        UsageModel model(live.usage, segment);
        const QAbstractItemModelTester tester(&model);
        const QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        QRandomGenerator random(2025);
        const QList<QByteArray> keys{"ci"_ba, "app"_ba, "notebook"_ba, "helpdesk-bot"_ba};
        const QStringList filters_{u""_s, u"team:core"_s, u"-member:bob"_s, u"used>20"_s};
        for (int step = 0; step < 300; ++step) {
            model.sort(int(random.bounded(UsageColumn::ColumnCount)),
                random.bounded(2) ? Qt::AscendingOrder : Qt::DescendingOrder);
            model.setFilter(filter(filters_.at(random.bounded(int(filters_.size())))));
            for (int i = 0; i < 5; ++i)
                live.send({.key = keys.at(random.bounded(int(keys.size()))), .router = "prod"});
            live.report();
            live.advance(std::chrono::milliseconds(random.bounded(3'000)));
            model.tick();
            model.reorder();
        }
        model.setFilter({});
        QCOMPARE(model.rowCount(), segment == Teams ? 3 : 5);
        QCOMPARE(resets.size(), 0);
    }

    void randomOperationsKeepTheContract()
    {
        LiveFixture live;
        UsageModel model(live.usage, Users);
        const QAbstractItemModelTester tester(&model);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        QRandomGenerator random(2024);
        const QStringList filters_{
            u""_s, u"user-1"_s, u"used>10"_s, u"-user-2"_s, u"state:refused"_s, u"rate>3"_s};
        for (int step = 0; step < 600; ++step) {
            switch (random.bounded(7)) {
            case 0:
                model.setFilter(filter(filters_.at(random.bounded(int(filters_.size())))));
                break;
            case 1:
                model.sort(int(random.bounded(UsageColumn::ColumnCount)),
                    random.bounded(2) ? Qt::AscendingOrder : Qt::DescendingOrder);
                break;
            case 2:
                model.setOrderFrozen(random.bounded(2));
                model.reorder();
                break;
            case 3:
                model.setVisibleRows(int(random.bounded(40)), int(random.bounded(80)));
                model.tick();
                break;
            case 4:
                live.advance(std::chrono::milliseconds(random.bounded(20'000)));
                break;
            default:
                for (int i = 0; i < 20; ++i)
                    live.send({.key = "ci",
                        .user = "user-" + QByteArray::number(random.bounded(step / 6 + 1)),
                        .router = "batch"});
                live.report();
            }
        }
        model.setFilter({});
        model.tick();
        QCOMPARE(model.rowCount(), model.totalCount());
        QCOMPARE(model.totalCount(), int(live.users.size()));
        QCOMPARE(resets.size(), 0);
    }
};

QTEST_GUILESS_MAIN(UsageModelTest)
#include "tst_usagemodel.moc"
