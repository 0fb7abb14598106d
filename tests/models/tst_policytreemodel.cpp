// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/configdraft.h"
#include "core/session/gatewaysession.h"
#include "tests/support/livefixture.h"
#include "ui/models/limitcommands.h"
#include "ui/models/policytreemodel.h"

#include <QAbstractItemModelTester>
#include <QFile>
#include <QScopeGuard>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::LiveFixture;
using ui::PolicyTreeModel;

namespace {

struct Stage
{
    QTemporaryDir folder;
    SystemClock clock;
    LiveFixture live;
    session::GatewaySession gateway{clock};
    session::ConfigDraft draft{gateway};

    explicit Stage(const QByteArray &yaml = LiveFixture::sampleConfiguration()) : live(yaml)
    {
        QFile file(folder.filePath(u"c.yaml"_s));
        if (!file.open(QIODevice::WriteOnly) || file.write(yaml) < 0)
            qFatal("cannot write the sample");
        file.close();
        if (!draft.open(file.fileName()))
            qFatal("cannot open the sample");
    }
};

QStringList scopes(const PolicyTreeModel &model)
{
    QStringList names;
    for (int row = 0; row < model.rowCount(); ++row)
        names += model.index(row, 0).data().toString();
    return names;
}

QString cell(
    const PolicyTreeModel &model, const QByteArray &limit, int column, int role = Qt::DisplayRole)
{
    return model.indexOf(limit).siblingAtColumn(column).data(role).toString();
}

ui::GaugeValue gauge(const PolicyTreeModel &model, const QByteArray &limit)
{
    return model.indexOf(limit)
        .siblingAtColumn(PolicyTreeModel::ClosestColumn)
        .data(ui::GaugeRole)
        .value<ui::GaugeValue>();
}

} // namespace

class PolicyTreeModelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void listsScopesInFileOrder()
    {
        Stage stage;
        const PolicyTreeModel model(stage.draft, stage.live.usage);
        QCOMPARE(scopes(model),
            (QStringList{u"Global"_s, u"Router prod"_s, u"Router agents"_s, u"Router batch"_s}));
        QCOMPARE(model.index(0, 0).data(ui::SecondTextRole).toString(), u"all routers but batch"_s);
        QCOMPARE(
            model.index(3, 0).data(ui::SecondTextRole).toString(), u"opts out of every limit"_s);
        QCOMPARE(cell(model, "routers/prod/per-api-key", PolicyTreeModel::AmountColumn), u"60"_s);
        QCOMPARE(
            cell(model, "routers/prod/per-end-user", PolicyTreeModel::StateColumn), u"Shadow"_s);
    }

    void anEditShowsOldAndNew()
    {
        Stage stage;
        PolicyTreeModel model(stage.draft, stage.live.usage);
        const QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const QModelIndex amount = model.indexOf("routers/prod/per-api-key")
                                       .siblingAtColumn(PolicyTreeModel::AmountColumn);
        QVERIFY(amount.flags().testFlag(Qt::ItemIsEditable));
        QVERIFY(model.setData(amount, u"90"_s, Qt::EditRole));
        QCOMPARE(amount.data().toString(), u"90"_s);
        QCOMPARE(amount.data(ui::OldTextRole).toString(), u"60"_s);
        QVERIFY(amount.siblingAtColumn(0).data(ui::ChangedRole).toBool());
        QCOMPARE(stage.draft.changeCount(), 1);
        QCOMPARE(stage.draft.undoLabel(), u"set amount of prod, per key to 90"_s);
        stage.draft.undo();
        QVERIFY(!amount.data(ui::OldTextRole).isValid());
    }

    void rowsComeAndGoWithoutAReset()
    {
        Stage stage;
        PolicyTreeModel model(stage.draft, stage.live.usage);
        const QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        const Result<QByteArray> added = ui::limitcommands::add(stage.draft,
            ui::limitcommands::usualLimit(ui::limitcommands::NewKind::Bucket,
                {config::LimitScope::Router, "agents", {config::SegmentKind::EndUser, {}}}));
        QVERIFY(added.has_value());
        QCOMPARE(cell(model, *added, 0, ui::SecondTextRole), u"new"_s);
        QCOMPARE(gauge(model, *added).noLimitText, QString()); // read with the next tick
        model.tick();
        QCOMPARE(gauge(model, *added).noLimitText, u"not running yet"_s);
        const config::LimitRule rule = *model.row(model.indexOf("global/per-end-user"))->draft;
        QVERIFY(ui::limitcommands::remove(stage.draft, rule).has_value());
        QCOMPARE(cell(model, "global/per-end-user", 0, ui::SecondTextRole), u"deleted"_s);
        QVERIFY(!model.indexOf("global/per-end-user")
                     .siblingAtColumn(PolicyTreeModel::AmountColumn)
                     .flags()
                     .testFlag(Qt::ItemIsEditable));
        stage.draft.discard();
        QVERIFY(!model.indexOf(*added).isValid());
        QCOMPARE(resets.size(), 0);
    }

    void theClosestSubjectIsNamed()
    {
        Stage stage;
        PolicyTreeModel model(stage.draft, stage.live.usage);
        for (int i = 0; i < 41; ++i)
            stage.live.send({.key = "ci", .router = "prod"});
        for (int i = 0; i < 12; ++i)
            stage.live.send({.key = "app", .router = "prod"});
        stage.live.report();
        model.tick();
        const ui::GaugeValue prod = gauge(model, "routers/prod/per-api-key");
        QCOMPARE(prod.usedText, u"41"_s);
        QCOMPARE(prod.quotaText, u"60"_s);
        QCOMPARE(prod.stateWord, u"ci"_s);
        QCOMPARE(gauge(model, "routers/agents/per-api-key").noLimitText, u"no requests yet"_s);
        const QString spoken = cell(model, "routers/prod/per-api-key",
            PolicyTreeModel::ClosestColumn, Qt::AccessibleTextRole);
        QVERIFY2(spoken.startsWith(u"ci: 41 of 60 requests"_s), qPrintable(spoken));
    }

    void everyKindOfLimitIsListed_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QString>("label");
        QTest::addColumn<QString>("amount");
        QTest::addColumn<QString>("closest");
        QTest::addColumn<QString>("spoken");
        QTest::newRow("team") << "global/per-team"_ba << u"per team"_s << u"90"_s << u"core"_s
                              << u"core: 53 of 90 requests"_s;
        QTest::newRow("member") << "global/per-team-member"_ba << u"per member"_s << u"70"_s
                                << u"alice"_s << u"core/alice: 41 of 70 requests"_s;
        QTest::newRow("shared") << "global/shared"_ba << u"shared"_s << u"500"_s << QString()
                                << u"53 of 500 requests"_s;
    }

    void everyKindOfLimitIsListed()
    {
        QFETCH(const QByteArray, name);
        QFETCH(const QString, label);
        QFETCH(const QString, amount);
        QFETCH(const QString, closest);
        QFETCH(const QString, spoken);
        Stage stage(LiveFixture::teamConfiguration());
        PolicyTreeModel model(stage.draft, stage.live.usage);
        const QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        for (int i = 0; i < 41; ++i)
            stage.live.send({.key = "ci", .router = "prod"});
        for (int i = 0; i < 12; ++i)
            stage.live.send({.key = "app", .router = "prod"});
        stage.live.report();
        model.tick();
        QCOMPARE(cell(model, name, PolicyTreeModel::LimitColumn), label);
        QCOMPARE(cell(model, name, PolicyTreeModel::AmountColumn), amount);
        QCOMPARE(gauge(model, name).stateWord, closest);
        const QString said =
            cell(model, name, PolicyTreeModel::ClosestColumn, Qt::AccessibleTextRole);
        QVERIFY2(said.startsWith(spoken), qPrintable(said));
        // The cells are edited like any other limit's.
        const QModelIndex cellOfAmount =
            model.indexOf(name).siblingAtColumn(PolicyTreeModel::AmountColumn);
        QVERIFY(model.setData(cellOfAmount, u"33"_s, Qt::EditRole));
        QCOMPARE(cellOfAmount.data().toString(), u"33"_s);
        QCOMPARE(stage.draft.undoLabel(), u"set amount of global, %1 to 33"_s.arg(label));
    }

    void limitsOfOneKindAreToldApartByTheirNames()
    {
        QByteArray yaml = LiveFixture::sampleConfiguration();
        const QByteArray one = "per-api-key: {capacity: 120, refill-frequency: 1m}";
        QVERIFY(yaml.contains(one));
        yaml.replace(one,
            "per-api-key: [{name: burst, capacity: 120, refill-frequency: 1m}, "
            "{name: day, capacity: 5000, refill-frequency: 24h}]");
        Stage stage(yaml);
        PolicyTreeModel model(stage.draft, stage.live.usage);
        QCOMPARE(cell(model, "burst", PolicyTreeModel::LimitColumn), u"burst, per key"_s);
        QCOMPARE(cell(model, "day", PolicyTreeModel::LimitColumn), u"day, per key"_s);
        const QModelIndex amount =
            model.indexOf("day").siblingAtColumn(PolicyTreeModel::AmountColumn);
        QVERIFY(model.setData(amount, u"6000"_s, Qt::EditRole));
        QVERIFY(stage.draft.text().contains("{name: day, capacity: 6000, "));
        QCOMPARE(stage.draft.undoLabel(), u"set amount of day to 6\u202f000"_s);
    }

    void everyAlgorithmIsListed_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QString>("label");
        QTest::addColumn<QString>("amount");
        QTest::addColumn<QString>("period");
        QTest::addColumn<QString>("typed"); ///< for the amount
        QTest::addColumn<QByteArray>("written");
        QTest::newRow("tokens that roll")
            << "user-day"_ba << u"user-day, per end user"_s << u"200\u202f000 tokens"_s
            << u"24\u202fh"_s << u"250 000"_s << "tokens: 250000"_ba;
        QTest::newRow("money") << "team-month"_ba << u"team-month, per team"_s << u"$500.00"_s
                               << u"month"_s << u"$612.50"_s << "cents: 61250"_ba;
        QTest::newRow("a fraction of a cent")
            << "tiny"_ba << u"tiny, shared"_s << u"$0.005"_s << u"1\u202fmin"_s << u"0.0075"_s
            << "capacity: 0.75"_ba;
        QTest::newRow("in flight") << "agents"_ba << u"agents, per key"_s << u"8 at once"_s
                                   << u"–"_s << u"12"_s << "max: 12"_ba;
        QTest::newRow("policy") << "global/policies/w=3600;s=user"_ba << u"1000;w=3600;s=user"_s
                                << u"1\u202f000"_s << u"1\u202fh"_s << u"90"_s
                                << "\"90;w=3600;s=user\""_ba;
        QTest::newRow("policy with a name")
            << "tenants"_ba << u"tenants, per tenant"_s << u"$0.50"_s << u"1\u202fmin"_s
            << u"0.75"_s << "\"75;w=60;u=cents;s=tenant\""_ba;
    }

    void everyAlgorithmIsListed()
    {
        QFETCH(const QByteArray, name);
        QFETCH(const QString, label);
        QFETCH(const QString, amount);
        QFETCH(const QString, period);
        QFETCH(const QString, typed);
        QFETCH(const QByteArray, written);
        QByteArray yaml = LiveFixture::sampleConfiguration();
        yaml.replace("global:\n  rate-limit:\n",
            "global:\n  rate-limit:\n"
            "    shared: {name: tiny, capacity: 0.5, refill-frequency: 1m, unit: cents}\n"
            "    usage-limits: [{name: user-day, per: end-user, tokens: 200000, period: 24h}]\n"
            "    spend-limits: [{name: team-month, per: team, cents: 50000, period: month}]\n"
            "    concurrency: [{name: agents, per: api-key, max: 8}]\n"
            "    policies: [\"1000;w=3600;s=user\", {name: tenants, policy: "
            "\"50;w=60;u=cents;s=tenant\"}]\n");
        Stage stage(yaml);
        PolicyTreeModel model(stage.draft, stage.live.usage);
        const QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(cell(model, name, PolicyTreeModel::LimitColumn), label);
        QCOMPARE(cell(model, name, PolicyTreeModel::AmountColumn), amount);
        QCOMPARE(cell(model, name, PolicyTreeModel::PeriodColumn), period);
        QVERIFY(cell(model, name, PolicyTreeModel::LineColumn).startsWith(u"line "_s));
        const QModelIndex amountCell =
            model.indexOf(name).siblingAtColumn(PolicyTreeModel::AmountColumn);
        QCOMPARE(amountCell.siblingAtColumn(PolicyTreeModel::PeriodColumn)
                     .flags()
                     .testFlag(Qt::ItemIsEditable),
            period != u"–"_s);
        QVERIFY(model.setData(amountCell, typed, Qt::EditRole));
        QVERIFY2(stage.draft.text().contains(written), stage.draft.text().constData());
        QVERIFY(amountCell.siblingAtColumn(0).data(ui::ChangedRole).toBool());
        QCOMPARE(stage.draft.text().count('\n'), yaml.count('\n'));
        stage.draft.undo();
        QCOMPARE(stage.draft.text(), yaml);
    }

    void periodsAreOfTheKindOfTheLimit()
    {
        QByteArray yaml = LiveFixture::sampleConfiguration();
        yaml.replace("global:\n  rate-limit:\n",
            "global:\n  rate-limit:\n"
            "    spend-limits: [{name: s, per: team, cents: 5, period: month, timezone: "
            "Asia/Tokyo}]\n    policies: [\"1000;w=3600\"]\n");
        Stage stage(yaml);
        PolicyTreeModel model(stage.draft, stage.live.usage);
        const QSignalSpy refused(&model, &PolicyTreeModel::editRefused);
        const auto set = [&model](const QByteArray &name, const QString &text) {
            return model.setData(model.indexOf(name).siblingAtColumn(PolicyTreeModel::PeriodColumn),
                text, Qt::EditRole);
        };
        QVERIFY(set("s", u"week"_s));
        QVERIFY(stage.draft.text().contains("period: week, timezone: Asia/Tokyo"));
        QVERIFY(set("s", u"24h"_s)); // a window that rolls has no zone
        QVERIFY(stage.draft.text().contains("{name: s, per: team, cents: 5, period: 24h}"));
        QCOMPARE(stage.draft.undoLabel(), u"set period of s to 24h"_s);
        QVERIFY(!set("global/policies/w=3600", u"month"_s));
        QVERIFY(!set("global/policies/w=3600", u"30s"_s));
        QVERIFY(!set("global/per-api-key", u"month"_s));
        QCOMPARE(refused.size(), 3);
    }

    void whatTheFileCannotBeIsRefused()
    {
        QByteArray yaml = LiveFixture::sampleConfiguration();
        yaml.replace("global:\n  rate-limit:\n",
            "global:\n  rate-limit:\n    policies: [\"10;w=60\", \"20;w=120\"]\n");
        Stage stage(yaml);
        PolicyTreeModel model(stage.draft, stage.live.usage);
        const QSignalSpy refused(&model, &PolicyTreeModel::editRefused);
        // Both would count the same; the draft stays valid and the reason is said.
        const QModelIndex period =
            model.indexOf("global/policies/w=120").siblingAtColumn(PolicyTreeModel::PeriodColumn);
        QVERIFY(!model.setData(period, u"60s"_s, Qt::EditRole));
        QCOMPARE(refused.size(), 1);
        QVERIFY(refused.at(0).at(0).toString().contains(u"another limit is called"_s));
        QCOMPARE(stage.draft.text(), yaml);
        QVERIFY(!model.isReadOnly());
    }

    void whatTheEnvironmentDecidesIsNotEdited()
    {
        qputenv("AI_GATEWAY__ROUTERS__PROD__RATE_LIMIT__PER_API_KEY__CAPACITY", "75");
        const auto reset = qScopeGuard(
            [] { qunsetenv("AI_GATEWAY__ROUTERS__PROD__RATE_LIMIT__PER_API_KEY__CAPACITY"); });
        Stage stage;
        const QByteArray before = stage.draft.text();
        PolicyTreeModel model(stage.draft, stage.live.usage);
        const QSignalSpy refused(&model, &PolicyTreeModel::editRefused);
        const QModelIndex amount = model.indexOf("routers/prod/per-api-key")
                                       .siblingAtColumn(PolicyTreeModel::AmountColumn);
        QCOMPARE(amount.data().toString(), u"75"_s);
        QVERIFY(!model.setData(amount, u"90"_s, Qt::EditRole));
        QVERIFY(refused.at(0).at(0).toString().contains(u"environment variable"_s));
        QCOMPARE(stage.draft.text(), before);
    }

    void headerPoliciesAppearWithTraffic()
    {
        Stage stage;
        PolicyTreeModel model(stage.draft, stage.live.usage);
        stage.live.send(
            {.key = "ci", .user = "alice", .router = "prod", .policy = "100;w=3600;s=user"});
        stage.live.report();
        model.tick();
        QCOMPARE(scopes(model).last(), u"Header policies"_s);
        const QModelIndex scope = model.index(model.rowCount() - 1, 0);
        const QModelIndex policy = model.index(0, 0, scope);
        QCOMPARE(policy.data().toString(), u"100;w=3600;s=user"_s);
        QCOMPARE(
            policy.siblingAtColumn(PolicyTreeModel::LineColumn).data().toString(), u"client"_s);
        QVERIFY(!policy.siblingAtColumn(PolicyTreeModel::AmountColumn)
                     .flags()
                     .testFlag(Qt::ItemIsEditable));
    }

    void aBrokenDraftIsReadOnly()
    {
        Stage stage;
        PolicyTreeModel model(stage.draft, stage.live.usage);
        const auto broken = stage.draft.edit(u"break"_s, [](QByteArray text) -> Result<QByteArray> {
            return text.replace("capacity: 60", "capacity: sixty");
        });
        QVERIFY(broken.has_value());
        QVERIFY(model.isReadOnly());
        const QModelIndex amount = model.indexOf("routers/prod/per-api-key")
                                       .siblingAtColumn(PolicyTreeModel::AmountColumn);
        QCOMPARE(amount.data().toString(), u"60"_s); // the last good value
        QVERIFY(amount.data(ui::ErrorRole).toBool());
        QVERIFY(!amount.flags().testFlag(Qt::ItemIsEditable));
        QVERIFY(!model.setData(amount, u"5"_s, Qt::EditRole));
    }

    void linesLeadToTheirLimit()
    {
        Stage stage;
        const PolicyTreeModel model(stage.draft, stage.live.usage);
        const QModelIndex prod = model.indexOf("routers/prod/per-api-key");
        QCOMPARE(model.indexOfLine(model.lineOf(prod)), prod);
        QVERIFY(!model.indexOfLine(1).isValid());
    }
};

QTEST_GUILESS_MAIN(PolicyTreeModelTest)
#include "tst_policytreemodel.moc"
