// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/querypage.h"

#include "core/session/liveusage.h"
#include "ui/models/historywords.h"
#include "ui/models/ledgercolumns.h"
#include "ui/models/sqlerror.h"
#include "ui/pages/querylist.h"
#include "ui/pages/queryresults.h"
#include "ui/widgets/format.h"
#include "ui/widgets/mainbutton.h"
#include "ui/widgets/marklabel.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/sqledit.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QSettings>
#include <QSplitter>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace sluice::ui {

using session::LedgerQueries;
using session::SqlAnswer;
using std::chrono::milliseconds;

namespace {

constexpr int TimeInterval = 100; ///< between two looks at the time that a statement takes
constexpr int EditorHeight = 190;

const QString TextKey = u"query/text"_s;
const QString RowsKey = u"query/max-rows"_s;
const QString TimeKey = u"query/max-seconds"_s;

bool isRunKey(const QKeyEvent &event)
{
    return (event.key() == Qt::Key_Return || event.key() == Qt::Key_Enter)
        && event.modifiers().testFlag(Qt::ControlModifier);
}

QString secondsText(qint64 elapsed)
{
    if (elapsed < 1000)
        return QueryPage::tr("%1 ms").arg(elapsed);
    return QueryPage::tr("%1 s").arg(QLocale().toString(double(elapsed) / 1000, 'f', 1));
}

QString firstSample(const SavedQueries &saved)
{
    for (int row = 0; row < saved.rowCount(); ++row) {
        if (saved.at(row).isSample)
            return saved.at(row).sql;
    }
    return {};
}

QComboBox *createChoice(
    const QString &name, const QList<std::pair<QString, int>> &choices, int chosen, QWidget *parent)
{
    auto *box = new QComboBox(parent);
    box->setAccessibleName(name);
    box->setToolTip(name);
    for (const auto &choice : choices)
        box->addItem(choice.first, choice.second);
    box->setCurrentIndex(std::max(0, box->findData(chosen)));
    return box;
}

} // namespace

QueryPage::QueryPage(
    LedgerQueries &ledger, session::LiveUsage &usage, QSettings &settings, QWidget *parent)
    : Page(parent), m_ledger(ledger), m_usage(usage), m_settings(settings), m_saved(settings)
{
    setObjectName(u"QueryPage"_s);
    setupUi();
    setupConnections();
    const QString last = m_settings.value(TextKey).toString();
    m_edit->setPlainText(last.isEmpty() ? firstSample(m_saved) : last);
    m_results->showText(tr("Nothing asked yet"),
        tr("Every request of the ledger is a row of the view requests. Choose a saved query or "
           "write one, then run it: it can read and nothing else, and does not slow the gateway "
           "down."));
    showRunning(false);
}

QueryPage::~QueryPage()
{
    keepText();
}

// --- building ------------------------------------------------------------------------------------

void QueryPage::setupUi()
{
    auto *head = createHead();
    m_list = new QueryList(m_saved, this);
    auto *upper = createEditor();
    m_results = new QueryResults(this);
    auto *splitter = new QSplitter(Qt::Vertical, this);
    splitter->setObjectName(u"querySplitter"_s);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(upper);
    splitter->addWidget(m_results);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({EditorHeight, 3 * EditorHeight});
    auto *body = new QHBoxLayout;
    body->setContentsMargins(0, 0, 0, 0);
    body->setSpacing(0);
    body->addWidget(m_list);
    body->addWidget(Theme::createRule(Qt::Vertical, this));
    body->addWidget(splitter, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(head);
    layout->addWidget(Theme::createRule(Qt::Horizontal, this));
    layout->addLayout(body, 1);
}

QWidget *QueryPage::createHead()
{
    auto *head = new QWidget(this);
    head->setFixedHeight(metrics::PageHead);
    auto *title = new QLabel(tr("Query"), head);
    Theme::setRole(title, FontRole::Head);
    m_note = new QLabel(head);
    m_note->setObjectName(u"queryNoteLabel"_s);
    Theme::setRole(m_note, FontRole::Text, true);
    auto *layout = new QHBoxLayout(head);
    layout->setContentsMargins(metrics::PageMargin, 0, metrics::PageMargin, 0);
    layout->setSpacing(12);
    layout->addWidget(title);
    layout->addWidget(m_note);
    layout->addStretch();
    return head;
}

QWidget *QueryPage::createEditor()
{
    auto *upper = new QWidget(this);
    m_edit = new SqlEdit(tr("Query"), ledgerNames(), upper);
    m_edit->setObjectName(u"sqlPlainTextEdit"_s);
    m_edit->setMinimumHeight(4 * m_edit->fontMetrics().lineSpacing());
    m_errorRow = new QWidget(upper);
    auto *mark = new MarkLabel(m_errorRow);
    mark->setMark({ChipValue::Kind::Tinted, State::Refused, Sign::Cross, tr("error")});
    m_error = new QLabel(m_errorRow);
    m_error->setObjectName(u"queryErrorLabel"_s);
    m_error->setTextFormat(Qt::PlainText);
    m_error->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_error->setWordWrap(true);
    auto *words = new QHBoxLayout(m_errorRow);
    words->setContentsMargins(metrics::PageMargin, metrics::Grid, metrics::PageMargin, 0);
    words->setSpacing(metrics::CellPadding);
    words->addWidget(mark, 0, Qt::AlignTop);
    words->addWidget(m_error, 1);
    auto *layout = new QVBoxLayout(upper);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_edit, 1);
    layout->addWidget(Theme::createRule(Qt::Horizontal, upper));
    layout->addWidget(m_errorRow);
    layout->addWidget(createRunRow());
    layout->addWidget(Theme::createRule(Qt::Horizontal, upper));
    m_errorRow->hide();
    return upper;
}

QWidget *QueryPage::createRunRow()
{
    auto *row = new QWidget(this);
    m_run = new MainButton(tr("Run"), row);
    m_run->setObjectName(u"runPushButton"_s);
    m_run->setShownShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    m_cancel = new QPushButton(tr("Cancel (Esc)"), row);
    m_cancel->setObjectName(u"cancelPushButton"_s);
    setUpPushButton(m_cancel);
    m_maxRows = createChoice(tr("The most rows that a query brings"),
        {{tr("1 000 rows"), 1'000}, {tr("10 000 rows"), 10'000}, {tr("100 000 rows"), 100'000}},
        m_settings.value(RowsKey, 10'000).toInt(), row);
    m_maxRows->setObjectName(u"maxRowsComboBox"_s);
    m_maxTime = createChoice(tr("The longest that a query may take"),
        {{tr("5 seconds"), 5}, {tr("30 seconds"), 30}, {tr("5 minutes"), 300}},
        m_settings.value(TimeKey, 30).toInt(), row);
    m_maxTime->setObjectName(u"maxTimeComboBox"_s);
    m_status = new QLabel(row);
    m_status->setObjectName(u"queryStatusLabel"_s);
    Theme::setRole(m_status, FontRole::Text, true);
    auto *most = new QLabel(tr("at most"), row);
    Theme::setRole(most, FontRole::Text, true);
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(
        metrics::PageMargin, metrics::CellPadding, metrics::PageMargin, metrics::CellPadding);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(m_run);
    layout->addWidget(m_cancel);
    layout->addSpacing(metrics::CellPadding);
    layout->addWidget(most);
    layout->addWidget(m_maxRows);
    layout->addWidget(m_maxTime);
    layout->addStretch();
    layout->addWidget(m_status);
    return row;
}

void QueryPage::setupConnections()
{
    m_time.setInterval(TimeInterval);
    connect(&m_time, &QTimer::timeout, this, &QueryPage::updateTime);
    connect(m_run, &QPushButton::clicked, this, &QueryPage::run);
    connect(m_cancel, &QPushButton::clicked, this, &QueryPage::cancel);
    connect(m_list, &QueryList::chosen, this, [this](const QString &sql) {
        m_edit->replaceText(sql);
        m_edit->setFocus();
    });
    connect(m_list, &QueryList::columnChosen, this, [this](const QString &name) {
        m_edit->insertPlainText(name);
        m_edit->setFocus();
    });
    connect(m_list, &QueryList::saveRequested, this,
        [this](const QString &name) { m_saved.save(name, m_edit->toPlainText()); });
    connect(m_list, &QueryList::removed, this, [this](const QString &name, const QString &sql) {
        Q_EMIT done(tr("Removed the query %1").arg(name), [this, name, sql] {
            m_saved.save(name, sql);
            return true;
        });
    });
    connect(m_maxRows, &QComboBox::activated, this,
        [this] { m_settings.setValue(RowsKey, m_maxRows->currentData()); });
    connect(m_maxTime, &QComboBox::activated, this,
        [this] { m_settings.setValue(TimeKey, m_maxTime->currentData()); });
    connect(m_results, &QueryResults::failed, this, &QueryPage::failed);
    connect(m_results, &QueryResults::exported, m_status, &QLabel::setText);
}

// --- running -------------------------------------------------------------------------------------

void QueryPage::run()
{
    const QString sql = m_edit->toPlainText();
    if (sql.trimmed().isEmpty())
        return;
    keepText();
    m_edit->markError(0, 0);
    m_errorRow->hide();
    m_sinceRun.start();
    m_results->setStale(true);
    m_ledger.askSql({.sql = sql,
                        .maxRows = m_maxRows->currentData().toLongLong(),
                        .maxTime = std::chrono::seconds(m_maxTime->currentData().toInt())},
        this, [this](const Result<SqlAnswer> &answer) { take(answer); });
    showRunning(true);
}

void QueryPage::cancel()
{
    m_ledger.cancel(LedgerQueries::Purpose::Sql);
}

void QueryPage::take(const Result<SqlAnswer> &answer)
{
    showRunning(false);
    m_results->setStale(false);
    if (!answer) {
        showError(answer.error());
        return;
    }
    m_results->showAnswer(*answer);
    m_status->setText(tr("took %1").arg(secondsText(answer->elapsed.count())));
}

// What is wrong with the statement stands under it; what is wrong with the ledger stands where its
// rows would be.
void QueryPage::showError(const Error &error)
{
    m_status->clear();
    switch (error.code) {
    case ErrorCode::Cancelled:
        m_status->setText(tr("cancelled after %1").arg(secondsText(m_sinceRun.elapsed())));
        return;
    case ErrorCode::NotFound:
    case ErrorCode::Unsupported:
    case ErrorCode::Io: {
        const historywords::Problem problem = historywords::problem(error, isRecording());
        m_results->showText(problem.title, problem.text);
        return;
    }
    default:
        break;
    }
    m_error->setText(error.message);
    m_errorRow->show();
    if (const auto place = sqlErrorPlace(m_edit->toPlainText(), error.message))
        m_edit->markError(place->start, place->length);
}

void QueryPage::showRunning(bool running)
{
    const bool hadFocus = m_cancel->hasFocus();
    m_cancel->setVisible(running);
    m_run->setEnabled(!running);
    if (hadFocus && !running)
        m_edit->setFocus();
    if (running)
        m_time.start();
    else
        m_time.stop();
    if (running)
        updateTime();
}

void QueryPage::updateTime()
{
    const qint64 rows = m_ledger.rowsSoFar(LedgerQueries::Purpose::Sql);
    QString text = tr("running, %1").arg(secondsText(m_sinceRun.elapsed()));
    if (rows > 0)
        text += u", "_s + tr("%1 rows so far").arg(format::count(rows));
    m_status->setText(text);
}

bool QueryPage::isRecording() const
{
    const auto configuration = m_usage.configuration();
    return !configuration || configuration->recording.enabled;
}

// --- keys ----------------------------------------------------------------------------------------

// The window's own Ctrl+Return reviews the draft; on this page it runs.
bool QueryPage::event(QEvent *event)
{
    if (event->type() == QEvent::ShortcutOverride && isRunKey(*static_cast<QKeyEvent *>(event))) {
        event->accept();
        return true;
    }
    return Page::event(event);
}

void QueryPage::keyPressEvent(QKeyEvent *event)
{
    if (isRunKey(*event))
        run();
    else if (event->key() == Qt::Key_Escape && m_ledger.isRunning(LedgerQueries::Purpose::Sql))
        cancel();
    else
        Page::keyPressEvent(event);
}

// The keys are handled here and there, so they are only shown.
void QueryPage::addCommands(QMenu *menu)
{
    menu->addAction(tr("&Run\tCtrl+Return"), this, &QueryPage::run)->setEnabled(m_run->isEnabled());
    menu->addAction(tr("&Cancel\tEsc"), this, &QueryPage::cancel)
        ->setEnabled(m_ledger.isRunning(LedgerQueries::Purpose::Sql));
    menu->addSeparator();
    m_list->addCommands(menu);
    menu->addSeparator();
    m_results->addCommands(menu);
}

// --- coming and going ----------------------------------------------------------------------------

void QueryPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    m_note->setText(isRecording()
            ? tr("read-only SQL over the ledger of requests")
            : tr("read-only SQL over the ledger of requests, which are not recorded at present"));
    m_edit->setFocus();
}

void QueryPage::hideEvent(QHideEvent *event)
{
    Page::hideEvent(event);
    keepText();
}

void QueryPage::keepText()
{
    m_settings.setValue(TextKey, m_edit->toPlainText());
}

void QueryPage::showTarget(const QString &target)
{
    m_edit->replaceText(target);
}

void QueryPage::focusFilter()
{
    m_edit->setFocus(Qt::ShortcutFocusReason);
}

} // namespace sluice::ui
