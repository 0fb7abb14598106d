// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/reviewpage.h"

#include "core/config/textdiff.h"
#include "core/insight/changereport.h"
#include "ui/models/policyscopes.h"
#include "ui/pages/draftbar.h"
#include "ui/pages/emptystate.h"
#include "ui/pages/meaninglist.h"
#include "ui/widgets/diffview.h"
#include "ui/widgets/mainbutton.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/theme.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QStackedWidget>

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using config::DiffHunk;

namespace {

constexpr int RefreshInterval = 1000;
constexpr int BodyWidth = 860;
constexpr int MostLines = 2000; ///< a rewritten file is not reviewed line by line

struct Extent
{
    int removed = 0;
    int added = 0;

    /// A replaced line is one line.
    [[nodiscard]] int lines() const { return std::max(removed, added); }
};

Extent extentOf(const QList<DiffHunk> &hunks)
{
    Extent extent;
    for (const DiffHunk &hunk : hunks) {
        for (const config::DiffLine &line : hunk) {
            extent.removed += line.kind == config::DiffLine::Kind::Removed ? 1 : 0;
            extent.added += line.kind == config::DiffLine::Kind::Added ? 1 : 0;
        }
    }
    return extent;
}

DiffLine shown(const config::DiffLine &line)
{
    DiffLine result;
    result.side = line.kind == config::DiffLine::Kind::Removed ? DiffSide::Removed
        : line.kind == config::DiffLine::Kind::Added           ? DiffSide::Added
                                                               : DiffSide::Same;
    result.number = result.side == DiffSide::Removed ? line.oldLine : line.newLine;
    result.text = line.text;
    for (const config::TextSpan &span : line.changed)
        result.words.append({span.begin, span.length});
    return result;
}

QList<DiffLine> shownLines(const QList<DiffHunk> &hunks)
{
    QList<DiffLine> lines;
    for (const DiffHunk &hunk : hunks) {
        if (!lines.isEmpty())
            lines.append({DiffSide::Same, 0, u"…"_s, {}});
        for (const config::DiffLine &line : hunk) {
            if (lines.size() >= MostLines)
                return lines;
            lines.append(shown(line));
        }
    }
    return lines;
}

/// "routers › prod › rate-limit › per-api-key": the limit that changes, if it is one.
QString changedPath(const config::Configuration &running, const config::Configuration &draft)
{
    QStringList paths;
    const auto collect = [&paths](
                             const config::Configuration &in, const config::Configuration &other) {
        for (const config::LimitRule &rule : in.limits) {
            const bool isSame = std::any_of(other.limits.begin(), other.limits.end(),
                [&rule](const config::LimitRule &each) { return saysTheSame(each, rule); });
            const QString path = rule.path.join(u" › "_s);
            if (!isSame && !paths.contains(path))
                paths.append(path);
        }
    };
    collect(draft, running);
    collect(running, draft);
    return paths.size() == 1 ? paths.constFirst() : QString();
}

} // namespace

ReviewPage::ReviewPage(session::ConfigDraft &draft, session::LiveUsage &usage, QWidget *parent)
    : Page(parent), m_draft(draft), m_usage(usage)
{
    setObjectName(u"ReviewPage"_s);
    setupUi();
    m_refresh.setInterval(RefreshInterval);
    connect(&m_refresh, &QTimer::timeout, this, &ReviewPage::updateMeaning);
    connect(&m_draft, &session::ConfigDraft::changed, this, &ReviewPage::update);
    update();
}

ReviewPage::~ReviewPage() = default;

// --- building ------------------------------------------------------------------------------------

void ReviewPage::setupUi()
{
    auto *title = new QLabel(tr("Review"), this);
    Theme::setRole(title, FontRole::Head);
    m_note = new QLabel(tr("draft against the running configuration"), this);
    Theme::setRole(m_note, FontRole::Text, true);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(metrics::PageMargin, 12, metrics::PageMargin, 12);
    head->setSpacing(12);
    head->addWidget(title);
    head->addWidget(m_note);
    head->addStretch();

    auto *review = new QWidget(this);
    auto *reviewLayout = new QVBoxLayout(review);
    reviewLayout->setContentsMargins(0, 0, 0, 0);
    reviewLayout->setSpacing(0);
    reviewLayout->addLayout(createHeadline());
    reviewLayout->addWidget(Theme::createRule(Qt::Horizontal, review));
    reviewLayout->addWidget(createBody(), 1);

    m_empty = new EmptyState(this);
    m_empty->showText(tr("Nothing to review"),
        tr("The draft is what runs. Changes made on the Policies page appear here before they are "
           "applied."),
        tr("Go to Policies"));
    connect(m_empty, &EmptyState::actionRequested, this,
        [this] { Q_EMIT pageRequested(u"policies"_s, {}); });
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(review);
    m_stack->addWidget(m_empty);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(head);
    layout->addWidget(m_stack, 1);
}

QHBoxLayout *ReviewPage::createHeadline()
{
    m_headline = new QLabel(this);
    m_headline->setObjectName(u"headlineLabel"_s);
    m_headline->setWordWrap(true);
    Theme::setRole(m_headline, FontRole::Title);
    m_subline = new QLabel(this);
    m_subline->setObjectName(u"sublineLabel"_s);
    m_subline->setWordWrap(true);
    Theme::setRole(m_subline, FontRole::Text, true);
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(m_headline);
    words->addWidget(m_subline);
    auto *keep = new QPushButton(tr("Keep editing"), this);
    keep->setObjectName(u"keepEditingPushButton"_s);
    setUpPushButton(keep);
    m_apply = new MainButton(tr("Apply"), this);
    m_apply->setObjectName(u"applyPushButton"_s);
    m_apply->setShownShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    connect(keep, &QPushButton::clicked, this, [this] { Q_EMIT pageRequested(u"policies"_s, {}); });
    connect(m_apply, &QPushButton::clicked, this, &ReviewPage::apply);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(metrics::PageMargin, 8, metrics::PageMargin, metrics::PageMargin);
    row->setSpacing(metrics::CellPadding);
    row->addLayout(words, 1);
    row->addSpacing(metrics::PageMargin);
    row->addWidget(keep, 0, Qt::AlignVCenter);
    row->addWidget(m_apply, 0, Qt::AlignVCenter);
    return row;
}

QWidget *ReviewPage::createBody()
{
    auto *body = new QWidget(this);
    m_file = new QLabel(body);
    Theme::setRole(m_file, FontRole::Strong);
    m_path = new QLabel(body);
    m_path->setObjectName(u"changedPathLabel"_s);
    Theme::setRole(m_path, FontRole::Text, true);
    m_count = new QLabel(body);
    m_count->setObjectName(u"lineCountLabel"_s);
    Theme::setRole(m_count, FontRole::Text, true);
    auto *fileRow = new QHBoxLayout;
    fileRow->setSpacing(metrics::CellPadding);
    fileRow->addWidget(m_file);
    fileRow->addWidget(m_path);
    fileRow->addStretch();
    fileRow->addWidget(m_count);
    m_diff = new DiffView(body);
    m_diff->setObjectName(u"reviewDiffView"_s);
    m_diff->setAccessibleName(tr("Changed lines"));
    m_diff->setFitsContent(true);
    auto *meansTitle = new QLabel(tr("What it means"), body);
    Theme::setRole(meansTitle, FontRole::Strong);
    m_meanings = new MeaningList(body);
    auto *layout = new QVBoxLayout;
    layout->setContentsMargins(metrics::PageMargin, 20, metrics::PageMargin, metrics::PageMargin);
    layout->setSpacing(metrics::CellPadding);
    layout->addLayout(fileRow);
    layout->addWidget(m_diff);
    layout->addSpacing(metrics::PageMargin);
    layout->addWidget(meansTitle);
    layout->addWidget(m_meanings);
    layout->addStretch();
    auto *column = new QWidget(body);
    column->setLayout(layout);
    column->setMaximumWidth(BodyWidth);
    auto *row = new QHBoxLayout(body);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(column, 1);
    row->addStretch();
    connect(m_diff, &DiffView::lineActivated, this, &ReviewPage::lineRequested);
    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(body);
    return scroll;
}

// --- showing -------------------------------------------------------------------------------------

void ReviewPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    update();
    m_refresh.start();
    if (m_apply->isEnabled())
        m_apply->setFocus();
}

void ReviewPage::hideEvent(QHideEvent *event)
{
    Page::hideEvent(event);
    m_refresh.stop();
}

void ReviewPage::update()
{
    const bool hasChanges = m_draft.text() != m_draft.runningText();
    m_stack->setCurrentIndex(hasChanges ? 0 : 1);
    m_note->setVisible(hasChanges);
    // Hidden, it looks again when it is shown.
    if (!hasChanges || !isVisible())
        return;
    const QString obstacle = whyNotApplicable(m_draft);
    m_apply->setEnabled(obstacle.isEmpty());
    m_apply->setToolTip(obstacle);
    m_apply->setAccessibleDescription(obstacle);
    m_file->setText(QFileInfo(m_draft.path()).fileName());
    updateDiff();
    updateMeaning();
}

void ReviewPage::updateDiff()
{
    const QByteArray text = m_draft.text();
    const QList<DiffHunk> hunks = config::diffLines(m_draft.runningText(), text, 3);
    const Extent extent = extentOf(hunks);
    const qsizetype total = text.count('\n') + (text.isEmpty() || text.endsWith('\n') ? 0 : 1);
    m_diff->setLines(shownLines(hunks));
    m_count->setText(extent.lines() == 1 ? tr("1 line of %1").arg(total)
                                         : tr("%1 lines of %2").arg(extent.lines()).arg(total));
    m_subline->setText(extent.lines() == 1
            ? tr("One line changes, every other byte stays.")
            : tr("%1 lines change, every other byte stays.").arg(extent.lines()));
}

void ReviewPage::updateMeaning()
{
    const auto running = m_draft.runningConfiguration();
    const auto draft = m_draft.configuration();
    const config::Findings findings = m_draft.findings();
    if (m_draft.text() == m_draft.runningText())
        return;
    if (!running || !draft || config::hasErrors(findings)) {
        const auto error = std::find_if(findings.begin(), findings.end(),
            [](const config::Finding &each) { return each.severity == config::Severity::Error; });
        m_headline->setText(
            running ? tr("The draft is not valid") : tr("The file becomes valid again"));
        m_meanings->showMeanings({});
        if (error != findings.end()) {
            m_subline->setText(tr("Line %1, column %2: %3")
                                   .arg(error->place.line)
                                   .arg(error->place.column)
                                   .arg(error->message));
        }
        return;
    }
    const insight::ChangeReport report = insight::describeChange(
        *running, *draft, m_usage.book(), limits::Instant(m_usage.clock()), m_draft.renames());
    m_headline->setText(report.headline);
    m_path->setText(changedPath(*running, *draft));
    m_meanings->showMeanings(report.meanings);
    const QString effect = report.reopensListener
        ? tr("The listener is opened anew; running requests may finish.")
        : tr("Takes effect at once, without a restart.");
    const QString lines = m_subline->text().section(u'.', 0, 0) + u". "_s;
    m_subline->setText(lines + effect);
}

void ReviewPage::apply()
{
    const Result<void> applied = m_draft.apply();
    if (!applied)
        Q_EMIT failed(tr("Not applied: %1").arg(applied.error().message));
}

} // namespace sluice::ui
