// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/galleryboards.h"
#include "ui/widgets/bucketwidget.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/codesnippet.h"
#include "ui/widgets/diffview.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/gaugebar.h"
#include "ui/widgets/headerview.h"
#include "ui/widgets/messagebar.h"
#include "ui/widgets/navigationlist.h"
#include "ui/widgets/quotagaugedelegate.h"
#include "ui/widgets/schedulepreview.h"
#include "ui/widgets/sparkline.h"
#include "ui/widgets/statusbutton.h"
#include "ui/widgets/steplist.h"
#include "ui/widgets/tabbar.h"
#include "ui/widgets/textdelegate.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QStandardItemModel>
#include <QTableView>

#include <array>
#include <cmath>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

void fillRow(QStandardItemModel *model, int row)
{
    static const std::array<QString, 4> names{u"ci"_s, u"app"_s, u"eval-runner"_s, u"legacy"_s};
    const auto at = std::size_t(row % 4);
    const auto set = [&](int column, int role, const QVariant &value) {
        model->setData(model->index(row, column), value, role);
    };
    set(0, Qt::DisplayRole, names.at(at));
    set(0, SecondTextRole, u"sk-...a1b2"_s);
    set(0, ChangedRole, row == 2);
    set(1, Qt::DisplayRole, row % 4 == 1 ? u"1000;w=3600"_s : u"prod, per key"_s);
    set(1, MonoRole, row % 4 == 1);
    const std::array<qint64, 4> used{60, 54, 12, 0};
    GaugeValue gauge = format::gauge(Unit::Request, used.at(at) * MicroPerUnit, 60 * MicroPerUnit);
    if (row % 4 == 3) {
        gauge = {};
        gauge.noLimitText = u"unlimited: router batch opts out"_s;
    }
    set(2, GaugeRole, QVariant::fromValue(gauge));
    set(3, Qt::DisplayRole, row % 4 == 0 ? u"1\u202f284"_s : u"0"_s);
    set(3, Qt::TextAlignmentRole, int(Qt::AlignRight | Qt::AlignVCenter));
    if (row % 4 == 0) {
        set(3, SignRole, int(Sign::Square));
        set(3, StateRole, int(State::Refused));
    }
    SparklineValue spark;
    for (int i = 0; i < 60; ++i) {
        spark.admitted << 4 + 3 * std::sin((i + row * 9) / 7.0);
        spark.refused << (row == 0 && i > 48 ? 2 : 0);
    }
    set(4, SparklineRole, QVariant::fromValue(spark));
    const std::array<ChipValue, 4> chips{
        ChipValue{ChipValue::Kind::Tinted, State::Refused, Sign::Square, u"429 refused"_s},
        ChipValue{ChipValue::Kind::Plain, State::Idle, Sign::None, u"200"_s},
        ChipValue{ChipValue::Kind::Outlined, State::Shadow, Sign::Diamond, u"200 would refuse"_s},
        ChipValue{ChipValue::Kind::Grey, State::Idle, Sign::Cross, u"502 upstream"_s},
    };
    set(5, ChipRole, QVariant::fromValue(chips.at(at)));
    set(6, Qt::DisplayRole, u"12 calls"_s);
    set(6, OldTextRole, row == 0 ? QVariant(u"8"_s) : QVariant());
    set(6, ErrorRole, row == 1);
    set(6, Qt::TextAlignmentRole, int(Qt::AlignRight | Qt::AlignVCenter));
    set(7, Qt::DisplayRole, u"line %1"_s.arg(12 + row));
    set(7, ToneRole, int(Tone::Link));
}

QTableView *createTable(QWidget *parent)
{
    auto *table = new QTableView(parent);
    setUpTable(table, u"Keys"_s);
    auto *model = new QStandardItemModel(12, 8, table);
    model->setHorizontalHeaderLabels({u"Key"_s, u"Tightest limit"_s, u"Used / limit"_s,
        u"Refused 24 h"_s, u"Last 60 min"_s, u"Decision"_s, u"Amount"_s, u"Set in"_s});
    for (int row = 0; row < 12; ++row)
        fillRow(model, row);
    model->setHeaderData(
        3, Qt::Horizontal, int(Qt::AlignRight | Qt::AlignVCenter), Qt::TextAlignmentRole);
    table->setModel(model);
    table->setItemDelegate(new TextDelegate(table));
    table->setItemDelegateForColumn(2, new QuotaGaugeDelegate(table));
    table->setItemDelegateForColumn(4, new SparklineDelegate(table));
    table->setItemDelegateForColumn(5, new StateDelegate(table));
    table->horizontalHeader()->setSortIndicatorShown(true);
    table->horizontalHeader()->setSortIndicator(2, Qt::DescendingOrder);
    table->resizeColumnsToContents();
    table->setColumnWidth(2, 264);
    table->selectRow(0);
    return table;
}

NavigationList *createNavigation(QWidget *parent)
{
    auto *list = new NavigationList(parent);
    list->addGroup(u"Watch"_s);
    list->addPage(u"overview"_s, Icon::Overview, u"Overview"_s);
    list->addPage(u"requests"_s, Icon::Requests, u"Requests"_s);
    list->addPage(u"usage"_s, Icon::Usage, u"Usage"_s);
    list->addPage(u"alerts"_s, Icon::Alerts, u"Alerts"_s);
    list->addGroup(u"Decide"_s);
    list->addPage(u"policies"_s, Icon::Policies, u"Policies"_s);
    list->addPage(u"routers"_s, Icon::Routers, u"Routers"_s);
    list->addPage(u"keys"_s, Icon::Keys, u"Providers & keys"_s);
    list->addPage(u"config"_s, Icon::Config, u"Config file"_s);
    list->addGroup(u"Try"_s);
    list->addPage(u"lab"_s, Icon::Lab, u"Policy lab"_s);
    list->setBadge(u"alerts"_s, 1);
    list->setDot(u"policies"_s, true);
    list->setCurrentPage(u"usage"_s);
    list->setFixedWidth(list->sizeHint().width());
    return list;
}

BucketWidget *createBucket(QWidget *parent)
{
    auto *widget = new BucketWidget(parent);
    BucketValue value;
    value.capacity = 60;
    value.left = 0;
    value.refillPerSecond = 1;
    value.refillText = u"+1 per s"_s;
    value.nextIn = 0.6;
    for (int i = 0; i <= 300; ++i) {
        const double at = -60 + i * 0.2;
        const double level = at < -45 ? 52 : std::max(0.0, 52 - (at + 45) * 3.2);
        value.level.append({at, level + (i % 3) * 0.7});
        if (i % 4 == 0)
            value.arrivals.append({at, at < -25 || i % 24 != 0});
    }
    widget->setBucket(value);
    return widget;
}

DiffView *createDiff(QWidget *parent)
{
    auto *view = new DiffView(parent);
    QList<DiffLine> lines{
        {DiffSide::Same, 28, u"  per-api-key:"_s, {}},
        {DiffSide::Same, 29, u"    # raised from 40 for the launch"_s, {}},
        {DiffSide::Removed, 30, u"    capacity: 60"_s, {}},
        {DiffSide::Added, 30, u"    capacity: 90"_s, {}},
        {DiffSide::Same, 31, u"    refill-frequency: 1m"_s, {}},
        {DiffSide::Same, 32, u"  per-end-user: {capacity: 20, mode: shadow}"_s, {}},
    };
    markChangedWords(lines);
    view->setLines(lines);
    view->setFitsContent(true);
    return view;
}

StepList *createSteps(QWidget *parent)
{
    auto *steps = new StepList(parent);
    steps->addStep(u"Gateway"_s, u"runs on 127.0.0.1:8080, this machine only"_s);
    steps->addStep(u"First limit"_s, u"none yet, everything is let through"_s, u"Add one"_s);
    steps->addStep(u"First request"_s, u"waiting, it appears here at once"_s);
    steps->setStep(0, StepList::Status::Done, u"runs on 127.0.0.1:8080, this machine only"_s);
    steps->setStep(2, StepList::Status::Waiting, u"waiting, it appears here at once"_s);
    return steps;
}

QLayout *createHead(QWidget *parent)
{
    auto *head = new QHBoxLayout;
    auto *tabs = new TabBar(parent);
    for (const QString &name : {u"Keys"_s, u"Users"_s, u"Teams"_s, u"Properties"_s})
        tabs->addTab(name);
    auto *show = new FlatButton(u"Show: tightest limit"_s, parent);
    show->setMenu(new QMenu(show));
    auto *follow = new FlatButton(Icon::Follow, u"214 new, follow"_s, parent);
    follow->setProminent(true);
    head->addWidget(tabs);
    head->addStretch();
    head->addWidget(show);
    head->addWidget(follow);
    head->addWidget(new FlatButton(Icon::Freeze, u"Freeze view"_s, parent));
    head->addWidget(FlatButton::iconOnly(Icon::Columns, u"Columns"_s, parent));
    return head;
}

QLayout *createStatus(QWidget *parent)
{
    auto *row = new QHBoxLayout;
    auto *running = new StatusButton(parent);
    running->setStatus(Sign::Disc, State::Normal, u"Running on 127.0.0.1:8080"_s);
    auto *rate = new StatusButton(parent);
    rate->setStatus(Sign::None, State::Idle, u"4.6 req/s, 0.3 refused"_s, false);
    auto *alerts = new StatusButton(parent);
    alerts->setStatus(Sign::Square, State::Refused, u"1 alert"_s);
    row->addWidget(running);
    row->addWidget(rate);
    row->addStretch();
    row->addWidget(alerts);
    return row;
}

QLayout *createDetail(QWidget *parent)
{
    auto *columns = new QHBoxLayout;
    columns->setSpacing(24);
    auto *left = new QVBoxLayout;
    auto *schedule = new SchedulePreview(parent);
    schedule->setRunning({60, u"60"_s, 1.0});
    schedule->setDraft({90, u"90"_s, 0.67});
    left->addWidget(schedule);
    left->addWidget(createSteps(parent));
    left->addStretch();
    columns->addLayout(left, 1);
    columns->addWidget(createBucket(parent), 1);
    auto *right = new QVBoxLayout;
    right->addWidget(createDiff(parent));
    auto *snippet = new CodeSnippet(
        u"Any OpenAI client"_s, u"set two variables"_s, CodeSnippet::Language::Snippet, parent);
    snippet->setCode(u"export OPENAI_BASE_URL=http://127.0.0.1:8080/v1\n"
                     "export OPENAI_API_KEY=local  # any text"_s);
    right->addWidget(snippet);
    right->addStretch();
    columns->addLayout(right, 2);
    return columns;
}

} // namespace

QWidget *createWidgetsBoard()
{
    auto *board = new QWidget;
    board->setFixedSize(1280, 800);
    board->setBackgroundRole(QPalette::Base);
    board->setAutoFillBackground(true);
    auto *row = new QHBoxLayout(board);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(createNavigation(board));
    row->addWidget(Theme::createRule(Qt::Vertical, board));
    auto *page = new QVBoxLayout;
    page->setContentsMargins(16, 4, 16, 4);
    page->addLayout(createHead(board));
    auto *message = new MessageBar(board);
    page->addWidget(message);
    message->showMessage(State::Near, u"127.0.0.1:8080 is in use by another program."_s);
    message->addAction(u"Use 8081"_s);
    message->addAction(u"Retry"_s);
    auto *table = createTable(board);
    page->addWidget(table, 1);
    page->addWidget(Theme::createRule(Qt::Horizontal, board));
    page->addLayout(createDetail(board));
    page->addLayout(createStatus(board));
    row->addLayout(page, 1);
    table->setFocus();
    return board;
}

} // namespace sluice::ui
