// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/livefixture.h"
#include "ui/models/modelprices.h"
#include "ui/models/modelusagemodel.h"
#include "ui/widgets/cellvalues.h"

#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using insight::Outcome;
using test::LiveFixture;
using ui::ModelColumn;
using ui::ModelUsageModel;

namespace {

const LiveFixture::Client Large{
    .model = "gpt-4o", .input = 1'200, .cached = 800, .output = 300, .cents = 600'000};
const LiveFixture::Client Small{
    .model = "gpt-4o-mini", .input = 100, .output = 50, .cents = 4'500, .isEstimate = true};
const LiveFixture::Client New{
    .provider = "anthropic", .model = "claude-new", .input = 10, .output = 20, .isPriced = false};
const LiveFixture::Client Local{.provider = "ollama", .model = "llama3:8b", .input = 70};

struct Stage
{
    LiveFixture live;
    ModelUsageModel model{live.usage};
    QAbstractItemModelTester tester{&model};

    explicit Stage(const QByteArray &yaml = LiveFixture::sampleConfiguration()) : live(yaml) { }

    void send(const LiveFixture::Client &client, int count = 1)
    {
        for (int i = 0; i < count; ++i)
            live.send(client);
        live.report();
        model.tick();
    }

    [[nodiscard]] QStringList names() const
    {
        QStringList found;
        for (int row = 0; row < model.rowCount(); ++row)
            found += model.index(row, ModelColumn::NameColumn).data().toString();
        return found;
    }

    [[nodiscard]] QString cell(const QString &name, int column, int role = Qt::DisplayRole) const
    {
        return model.index(int(names().indexOf(name)), column)
            .data(role)
            .toString()
            .replace(QChar(0x202f), u' ');
    }

    void filter(const QString &text)
    {
        const ui::FilterQuery query = ui::parseFilter(text, ModelUsageModel::filterFields());
        QVERIFY2(query.isValid(), qPrintable(query.error));
        model.setFilter(query);
    }
};

} // namespace

class ModelUsageModelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void sumsUpByModel()
    {
        Stage stage;
        QCOMPARE(stage.model.rowCount(), 0);
        stage.send(Large, 3);
        stage.send(Small, 2);
        stage.live.send(Large, {}, Outcome::UpstreamFailed, 502);
        stage.send(Local);
        QCOMPARE(stage.model.rowCount(), 3);
        const QString large = u"openai/gpt-4o"_s;
        QCOMPARE(stage.cell(large, ModelColumn::RequestsColumn), u"4"_s);
        QCOMPARE(stage.cell(large, ModelColumn::ErrorsColumn), u"1"_s);
        QCOMPARE(stage.cell(large, ModelColumn::InputColumn), u"3 600"_s);
        QCOMPARE(stage.cell(large, ModelColumn::CachedColumn), u"2 400"_s);
        QCOMPARE(stage.cell(large, ModelColumn::OutputColumn), u"900"_s);
        QCOMPARE(stage.cell(large, ModelColumn::CostColumn), u"$0.0180"_s);
        QCOMPARE(stage.cell(large, ModelColumn::MeanColumn), u"$0.0060"_s);
        QCOMPARE(stage.cell(large, ModelColumn::ShareColumn), u"99 %"_s);
        QCOMPARE(stage.cell(large, ModelColumn::StateColumn), u"priced"_s);
        QCOMPARE(stage.cell(u"openai/gpt-4o-mini"_s, ModelColumn::CostColumn), u"~$0.000090"_s);
        QCOMPARE(stage.cell(u"openai/gpt-4o-mini"_s, ModelColumn::StateColumn),
            u"~ in part estimated"_s);
        QCOMPARE(stage.cell(u"ollama/llama3:8b"_s, ModelColumn::StateColumn), u"free"_s);
        QCOMPARE(stage.cell(u"ollama/llama3:8b"_s, ModelColumn::CostColumn), u"$0.0000"_s);
        QCOMPARE(stage.cell(large, ModelColumn::CachedColumn, Qt::AccessibleTextRole),
            u"2 400 of them from the cache"_s);
    }

    void anUnpricedModelSaysSoUntilItHasAPrice()
    {
        Stage stage;
        stage.send(New, 2);
        const QString name = u"anthropic/claude-new"_s;
        QCOMPARE(stage.cell(name, ModelColumn::CostColumn), u"?"_s);
        QCOMPARE(stage.cell(name, ModelColumn::MeanColumn), u"?"_s);
        QCOMPARE(stage.cell(name, ModelColumn::StateColumn), u"? no price"_s);
        QCOMPARE(stage.cell(name, ModelColumn::StateColumn, ui::SignRole).toInt(),
            int(ui::Sign::Triangle));
        ui::UnpricedModels unpriced = ui::unpricedModels(stage.live.usage);
        QCOMPARE(unpriced.names, (QList<QByteArray>{"anthropic/claude-new"}));
        QCOMPARE(unpriced.models, 1);
        QCOMPARE(unpriced.requests, 2U);
        // The file has a price now, before the next request.
        auto configuration =
            std::make_shared<config::Configuration>(*stage.live.usage.configuration());
        config::ModelPrice price;
        price.model = "anthropic/claude-new";
        price.rates.output = 1;
        configuration->prices.models.push_back(price);
        stage.live.usage.setConfiguration(configuration);
        QCOMPARE(stage.cell(name, ModelColumn::StateColumn), u"priced"_s);
        QCOMPARE(stage.cell(name, ModelColumn::CostColumn), u"?"_s); // what was not counted
        unpriced = ui::unpricedModels(stage.live.usage);
        QCOMPARE(unpriced.models, 0);
        LiveFixture::Client priced = New;
        priced.isPriced = true;
        priced.cents = 100'000;
        stage.send(priced);
        QCOMPARE(stage.cell(name, ModelColumn::CostColumn), u"? + $0.0010"_s);
        QCOMPARE(stage.cell(name, ModelColumn::MeanColumn), u"$0.0010"_s);
    }

    void refusedRequestsCountToTheModelAsked()
    {
        Stage stage;
        LiveFixture::Client client = Large;
        client.key = "ci";
        client.router = "prod";
        stage.send(client, 66);
        const LiveFixture::Count ci = stage.live.keys["ci"];
        QVERIFY(ci.refused > 0);
        QCOMPARE(stage.names(), QStringList{u"openai/gpt-4o"_s});
        QCOMPARE(stage.cell(u"openai/gpt-4o"_s, ModelColumn::RequestsColumn), u"66"_s);
        QCOMPARE(stage.cell(u"openai/gpt-4o"_s, ModelColumn::RequestsColumn, Qt::ToolTipRole),
            u"%1 of them refused"_s.arg(ci.refused));
        QCOMPARE(stage.cell(u"openai/gpt-4o"_s, ModelColumn::InputColumn),
            u"72 000"_s); // 60 times
    }

    void sorts_data()
    {
        QTest::addColumn<int>("column");
        QTest::addColumn<bool>("isDescending");
        QTest::addColumn<QString>("first");
        QTest::addColumn<QString>("last");
        const QString large = u"openai/gpt-4o"_s;
        const QString local = u"ollama/llama3:8b"_s;
        const QString unpriced = u"anthropic/claude-new"_s;
        const QString small = u"openai/gpt-4o-mini"_s;
        QTest::newRow("cost") << int(ModelColumn::CostColumn) << true << large << local;
        QTest::newRow("name") << int(ModelColumn::NameColumn) << false << unpriced << small;
        QTest::newRow("requests") << int(ModelColumn::RequestsColumn) << true << small << large;
        QTest::newRow("tokens out") << int(ModelColumn::OutputColumn) << true << large << local;
        QTest::newRow("price") << int(ModelColumn::StateColumn) << false << unpriced << small;
    }

    void sorts()
    {
        QFETCH(const int, column);
        QFETCH(const bool, isDescending);
        QFETCH(const QString, first);
        QFETCH(const QString, last);
        Stage stage;
        stage.send(Large);
        stage.send(Small, 4);
        stage.send(New, 3);
        stage.send(Local, 2);
        stage.model.sort(column, isDescending ? Qt::DescendingOrder : Qt::AscendingOrder);
        QCOMPARE(stage.names().first(), first);
        QCOMPARE(stage.names().last(), last);
    }

    void aFrozenOrderStaysUntilItIsReleased()
    {
        Stage stage;
        stage.send(Large);
        stage.send(Small);
        stage.model.reorder();
        QCOMPARE(stage.names().first(), u"openai/gpt-4o"_s);
        stage.model.setOrderFrozen(true);
        LiveFixture::Client dear = Small;
        dear.cents = 60'000;
        stage.send(dear, 20);
        stage.model.reorder();
        QCOMPARE(stage.names().first(), u"openai/gpt-4o"_s);
        QVERIFY(stage.model.isOrderOverdue());
        QCOMPARE(stage.cell(u"openai/gpt-4o-mini"_s, ModelColumn::RequestsColumn), u"21"_s);
        stage.model.setOrderFrozen(false);
        stage.model.reorder();
        QCOMPARE(stage.names().first(), u"openai/gpt-4o-mini"_s);
    }

    void filters_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QStringList>("names");
        const QString large = u"openai/gpt-4o"_s;
        const QString small = u"openai/gpt-4o-mini"_s;
        const QString unpriced = u"anthropic/claude-new"_s;
        const QString local = u"ollama/llama3:8b"_s;
        QTest::newRow("word") << u"gpt"_s << QStringList{large, small};
        QTest::newRow("provider") << u"provider:ollama"_s << QStringList{local};
        QTest::newRow("model") << u"model:gpt-4o"_s << QStringList{large};
        QTest::newRow("full name") << u"model:ollama/*"_s << QStringList{local};
        QTest::newRow("unpriced") << u"state:unpriced"_s << QStringList{unpriced};
        QTest::newRow("free, unpriced") << u"state:free,unpriced"_s << QStringList{unpriced, local};
        QTest::newRow("cost in cents") << u"cost>0.5"_s << QStringList{large};
        QTest::newRow("tokens") << u"tokens>=150"_s << QStringList{large, small};
        QTest::newRow("not") << u"-provider:openai"_s << QStringList{unpriced, local};
    }

    void filters()
    {
        QFETCH(const QString, query);
        QFETCH(const QStringList, names);
        Stage stage;
        stage.send(Large);
        stage.send(Small);
        stage.send(New);
        stage.filter(query);
        stage.send(Local); // new rows are asked, too
        stage.model.sortNow();
        QCOMPARE(stage.names(), names);
        QCOMPARE(stage.model.totalCount(), 4);
        stage.filter({});
        QCOMPARE(stage.model.rowCount(), 4);
    }

    void keepsTheContractOfModels()
    {
        Stage stage;
        QRandomGenerator random(7);
        const QStringList queries{QString(), u"gpt"_s, u"cost>1"_s, u"state:unpriced"_s};
        for (int i = 0; i < 300; ++i) {
            LiveFixture::Client client = Large;
            client.model = "m" + QByteArray::number(random.bounded(40));
            client.isPriced = random.bounded(5) != 0;
            stage.send(client);
            if (i % 7 == 0)
                stage.filter(queries.at(random.bounded(int(queries.size()))));
            if (i % 5 == 0)
                stage.model.sort(random.bounded(int(ModelColumn::ColumnCount)),
                    random.bounded(2) == 0 ? Qt::AscendingOrder : Qt::DescendingOrder);
            stage.model.setOrderFrozen(random.bounded(2) == 0);
            stage.model.reorder();
        }
        stage.filter({});
        QCOMPARE(stage.model.rowCount(), stage.live.usage.models().count());
    }
};

QTEST_GUILESS_MAIN(ModelUsageModelTest)
#include "tst_modelusagemodel.moc"
