// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/usagedetail.h"

#include "core/base/duration.h"
#include "core/insight/explain.h"
#include "core/session/requestfeed.h"
#include "ui/models/cellwords.h"
#include "ui/models/chainmodel.h"
#include "ui/pages/chaintable.h"
#include "ui/pages/counterdrawing.h"
#include "ui/pages/historycolumn.h"
#include "ui/pages/historypane.h"
#include "ui/pages/operationactions.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/marklabel.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QStackedWidget>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using insight::ChainState;
using limits::SegmentKind;

namespace {

constexpr int MostArrivals = 400; ///< drawn marks; more could not be told apart
constexpr std::chrono::seconds Past{60};
constexpr qsizetype MostMembers = 5; ///< named beside a team
constexpr int ThreeColumns = 1000; ///< the width from which there is room for the history too

QString strong(const QString &text)
{
    return u"<span style=\"font-weight:600\">"_s + text.toHtmlEscaped() + u"</span>"_s;
}

QLabel *caption(QWidget *parent, FontRole role, bool isSecond)
{
    auto *label = new QLabel(parent);
    Theme::setRole(label, role, isSecond);
    return label;
}

QString membersPhrase(const QList<QByteArray> &members)
{
    QStringList names;
    for (qsizetype i = 0; i < std::min(members.size(), MostMembers); ++i)
        names += QString::fromUtf8(members.at(i));
    const QString listed = names.join(u", "_s);
    return members.size() > MostMembers
        ? UsageDetail::tr("members %1 and %2 more")
              .arg(listed, QString::number(members.size() - MostMembers))
        : UsageDetail::tr("members %1").arg(listed);
}

/// A button that does, says and hides what the action does.
FlatButton *actionButton(Icon icon, QAction *action, QWidget *parent)
{
    auto *button = new FlatButton(icon, action->text(), parent);
    button->setObjectName(action->objectName().replace(u"Action"_s, u"ToolButton"_s));
    const auto follow = [button, action] {
        button->setEnabled(action->isEnabled());
        button->setVisible(action->isVisible());
    };
    QObject::connect(button, &QToolButton::clicked, action, &QAction::trigger);
    QObject::connect(action, &QAction::changed, button, follow);
    follow();
    return button;
}

/// "next request in 0.6 s", "eases in 3 m", "the next request passes".
QString nextWords(const ChainState &link)
{
    if (!isFull(link.usage))
        return UsageDetail::tr("the next request passes");
    const bool comesOneByOne =
        link.limit->algorithm == limits::Algorithm::Gcra && link.limit->unit == Unit::Request;
    return comesOneByOne
        ? UsageDetail::tr("next request in %1").arg(describeDuration(link.usage.nextIn))
        : insight::freeAgain(*link.limit, link.usage);
}

/// "60 at once, then one every second. Full in 54 s".
QString effectWords(const ChainState &link)
{
    using limits::Algorithm;
    QString effect = insight::effectSentence(*link.limit);
    const std::chrono::nanoseconds full = link.usage.fullIn;
    if (full <= std::chrono::nanoseconds::zero())
        return effect;
    QString words = UsageDetail::tr("Full in %1");
    if (link.limit->algorithm == Algorithm::SlidingWindow)
        words = UsageDetail::tr("Empty in %1");
    else if (link.limit->algorithm == Algorithm::CalendarWindow)
        words = UsageDetail::tr("Resets in %1");
    return effect + u". "_s + words.arg(describeDuration(full));
}

} // namespace

UsageDetail::UsageDetail(session::LiveUsage &usage, session::RequestFeed &feed,
    OperationActions &actions, UsageHistory &history, QWidget *parent)
    : QWidget(parent),
      m_usage(usage),
      m_feed(feed),
      m_actions(actions),
      m_history(history),
      m_chain(new ChainModel(this))
{
    setObjectName(u"UsageDetail"_s);
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    setupUi();
}

UsageDetail::~UsageDetail() = default;

void UsageDetail::setupUi()
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(Theme::createRule(Qt::Horizontal, this));
    auto *layout = new QVBoxLayout;
    layout->setContentsMargins(
        metrics::PageMargin, metrics::CellPadding, metrics::PageMargin, metrics::CellPadding);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(createHead());
    layout->addWidget(createBody(), 1);
    outer->addLayout(layout, 1);
}

QWidget *UsageDetail::createHead()
{
    auto *head = new QWidget(this);
    m_name = caption(head, FontRole::Head, false);
    m_name->setObjectName(u"subjectLabel"_s);
    m_who = caption(head, FontRole::Text, true);
    m_who->setObjectName(u"subjectNoteLabel"_s);
    for (QLabel *label : {m_name, m_who}) // clients choose some of these names
        label->setTextFormat(Qt::PlainText);
    m_mark = new MarkLabel(head);
    m_mark->setObjectName(u"subjectMarkLabel"_s);
    auto *layout = new QHBoxLayout(head);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(m_name);
    layout->addWidget(m_who);
    layout->addWidget(m_mark);
    layout->addStretch();
    addButtons(layout);
    return head;
}

void UsageDetail::addButtons(QHBoxLayout *layout)
{
    QWidget *head = layout->parentWidget();
    m_editLimit = new FlatButton(Icon::Edit, tr("Edit limit"), head);
    m_editLimit->setObjectName(u"editLimitToolButton"_s);
    auto *requests = new FlatButton(Icon::Requests, tr("Show requests"), head);
    requests->setObjectName(u"showRequestsToolButton"_s);
    connect(
        m_editLimit, &QToolButton::clicked, this, [this] { Q_EMIT limitRequested(m_shownLimit); });
    connect(requests, &QToolButton::clicked, this, [this] { Q_EMIT requestsRequested(m_subject); });
    auto *raise = new FlatButton(Icon::Raise, tr("Raise for a while"), head);
    raise->setObjectName(u"raiseToolButton"_s);
    auto *menu = new QMenu(raise);
    menu->addActions({m_actions.raiseAction(), m_actions.endRaiseAction()});
    raise->setMenu(menu);
    raise->setPopupMode(QToolButton::InstantPopup);
    raise->setVisible(m_actions.isAvailable());
    layout->addWidget(m_editLimit);
    layout->addWidget(raise);
    layout->addWidget(actionButton(Icon::Reset, m_actions.resetAction(), head));
    layout->addWidget(actionButton(Icon::Block, m_actions.blockAction(), head));
    layout->addWidget(actionButton(Icon::Check, m_actions.unblockAction(), head));
    layout->addWidget(requests);
    m_showHistory = FlatButton::iconOnly(Icon::Clock, tr("History"), head);
    m_showHistory->setObjectName(u"historyToolButton"_s);
    m_showHistory->setCheckable(true);
    m_showHistory->setToolTip(tr("Requests, tokens and cost over time"));
    m_showHistory->setVisible(m_history.isAvailable());
    layout->addWidget(m_showHistory);
}

void UsageDetail::addActions(QMenu *menu)
{
    QAction *requests =
        menu->addAction(tr("Show requests"), this, [this] { Q_EMIT requestsRequested(m_subject); });
    QAction *edit =
        menu->addAction(tr("Edit limit"), this, [this] { Q_EMIT limitRequested(m_shownLimit); });
    requests->setEnabled(m_subject >= 0);
    edit->setEnabled(m_subject >= 0 && m_editLimit->isEnabled());
}

void UsageDetail::setUnitView(UnitView view)
{
    m_view = view;
    refresh();
}

QWidget *UsageDetail::createBody()
{
    m_body = new QStackedWidget(this);
    m_historyPane = new HistoryPane(m_history, m_body);
    m_body->addWidget(createColumns());
    m_body->addWidget(m_historyPane);
    connect(m_showHistory, &QToolButton::toggled, this,
        [this](bool shown) { m_body->setCurrentIndex(shown ? 1 : 0); });
    return m_body;
}

QWidget *UsageDetail::createColumns()
{
    auto *columns = new QWidget(this);
    m_historyColumn = new HistoryColumn(m_history, columns);
    m_historyColumn->hide();
    connect(m_historyColumn, &HistoryColumn::moreRequested, m_showHistory, &QToolButton::toggle);
    auto *layout = new QHBoxLayout(columns);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::ColumnGap);
    layout->addWidget(createChainColumn(), 40);
    layout->addWidget(createBucketColumn(), 21);
    layout->addWidget(m_historyColumn, 18);
    return columns;
}

void UsageDetail::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    m_historyColumn->setVisible(m_history.isAvailable() && width() >= ThreeColumns);
}

QWidget *UsageDetail::createChainColumn()
{
    auto *column = new QWidget(this);
    m_chainTitle = caption(column, FontRole::Text, false);
    m_chainTitle->setObjectName(u"chainTitleLabel"_s);
    QLabel *order = caption(column, FontRole::Small, true);
    order->setText(tr("in the order they are checked"));
    m_table = new ChainTable(m_chain, tr("Chain of limits"), false, column);
    m_table->setObjectName(u"chainTableView"_s);
    connect(m_table, &ChainTable::lineRequested, this, &UsageDetail::lineRequested);
    connect(m_table, &ChainTable::rowChosen, this, &UsageDetail::chooseRow);
    auto *layout = new QVBoxLayout(column);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_chainTitle);
    layout->addWidget(order);
    layout->addSpacing(metrics::CellPadding);
    layout->addWidget(m_table, 1);
    return column;
}

QWidget *UsageDetail::createBucketColumn()
{
    m_bucketColumn = new QWidget(this);
    m_bucketTitle = caption(m_bucketColumn, FontRole::Text, false);
    m_bucketTitle->setObjectName(u"bucketTitleLabel"_s);
    m_bucketText = caption(m_bucketColumn, FontRole::Small, true);
    for (QLabel *label : {m_bucketTitle, m_bucketText}) {
        label->setWordWrap(true); // a long effect must not take the room of the chain
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    }
    m_drawing = new CounterDrawing(m_bucketColumn);
    auto *layout = new QVBoxLayout(m_bucketColumn);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_bucketTitle);
    layout->addWidget(m_bucketText);
    layout->addSpacing(metrics::CellPadding);
    layout->addWidget(m_drawing, 1);
    return m_bucketColumn;
}

void UsageDetail::setSubject(int subject)
{
    if (subject == m_subject)
        return;
    m_subject = subject;
    m_chosenLimit.clear();
    m_table->clearSelection();
    m_table->setCurrentIndex({});
    updateHead();
    refresh();
}

void UsageDetail::refresh()
{
    if (m_subject < 0 || m_subject >= m_usage.book().subjectCount())
        return;
    const limits::Instant now(m_usage.clock());
    const std::vector<ChainState> chain = m_usage.book().chain(m_subject, now);
    m_chain->showNow(chain, m_usage.book().subject(m_subject).id.segment, now, m_actions.marks());
    updateMark();
    updateChainTitle(chain);
    updateBucket(chain);
}

void UsageDetail::chooseRow(int row)
{
    const limits::LimitPtr limit = m_chain->limitAt(row);
    m_chosenLimit = limit ? limit->name : QByteArray();
    refresh();
}

void UsageDetail::updateHead()
{
    if (m_subject < 0)
        return;
    const insight::SubjectId &id = m_usage.book().subject(m_subject).id;
    m_belongings.setConfiguration(m_usage.configuration());
    const Belonging belonging = m_belongings.of(id);
    const bool isMember = id.segment.kind == SegmentKind::TeamMember;
    m_name->setText(QString::fromUtf8(isMember ? belonging.member : id.value));
    QStringList words;
    if (id.segment.kind == SegmentKind::Property)
        words += QString::fromUtf8(id.segment.property);
    if (id.segment.kind == SegmentKind::ApiKey && !belonging.member.isEmpty())
        words += tr("owner %1").arg(QString::fromUtf8(belonging.member));
    if (id.segment.kind != SegmentKind::Team && !belonging.team.isEmpty())
        words += tr("team %1").arg(QString::fromUtf8(belonging.team));
    if (!belonging.members.isEmpty())
        words += membersPhrase(belonging.members);
    m_who->setText(words.join(u", "_s));
}

void UsageDetail::updateMark()
{
    const OperationMarks marks = m_actions.marks();
    const limits::Block *block = marks.blockOf(m_usage.book().subject(m_subject).id);
    ChipValue mark{ChipValue::Kind::Tinted, State::Refused, Sign::Blocked, {}};
    if (block != nullptr)
        mark.text = tr("blocked %1").arg(blockedUntil(*block, m_usage.clock().now()));
    m_mark->setMark(mark);
}

void UsageDetail::updateChainTitle(const std::vector<ChainState> &chain)
{
    const auto refusing = std::count_if(chain.cbegin(), chain.cend(), [](const ChainState &link) {
        return isFull(link.usage) && link.limit->mode == limits::LimitMode::Enforce;
    });
    const auto count = qsizetype(chain.size());
    const QString applies = count == 0 ? tr("No limit applies")
        : count == 1                   ? tr("1 limit applies")
                                       : tr("%1 limits apply").arg(count);
    QString text = applies.toHtmlEscaped();
    if (refusing > 0)
        text += u", "_s + strong(refusing == 1 ? tr("1 refuses") : tr("%1 refuse").arg(refusing));
    m_chainTitle->setText(text);
}

int UsageDetail::shownLink(const std::vector<ChainState> &chain) const
{
    const auto chosen = std::find_if(chain.cbegin(), chain.cend(),
        [this](const ChainState &link) { return link.limit->name == m_chosenLimit; });
    return chosen != chain.cend() ? int(chosen - chain.cbegin())
                                  : insight::UsageBook::tightest(chain, countsUnit(m_view));
}

void UsageDetail::updateBucket(const std::vector<ChainState> &chain)
{
    const int shown = shownLink(chain);
    m_bucketColumn->setVisible(shown >= 0);
    m_shownLimit = shown < 0 ? QByteArray() : chain[size_t(shown)].limit->name;
    m_editLimit->setEnabled(shown >= 0 && chain[size_t(shown)].limit->line > 0);
    OperationActions::Target target{m_usage.book().subject(m_subject).id, std::nullopt};
    if (shown >= 0)
        target.link = chain[size_t(shown)];
    m_actions.setTarget(target);
    if (shown < 0)
        return;
    const ChainState &link = chain[size_t(shown)];
    const bool isOwn = link.limit->segment == m_usage.book().subject(m_subject).id.segment;
    const QString label = insight::fullLabel(*link.limit);
    const QString named = isOwn ? label : labelWithValue(label, *link.limit, link.value);
    const OperationMarks marks = m_actions.marks();
    const bool isBlocked = marks.blockOf(target.subject) != nullptr;
    m_bucketTitle->setText(named.toHtmlEscaped() + u": "_s
        + strong(isBlocked ? m_mark->mark().text : nextWords(link)));
    QString words = effectWords(link);
    if (const limits::Raise *raise = marks.raiseOf(link.limit->name, link.value))
        words += u". "_s
            + tr("Raised by %1 until %2")
                  .arg(insight::amountText(link.limit->unit, raise->extra),
                      insight::clockText(raise->until, m_usage.clock().now()));
    m_bucketText->setText(words);
    const limits::Instant now(m_usage.clock());
    m_drawing->showCounter(link, m_usage.book().reading(link.id()),
        m_feed.touching(link.id(), now.wall - Past, MostArrivals), now);
}

} // namespace sluice::ui
