// SPDX-License-Identifier: GPL-3.0-or-later
// Renders the pages to pictures: sluice_screens <folder>. The traffic is seeded, the figures are
// computed by the real limit engine.
#include "core/session/configdraft.h"
#include "core/session/ledgerqueries.h"
#include "core/session/limitoperations.h"
#include "tests/gui/guikit.h"
#include "tests/support/ledgerkit.h"
#include "tests/support/livefixture.h"
#include "ui/initui.h"
#include "ui/mainwindow.h"
#include "ui/pages/firstrunpage.h"
#include "ui/statusline.h"
#include "ui/widgets/chart.h"
#include "ui/widgets/segmented.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QElapsedTimer>
#include <QPlainTextEdit>
#include <QRandomGenerator>
#include <QSettings>
#include <QTabBar>
#include <QTemporaryDir>
#include <QToolButton>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace sluice;
using test::LiveFixture;

namespace {

struct Source
{
    LiveFixture::Client client;
    int perMinute = 0;
    int latencyMs = 0;
};

const std::vector<Source> &sources()
{
    static const std::vector<Source> all{
        {{.key = "ci",
             .user = "alice",
             .router = "prod",
             .tenant = "acme",
             .input = 420,
             .output = 180,
             .cents = 17'100},
            84, 640},
        {{.key = "app",
             .user = "bob",
             .router = "prod",
             .tenant = "acme",
             .input = 600,
             .cached = 512,
             .output = 110,
             .cents = 61'000},
            59, 812},
        {{.key = "docs-site",
             .user = "bob",
             .router = "prod",
             .tenant = "globex",
             .model = "text-embedding-3-small",
             .input = 410,
             .cents = 820},
            38, 41},
        {{.key = "eval-runner",
             .user = "erin",
             .router = "agents",
             .provider = "anthropic",
             .model = "next-preview",
             .input = 90,
             .output = 42,
             .isPriced = false},
            34, 1105},
        {{.key = "triage-agent",
             .user = "dave",
             .router = "agents",
             .provider = "anthropic",
             .model = "claude-sonnet-4-5",
             .input = 1'410,
             .output = 220,
             .cents = 104'000},
            19, 2940},
        {{.key = "helpdesk-bot",
             .user = "carol",
             .router = "agents",
             .provider = "anthropic",
             .model = "claude-sonnet-4-5",
             .input = 2'100,
             .cached = 1'800,
             .output = 700,
             .cents = 90'000},
            11, 2320},
        {{.key = "web-search",
             .user = "alice",
             .router = "prod",
             .model = "gpt-4.1",
             .policy = "1000;w=3600;s=user",
             .input = 230,
             .output = 388,
             .cents = 354'000,
             .isEstimate = true},
            9, 1322},
        {{.key = "qa-nightly",
             .user = "alice",
             .router = "prod",
             .input = 3'900,
             .output = 2'400,
             .cents = 202'500},
            4, 520},
        {{.key = "batch-embed",
             .user = {},
             .router = "batch",
             .provider = "ollama",
             .model = "nomic-embed-text",
             .input = 512},
            23, 77},
        {{.key = "local-dev", .user = "alice", .router = {}}, 1, 930},
    };
    return all;
}

/// The last moments: some keys get close to their limits.
void burst(LiveFixture &live)
{
    const std::pair<size_t, int> bursts[] = {
        {0, 30}, {1, 50}, {2, 38}, {3, 12}, {4, 27}, {5, 19}, {7, 9}, {9, 3}, {0, 12}};
    for (const auto &each : bursts) {
        for (int i = 0; i < each.second; ++i) {
            live.advance(6ms);
            live.send(sources()[each.first].client,
                std::chrono::milliseconds(sources()[each.first].latencyMs));
        }
    }
    live.report();
    live.advance(250ms);
}

/// Wider than in the tests, so that the keys' own limits bind.
QByteArray configuration()
{
    QByteArray yaml = LiveFixture::teamConfiguration();
    yaml.replace("tenant: {capacity: 1000,", "tenant: {capacity: 9000,");
    yaml.replace("per-team: {capacity: 90,", "per-team: {capacity: 300,");
    yaml.replace("per-team-member: {capacity: 70,", "per-team-member: {capacity: 160,");
    yaml = LiveFixture::withEveryLimit(yaml);
    yaml.replace("50;w=60;s=user", "400;w=60;s=user");
    // Wide enough for an hour of this traffic, but not for everybody.
    yaml.replace("tokens: 20000, period: 1h", "tokens: 3000000, period: 1h");
    yaml.replace("requests: 1000, period: day", "requests: 20000, period: day");
    yaml.replace("cents: 500\n", "cents: 50000\n");
    yaml += "prices: {unpriced: allow}\n";
    yaml.replace("overrides: {support: {cents: 250}}", "overrides: {support: {cents: 200}}");
    return yaml;
}

/// An hour of traffic, one report a second.
void play(LiveFixture &live)
{
    QRandomGenerator random(20260302);
    for (int second = 0; second < 3600; ++second) {
        for (const Source &source : sources()) {
            const bool isBurst = source.client.key != "ci" || second > 2700 || second % 1700 < 200;
            const double chance = double(source.perMinute) * (isBurst ? 1.0 : 0.45) / 60.0;
            for (int i = 0; i < 2; ++i) {
                if (random.generateDouble() >= chance / 2)
                    continue;
                const bool fails = random.bounded(700) == 0;
                live.advance(std::chrono::milliseconds(random.bounded(40)));
                live.send(source.client,
                    std::chrono::milliseconds(source.latencyMs + int(random.bounded(90))),
                    fails ? insight::Outcome::UpstreamFailed : insight::Outcome::Completed,
                    fails ? 502 : 200);
            }
        }
        live.report();
        live.clock.time = EngineTime((live.clock.time.count() / 1'000'000'000 + 1) * 1'000'000'000);
    }
    burst(live);
    live.send(sources()[1].client, 0ms, insight::Outcome::Streaming, 200);
    for (int i = 0; i < 4; ++i)
        live.send(sources()[4].client, 0ms, insight::Outcome::Streaming, 200);
    live.report();
}

/// A raise, a block and what they do.
void operate(LiveFixture &live, session::LimitOperations &operations)
{
    operations.raise("routers/prod/per-api-key", "docs-site", 60 * MicroPerUnit, 2h);
    operations.raise("team-month", "support", 100 * MicroPerUnit, 2h);
    operations.block({limits::SegmentKind::ApiKey, {}}, "local-dev", 90min);
    live.advance(250ms);
    for (int i = 0; i < 3; ++i)
        live.send(sources()[9].client);
    live.send(sources()[2].client);
    live.report();
}

void settle()
{
    QElapsedTimer time;
    time.start();
    while (time.elapsed() < 400)
        QCoreApplication::processEvents(QEventLoop::AllEvents, 50);
}

void shoot(ui::MainWindow &window, const QString &path)
{
    settle();
    if (!window.grab().save(path))
        qFatal("cannot write %s", qPrintable(path));
}

/// The page with one row chosen, and one limit of its chain.
void shootLimit(
    ui::MainWindow &window, const QString &key, const QString &limit, const QString &path)
{
    window.openPage(u"usage"_s, u"key:"_s + key);
    settle();
    auto *chain = window.findChild<QTableView *>(u"chainTableView"_s);
    for (int row = 0; row < chain->model()->rowCount(); ++row) {
        if (chain->model()->index(row, 1).data().toString().startsWith(limit))
            chain->selectRow(row);
    }
    shoot(window, path);
}

void selectNamed(QTableView *table, const QString &name)
{
    const int row = test::rowNamed(table, name);
    if (row >= 0)
        table->selectRow(row);
    table->setFocus();
}

void selectRefused(QTableView *table)
{
    for (int row = 2; row < table->model()->rowCount(); ++row) {
        const QModelIndex index = table->model()->index(row, 1);
        if (index.data(Qt::AccessibleTextRole).toString() == u"429 refused"_s) {
            table->selectRow(row);
            break;
        }
    }
    table->setFocus();
}

/// The dialog alone: it is a window of its own.
void shootPrice(ui::MainWindow &window, const QString &path)
{
    window.findChild<QToolButton *>(u"setPriceToolButton"_s)->click();
    settle();
    auto *dialog = window.findChild<QDialog *>(u"PriceDialog"_s);
    if (!dialog->grab().save(path))
        qFatal("cannot write %s", qPrintable(path));
    dialog->reject();
    settle();
}

/// The tokens and the cost of the last request of one key.
void shootSummary(ui::MainWindow &window, const QString &path)
{
    auto *table = window.findChild<QTableView *>(u"requestsTableView"_s);
    for (int row = 0; row < table->model()->rowCount(); ++row) {
        const auto says = [table, row](int column) {
            return table->model()->index(row, column).data().toString();
        };
        if (says(3) == u"helpdesk-bot"_s && says(7).contains(u'+')) {
            table->selectRow(row);
            break;
        }
    }
    auto *detail = window.findChild<QTabBar *>(u"detailTabBar"_s);
    detail->setCurrentIndex(1);
    shoot(window, path);
    detail->setCurrentIndex(0);
}

/// All of the history of one key, with the cursor on a step, and as a table.
void shootHistory(ui::MainWindow &window, const QDir &out, const QString &suffix)
{
    auto *detail = window.findChild<QWidget *>(u"UsageDetail"_s);
    auto *history = detail->findChild<QToolButton *>(u"historyToolButton"_s);
    history->click();
    detail->findChild<ui::Segmented *>(u"historyRangeSegmented"_s)->setCurrentIndex(2);
    settle();
    auto *chart = detail->findChild<ui::Chart *>(u"historyChart0"_s);
    chart->setFocus();
    for (int i = 0; i < 9; ++i)
        QTest::keyClick(chart, Qt::Key_Left);
    shoot(window, out.filePath(u"usage-history"_s + suffix));
    auto *table = detail->findChild<QToolButton *>(u"historyTableToolButton"_s);
    table->click();
    shoot(window, out.filePath(u"usage-history-table"_s + suffix));
    table->click();
    detail->findChild<ui::Segmented *>(u"historyRangeSegmented"_s)->setCurrentIndex(1);
    history->click();
}

/// Where the ring ends and the ledger goes on; one older request is selected.
void shootOlder(ui::MainWindow &window, const QString &path)
{
    auto *table = window.findChild<QTableView *>(u"requestsTableView"_s);
    const int before = table->model()->rowCount();
    table->scrollToBottom();
    settle();
    table->selectRow(before + 3);
    table->scrollTo(table->model()->index(before + 3, 0), QAbstractItemView::PositionAtCenter);
    shoot(window, path);
}

/// What one answered request has sent and got, as it is shown where bodies are recorded.
void shootBodies(ui::MainWindow &window, const LiveFixture &live, const QString &folder,
    const QDir &out, const QString &suffix)
{
    const QByteArray asked =
        R"({"model":"gpt-4o-mini","stream":true,"messages":[{"role":"system","content":"You )"
        R"(answer in one sentence."},{"role":"user","content":"Why is the sluice gate closed )"
        R"(at night, and who opens it again in the morning?"}],"max_tokens":200})";
    const QByteArray told = "data: {\"choices\":[{\"delta\":{\"content\":\"Because\"}}]}\n\n"
                            "data: {\"choices\":[{\"delta\":{\"content\":\" the\"}}]}\n\n"
                            "data: [DONE]\n\n";
    const QByteArray kept = told.repeated(3'000).first(insight::MostKeptBytes);
    std::vector<insight::RecordedBodies> bodies;
    for (int i = std::max(0, live.feed.size() - 30); i < live.feed.size(); ++i)
        bodies.push_back({live.feed.at(i).requestId, live.feed.at(i).at, "ci", "alice",
            {"application/json", asked, asked.size()},
            insight::RecordedBody{"text/event-stream", kept, 1'258'291}});
    test::writeBodies(folder, bodies);
    auto *status = window.findChild<ui::StatusLine *>();
    status->showBodies(true);
    auto *table = window.findChild<QTableView *>(u"requestsTableView"_s);
    table->scrollToTop();
    table->selectRow(0);
    auto *tabs = window.findChild<QTabBar *>(u"detailTabBar"_s);
    const int before = tabs->currentIndex();
    tabs->setCurrentIndex(2);
    settle();
    shoot(window, out.filePath(u"requests-request"_s + suffix));
    tabs->setCurrentIndex(3);
    settle();
    shoot(window, out.filePath(u"requests-answer"_s + suffix));
    status->showBodies(false);
    table->scrollToBottom();
    settle();
    table->selectRow(table->model()->rowCount() - 1);
    settle();
    shoot(window, out.filePath(u"requests-no-bodies"_s + suffix));
    tabs->setCurrentIndex(before);
}

/// A sample with its rows, and a statement with an error.
void shootQueries(ui::MainWindow &window, const QDir &out, const QString &suffix)
{
    window.openPage(u"query"_s);
    shoot(window, out.filePath(u"query-empty"_s + suffix));
    auto *saved = window.findChild<QTableView *>(u"savedQueriesTableView"_s);
    test::clickCell(saved, 4, 0);
    auto *edit = window.findChild<QPlainTextEdit *>(u"sqlPlainTextEdit"_s);
    // Not by Ctrl+Return: the key would count as held when the next window selects a row.
    auto *run = window.findChild<QAbstractButton *>(u"runPushButton"_s);
    run->click();
    settle();
    shoot(window, out.filePath(u"query"_s + suffix));
    edit->setPlainText(u"SELECT modle, count(*) -- a name that is not there\nFROM requests\n"
                       "WHERE user = 'it''s me' AND status >= 400\nGROUP BY 1"_s);
    run->click();
    settle();
    shoot(window, out.filePath(u"query-error"_s + suffix));
}

/// A draft with changes of every kind on the Policies page, one of them on the Review page.
void shootEditing(
    ui::MainWindow &window, session::ConfigDraft &draft, const QDir &out, const QString &suffix)
{
    const auto replace = [&draft](const char *before, const char *after) {
        const auto edited =
            draft.edit(u"edit"_s, [before, after](QByteArray text) -> Result<QByteArray> {
                return text.replace(before, after);
            });
        if (!edited)
            qFatal("cannot edit the sample");
    };
    replace("capacity: 60\n", "capacity: 90\n");
    window.openPage(u"review"_s);
    shoot(window, out.filePath(u"review"_s + suffix));
    replace("cents: 50000\n", "cents: 40000\n");
    replace("tokens: 3000000, period: 1h", "tokens: 3000000, period: 3h");
    replace(
        "support: {cents: 200}}", "support: {cents: 300}}\n        match: {models: [\"gpt-4*\"]}");
    replace("400;w=60;s=user", "500;w=60;s=user");
    replace("{capacity: 30, refill-frequency: 1m, mode: shadow}",
        "{capacity: 30, refill-frequency: 1m}\n      per-end-user: {capacity: 25, "
        "refill-frequency: 1h}");
    window.openPage(u"policies"_s, u"limit:routers/prod/per-api-key"_s);
    shoot(window, out.filePath(u"policies"_s + suffix));
    window.openPage(u"policies"_s, u"limit:team-month"_s);
    shoot(window, out.filePath(u"policies-money"_s + suffix));
    window.openPage(u"policies"_s, u"limit:global/policies/w=60;s=user"_s);
    shoot(window, out.filePath(u"policies-policy"_s + suffix));
    window.openPage(u"review"_s);
    shoot(window, out.filePath(u"review-many"_s + suffix));
    window.openPage(u"start"_s);
    shoot(window, out.filePath(u"start"_s + suffix));
}

} // namespace

int main(int argc, char **argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application(argc, argv);
    ui::initUi();
    const QDir out(argc > 1 ? QString::fromLocal8Bit(argv[1]) : u"."_s);
    out.mkpath(u"."_s);
    for (const ui::ThemeMode theme : {ui::ThemeMode::Light, ui::ThemeMode::Dark}) {
        ui::Theme::apply(theme);
        const QString suffix = theme == ui::ThemeMode::Light ? u"-light.png"_s : u"-dark.png"_s;
        QTemporaryDir folder;
        QFile file(folder.filePath(u"ai-gateway-config.yaml"_s));
        if (!file.open(QIODevice::WriteOnly) || file.write(configuration()) < 0)
            qFatal("cannot write the sample");
        file.close();
        LiveFixture live(configuration());
        SystemClock clock;
        session::GatewaySession gateway(clock);
        session::ConfigDraft draft(gateway);
        if (!draft.open(file.fileName()) || !gateway.start(draft.configuration(), u"sample"_s))
            qFatal("cannot start");
        play(live);
        session::LimitOperations operations(live.limiter);
        operate(live, operations);
        QSettings settings(folder.filePath(u"ui.ini"_s), QSettings::IniFormat);
        test::writeLedger(folder.path(), test::earlierDays(live, 8));
        test::writeLedger(folder.path(), live);
        session::LedgerQueries ledger;
        ledger.setFolder(folder.path());
        ui::MainWindow window(
            {gateway, draft, live.usage, live.feed, &operations, &ledger}, settings);
        window.addPage(
            u"Watch"_s, u"start"_s, u"Start"_s, ui::Icon::Overview, [&](QWidget *parent) {
                return new ui::FirstRunPage(gateway, draft, live.feed, parent);
            });
        window.addLivePages();
        window.addDecidePages();
        window.addTryPages();
        window.restore();
        window.resize(1280, 800);
        window.show();
        window.openPage(u"usage"_s);
        settle();
        selectNamed(window.findChild<QTableView *>(u"usageTableView"_s), u"ci"_s);
        shoot(window, out.filePath(u"usage"_s + suffix));
        shootHistory(window, out, suffix);
        const std::pair<QString, QString> drawings[] = {{u"ci"_s, u"key-tokens"_s},
            {u"helpdesk-bot"_s, u"team-month"_s}, {u"triage-agent"_s, u"in-flight"_s},
            {u"docs-site"_s, u"per key"_s}, {u"local-dev"_s, u"400;"_s}};
        for (const auto &drawing : drawings)
            shootLimit(window, drawing.first, drawing.second,
                out.filePath(u"usage-"_s + drawing.first + suffix));
        window.openPage(u"usage"_s, u"team:core"_s);
        shoot(window, out.filePath(u"usage-teams"_s + suffix));
        window.openPage(u"usage"_s, u"member:core/alice"_s);
        shoot(window, out.filePath(u"usage-members"_s + suffix));
        window.openPage(u"usage"_s, u"model:anthropic/next-preview"_s);
        shoot(window, out.filePath(u"usage-models"_s + suffix));
        shootPrice(window, out.filePath(u"usage-price"_s + suffix));
        window.openPage(u"requests"_s);
        settle();
        selectRefused(window.findChild<QTableView *>(u"requestsTableView"_s));
        for (int i = 0; i < 21; ++i)
            live.send(sources()[2].client, 44ms);
        live.report();
        shoot(window, out.filePath(u"requests"_s + suffix));
        shootSummary(window, out.filePath(u"requests-summary"_s + suffix));
        shootOlder(window, out.filePath(u"requests-older"_s + suffix));
        shootBodies(window, live, folder.path(), out, suffix);
        shootQueries(window, out, suffix);
        shootEditing(window, draft, out, suffix);
        gateway.stop(0ms);
    }
    return 0;
}
