// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/policiespage.h"

#include "ui/dialogs/linedialog.h"
#include "ui/models/limitcommands.h"
#include "ui/models/limitfields.h"
#include "ui/models/policytreemodel.h"
#include "ui/pages/addlimitmenu.h"
#include "ui/pages/draftbar.h"
#include "ui/pages/policyform.h"
#include "ui/pages/policytree.h"
#include "ui/pages/problemspanel.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/messagebar.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QShortcut>
#include <QSplitter>

namespace sluice::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int FormWidth = 305;

} // namespace

PoliciesPage::PoliciesPage(session::ConfigDraft &draft, session::LiveUsage &usage, QWidget *parent)
    : Page(parent), m_draft(draft), m_usage(usage), m_model(new PolicyTreeModel(draft, usage, this))
{
    setObjectName(u"PoliciesPage"_s);
    setupUi();
    setupConnections();
    setupShortcuts();
    updateHead();
    m_tree->showLimit(m_model->index(0, 0, m_model->index(0, 0)), false);
    updateForm();
}

// An open editor commits when it loses the focus by going away: nobody here must listen then.
PoliciesPage::~PoliciesPage()
{
    m_draft.disconnect(this);
    m_tree->disconnect(this);
    delete m_tree;
}

// --- building ------------------------------------------------------------------------------------

void PoliciesPage::setupUi()
{
    m_tree = new PolicyTree(m_model, this);
    m_deleted = new MessageBar(this);
    m_deleted->setObjectName(u"deletedMessageBar"_s);
    m_deleted->setClosable(true);
    m_problems = new ProblemsPanel(m_draft, this);
    m_bar = new DraftBar(m_draft, this);
    m_form = new PolicyForm(m_draft, this);

    auto *left = new QWidget(this);
    auto *leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins(0, 0, 0, 0);
    leftLayout->setSpacing(0);
    leftLayout->addLayout(createHead());
    leftLayout->addWidget(m_tree, 1);
    leftLayout->addWidget(m_deleted);
    leftLayout->addWidget(m_problems);
    leftLayout->addWidget(m_bar);

    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(m_form);
    auto *right = new QWidget(this);
    auto *rightLayout = new QHBoxLayout(right);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->setSpacing(0);
    rightLayout->addWidget(Theme::createRule(Qt::Vertical, right));
    rightLayout->addWidget(scroll, 1);
    right->setMinimumWidth(FormWidth);
    auto *splitter = new QSplitter(Qt::Horizontal, this);
    splitter->setObjectName(u"policiesSplitter"_s);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(left);
    splitter->addWidget(right);
    splitter->setStretchFactor(0, 1);
    splitter->setSizes({1000, FormWidth});
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
}

QHBoxLayout *PoliciesPage::createHead()
{
    auto *title = new QLabel(tr("Policies"), this);
    Theme::setRole(title, FontRole::Head);
    m_file = new QLabel(this);
    m_file->setObjectName(u"fileNameLabel"_s);
    Theme::setRole(m_file, FontRole::Text, true);
    m_menu = new AddLimitMenu(m_draft, m_usage, this);
    m_add = new FlatButton(Icon::Plus, tr("Add limit"), this);
    m_add->setObjectName(u"addLimitToolButton"_s);
    m_add->setPopupMode(QToolButton::InstantPopup);
    m_add->setMenu(m_menu);
    m_delete = FlatButton::iconOnly(Icon::Trash, tr("Delete limit"), this);
    m_delete->setObjectName(u"deleteToolButton"_s);
    m_undo = FlatButton::iconOnly(Icon::Undo, tr("Undo"), this);
    m_undo->setObjectName(u"undoToolButton"_s);
    m_redo = new FlatButton(tr("Redo"), this);
    m_redo->setObjectName(u"redoToolButton"_s);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(
        metrics::PageMargin, metrics::CellPadding, metrics::CellPadding, metrics::CellPadding);
    head->setSpacing(metrics::CellPadding);
    head->addWidget(title);
    head->addWidget(m_file);
    head->addStretch();
    head->addWidget(m_add);
    head->addWidget(m_delete);
    head->addWidget(m_undo);
    head->addWidget(m_redo);
    return head;
}

void PoliciesPage::setupConnections()
{
    connect(&m_ticker, &LiveTicker::paintDue, m_model, &PolicyTreeModel::tick);
    connect(&m_ticker, &LiveTicker::slowedChanged, this, &PoliciesPage::slowedChanged);
    connect(m_model, &PolicyTreeModel::editRefused, this, &PoliciesPage::failed);
    // After the model has taken the draft over.
    connect(&m_draft, &session::ConfigDraft::changed, this, [this] {
        updateHead();
        updateForm();
    });
    connect(m_tree, &PolicyTree::currentLimitChanged, this, &PoliciesPage::updateForm);
    connect(m_tree, &PolicyTree::lineRequested, this, &PoliciesPage::showLine);
    connect(m_tree, &PolicyTree::deleteRequested, this, &PoliciesPage::deleteLimit);
    connect(m_form, &PolicyForm::lineRequested, this, &PoliciesPage::showLine);
    connect(m_form, &PolicyForm::failed, this, &PoliciesPage::failed);
    connect(m_form, &PolicyForm::renamed, this,
        [this](const QByteArray &name) { m_tree->showLimit(m_model->indexOf(name), false); });
    connect(m_problems, &ProblemsPanel::lineRequested, this, &PoliciesPage::showProblem);
    connect(m_problems, &ProblemsPanel::failed, this, &PoliciesPage::failed);
    connect(
        m_bar, &DraftBar::reviewRequested, this, [this] { Q_EMIT pageRequested(u"review"_s, {}); });
    connect(m_menu, &AddLimitMenu::limitChosen, this, &PoliciesPage::addLimit);
    connect(m_delete, &QToolButton::clicked, this, &PoliciesPage::deleteLimit);
    connect(m_undo, &QToolButton::clicked, this, [this] { m_draft.undo(); });
    connect(m_redo, &QToolButton::clicked, this, [this] { m_draft.redo(); });
    connect(m_deleted, &MessageBar::closed, m_deleted, &QWidget::hide);
}

void PoliciesPage::setupShortcuts()
{
    const auto add = [this](const QKeySequence &keys, int step) {
        auto *shortcut = new QShortcut(keys, this);
        shortcut->setContext(Qt::WidgetWithChildrenShortcut);
        connect(shortcut, &QShortcut::activated, this, [this, step] { m_problems->step(step); });
    };
    add(QKeySequence(Qt::Key_F8), 1);
    add(QKeySequence(Qt::SHIFT | Qt::Key_F8), -1);
}

// --- staying current -----------------------------------------------------------------------------

void PoliciesPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    updateRunning();
}

void PoliciesPage::hideEvent(QHideEvent *event)
{
    Page::hideEvent(event);
    updateRunning();
}

void PoliciesPage::applyFrozen()
{
    updateRunning();
}

void PoliciesPage::updateRunning()
{
    m_ticker.setRunning(isVisible() && !isFrozen());
}

void PoliciesPage::setStale(bool stale)
{
    m_model->setStale(stale);
}

void PoliciesPage::updateHead()
{
    m_file->setText(QFileInfo(m_draft.path()).fileName());
    m_file->setToolTip(m_draft.path());
    const QString undo = m_draft.undoLabel();
    const QString redo = m_draft.redoLabel();
    const auto name = [](FlatButton *button, const QString &text) {
        button->setAccessibleName(text);
        button->setToolTip(text);
    };
    m_undo->setEnabled(!undo.isEmpty());
    name(m_undo, undo.isEmpty() ? tr("Undo") : tr("Undo %1").arg(undo));
    m_redo->setVisible(!redo.isEmpty());
    name(m_redo, redo.isEmpty() ? tr("Redo") : tr("Redo %1").arg(redo));
    m_add->setEnabled(!m_model->isReadOnly());
    if (undo != m_deleteLabel)
        m_deleted->hide();
}

void PoliciesPage::updateForm()
{
    const QModelIndex current = m_tree->currentIndex();
    const PolicyRow *row = m_model->row(current);
    m_delete->setEnabled(row && row->draft && !m_model->isReadOnly());
    if (row)
        m_form->showLimit(*row, m_model->isReadOnly());
    else if (const PolicyScope *scope = m_model->scope(current))
        m_form->showNote(scope->title(),
            scope->isOptedOut ? tr("This router opts out of every limit, the global ones too.")
                : scope->rows.empty() ? tr("No limit of its own yet: Add limit makes one.")
                                      : tr("Choose a limit to see what it does and to change it."));
    else
        m_form->showNote(tr("No limits"), tr("Everything is let through. Add limit makes one."));
}

// --- targets -------------------------------------------------------------------------------------

void PoliciesPage::showTarget(const QString &target)
{
    if (target.startsWith("limit:"_L1))
        m_tree->showLimit(m_model->indexOf(target.sliced(6).toUtf8()), false);
    else if (target.startsWith("line:"_L1))
        goToLine(target.sliced(5).toInt());
    else if (target == "add"_L1)
        m_add->showMenu();
}

void PoliciesPage::goToLine(int line)
{
    m_tree->showLimit(m_model->indexOfLine(line), false);
    m_tree->setFocus();
}

void PoliciesPage::showLine(int line)
{
    (new LineDialog(m_draft.path(), m_draft.text(), line, window()))->show();
}

// A problem of a limit is mended in its row; everything else is shown where it is written.
void PoliciesPage::showProblem(int line)
{
    constexpr int LinesOfALimit = 4;
    const QModelIndex index = m_model->indexOfLine(line);
    const bool isAtLimit = index.isValid() && line - m_model->lineOf(index) <= LinesOfALimit;
    if (isAtLimit && !m_model->isReadOnly())
        goToLine(line);
    else
        showLine(line);
}

void PoliciesPage::addCommands(QMenu *menu)
{
    menu->addMenu(m_menu)->setEnabled(m_add->isEnabled());
    menu->addAction(tr("&Delete limit\tDel"), this, &PoliciesPage::deleteLimit)
        ->setEnabled(m_delete->isEnabled());
    menu->addSeparator();
    menu->addAction(tr("&Next problem\tF8"), this, [this] { m_problems->step(1); });
    menu->addAction(tr("&Previous problem\tShift+F8"), this, [this] { m_problems->step(-1); });
}

// --- adding and deleting -------------------------------------------------------------------------

void PoliciesPage::addLimit(const session::NewLimit &limit)
{
    const Result<QByteArray> name = limitcommands::add(m_draft, limit);
    if (!name) {
        Q_EMIT failed(name.error().message);
        return;
    }
    m_tree->setFocus();
    m_tree->showLimit(m_model->indexOf(*name), true);
}

void PoliciesPage::deleteLimit()
{
    const PolicyRow *row = m_model->row(m_tree->currentIndex());
    if (!row || !row->draft || m_model->isReadOnly())
        return;
    const config::LimitRule rule = *row->draft; // the edit rebuilds the rows
    const auto removed = limitcommands::remove(m_draft, rule);
    if (!removed)
        Q_EMIT failed(removed.error().message);
    else
        reportDeleted(limitfields::label(rule));
}

void PoliciesPage::reportDeleted(const QString &label)
{
    m_deleteLabel = m_draft.undoLabel();
    m_deleted->showMessage(State::Normal, tr("Deleted %1 in the draft").arg(label));
    connect(m_deleted->addAction(tr("Undo")), &QAction::triggered, this, [this] {
        m_draft.undo();
        m_deleted->hide();
    });
}

} // namespace sluice::ui
