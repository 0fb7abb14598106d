// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/livefixture.h"
#include "ui/models/chainmodel.h"

#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::LiveFixture;
using ui::ChainModel;
using ui::GaugeValue;

class ChainModelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void tellsADecisionAsItWas()
    {
        LiveFixture live;
        insight::RequestRecord record;
        for (int i = 0; i < 61; ++i)
            record = live.send({.key = "ci", .user = "alice", .router = "prod"});
        QCOMPARE(record.outcome, insight::Outcome::Refused);

        ChainModel model;
        const QAbstractItemModelTester tester(&model);
        model.showThen(record.decision);
        QCOMPARE(model.rowCount(), int(record.decision.chain.size()));
        const int row = model.decidingRow();
        QCOMPARE(model.limitAt(row)->name, "routers/prod/per-api-key"_ba);
        const auto gauge =
            model.index(row, ChainModel::GaugeColumn).data(ui::GaugeRole).value<GaugeValue>();
        QCOMPARE(gauge.usedText, u"60"_s);
        QCOMPARE(gauge.quotaText, u"60"_s);
        QCOMPARE(gauge.state, ui::State::Refused);
        QCOMPARE(model.index(row, ChainModel::LeftColumn).data().toString(), u"0"_s);
        // The line of the file, counted here and not by the loader.
        const QByteArray text = LiveFixture::sampleConfiguration();
        const int line = int(text.first(text.indexOf("capacity: 60\n")).count('\n')) + 1;
        QCOMPARE(model.lineAt(row), line);
        QCOMPARE(
            model.index(row, ChainModel::LineColumn).data().toString(), u"line %1"_s.arg(line));
        const QString spoken =
            model.index(row, ChainModel::GaugeColumn).data(Qt::AccessibleTextRole).toString();
        QVERIFY2(spoken.startsWith(u"60 of 60 requests per minute"_s), qPrintable(spoken));
        QVERIFY2(spoken.contains(u"refused"_s), qPrintable(spoken));
    }

    void lastAdmittedRequestIsNotRefused()
    {
        LiveFixture live;
        insight::RequestRecord record;
        for (int i = 0; i < 60; ++i)
            record = live.send({.key = "ci", .router = "prod"});
        QVERIFY(record.decision.isAdmitted());
        ChainModel model;
        model.showThen(record.decision);
        for (int row = 0; row < model.rowCount(); ++row) {
            const auto gauge =
                model.index(row, ChainModel::GaugeColumn).data(ui::GaugeRole).value<GaugeValue>();
            QVERIFY(gauge.state != ui::State::Refused);
        }
    }

    void namesWhoseCounterItIs()
    {
        LiveFixture live;
        live.send({.key = "ci", .user = "alice", .router = "prod", .tenant = "acme"});
        live.report();
        ChainModel model;
        const int subject = live.usage.book().indexOf({{limits::SegmentKind::ApiKey, {}}, "ci"});
        model.showNow(
            live.usage.book().chain(subject, live.clock.now()), {limits::SegmentKind::ApiKey, {}});
        QStringList labels;
        for (int row = 0; row < model.rowCount(); ++row)
            labels += model.index(row, ChainModel::LabelColumn).data().toString();
        QVERIFY2(labels.contains(u"per end user, alice"_s), qPrintable(labels.join(u'|')));
        QVERIFY2(labels.contains(u"per tenant, acme"_s), qPrintable(labels.join(u'|')));
        QVERIFY2(labels.contains(u"per key"_s), qPrintable(labels.join(u'|')));
    }

    void changesInPlace()
    {
        LiveFixture live;
        ChainModel model;
        const QAbstractItemModelTester tester(&model);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        QRandomGenerator random(11);
        const QList<QByteArray> routers{"prod", "agents", "batch", {}};
        const QList<QByteArray> users{"alice", "bob", {}};
        for (int i = 0; i < 300; ++i) {
            live.advance(std::chrono::milliseconds(random.bounded(900)));
            const insight::RequestRecord record = live.send({.key = "ci",
                .user = users.at(random.bounded(3)),
                .router = routers.at(random.bounded(4))});
            live.report();
            if (random.bounded(2))
                model.showThen(record.decision);
            else
                model.showNow(live.usage.book().chain(0, live.clock.now()),
                    {limits::SegmentKind::ApiKey, {}});
        }
        QCOMPARE(resets.size(), 0);
    }
};

QTEST_GUILESS_MAIN(ChainModelTest)
#include "tst_chainmodel.moc"
