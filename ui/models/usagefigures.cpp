// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/usagefigures.h"

#include "core/insight/explain.h"
#include "ui/models/cellwords.h"
#include "ui/models/spentwords.h"
#include "ui/widgets/format.h"

#include <QCoreApplication>

#include <numeric>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using enum UsageColumn::Column;
using insight::UsageBook;
using limits::SegmentKind;
using std::chrono::milliseconds;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("UsageFigures", text);
}

QList<double> series(const std::array<insight::MinuteFigures, UsageBook::Minutes> &minutes,
    quint32 insight::MinuteFigures::*figure)
{
    QList<double> values;
    values.reserve(UsageBook::Minutes);
    for (const insight::MinuteFigures &minute : minutes)
        values.append(minute.*figure);
    return values;
}

bool isRequests(Unit unit)
{
    return unit == Unit::Request || unit == Unit::ConcurrentRequest;
}

bool isTokens(Unit unit)
{
    return unit == Unit::Token || unit == Unit::InputToken || unit == Unit::OutputToken;
}

bool isCents(Unit unit)
{
    return unit == Unit::Cents;
}

void readTightest(UsageFigures &figures, const insight::ChainState &link,
    const UsageQuestion &question, limits::Instant now)
{
    const limits::Limit &limit = *link.limit;
    figures.gauge = gaugeNow(limit, link.usage, now);
    figures.gauge.stale = question.isStale;
    figures.limitLabel = insight::fullLabel(limit);
    figures.isPolicyText = insight::isPolicyText(limit);
    // A dimension that the row does not fix is named: which user, which tenant.
    if (limit.segment != question.segment)
        figures.limitLabel = labelWithValue(figures.limitLabel, limit, link.value);
    figures.freeAgain = insight::freeAgain(limit, link.usage);
    figures.spoken = spokenGauge(limit, link.usage, figures.gauge);
    if (const limits::Raise *raise = question.marks.raiseOf(limit.name, link.value)) {
        figures.raised = markRaised(figures.gauge, *raise, limit.unit, now.engine);
        figures.spoken += u", "_s + tr("raised: %1").arg(figures.raised);
    }
}

void readNothing(UsageFigures &figures, UnitView view, bool wasSeen)
{
    if (view != UnitView::Tightest) {
        figures.limitLabel = figures.gauge.noLimitText = u"–"_s;
        figures.spoken = tr("no limit of this unit");
        return;
    }
    figures.gauge.noLimitText = wasSeen ? tr("no limit applies") : tr("no requests yet");
    figures.spoken = figures.gauge.noLimitText;
}

// Whatever the limits say: nothing of it comes through.
void readBlock(UsageFigures &figures, const limits::Block &block, EngineTime now)
{
    figures.gauge = {};
    figures.gauge.blocked = true;
    figures.freeAgain = blockedUntil(block, now);
    figures.gauge.noLimitText = tr("blocked %1").arg(figures.freeAgain);
    figures.spoken = figures.gauge.noLimitText;
    figures.limitLabel = tr("every request");
    figures.isPolicyText = false;
    figures.raised.clear();
}

QString display(int column, const UsageFigures &figures)
{
    switch (column) {
    case SubjectColumn:
        return figures.name;
    case TeamColumn:
        return figures.team.isEmpty() ? u"–"_s : figures.team;
    case LimitColumn:
        return figures.limitLabel.isEmpty() ? tr("none") : figures.limitLabel;
    case FreeColumn:
        return figures.freeAgain.isEmpty() ? u"–"_s : figures.freeAgain;
    case RateColumn:
        return format::count(figures.rate);
    case TokensColumn:
        return spentwords::tokens(figures.spent);
    case CostColumn:
        return figures.spent.charged == 0 ? u"–"_s : spentwords::cost(figures.spent);
    case RefusedColumn:
        return format::count(qint64(figures.refused > 0 ? figures.refused : figures.wouldRefuse));
    default:
        return {}; // gauge and sparkline say it in their own roles
    }
}

QString spokenHistory(const SparklineValue &value)
{
    const auto sum = [](const QList<double> &values) {
        return QString::number(qint64(std::accumulate(values.cbegin(), values.cend(), 0.0)));
    };
    return tr("last 60 minutes: %1 admitted, %2 refused")
        .arg(sum(value.admitted), sum(value.refused));
}

QString spoken(int column, const UsageFigures &figures)
{
    switch (column) {
    case SubjectColumn:
        return figures.note.isEmpty() ? figures.name
                                      : QString(figures.name + u", "_s + figures.note);
    case GaugeColumn:
        return figures.spoken;
    case RateColumn:
        return tr("%1 requests in the last minute").arg(figures.rate);
    case HistoryColumn:
        return spokenHistory(figures.sparkline);
    case TokensColumn:
        return spentwords::spokenTokens(figures.spent);
    case CostColumn:
        return spentwords::spokenCost(figures.spent);
    case RefusedColumn:
        return figures.refused == 0 && figures.wouldRefuse > 0
            ? tr("%1 would have been refused").arg(figures.wouldRefuse)
            : tr("%1 refused").arg(figures.refused);
    default:
        return display(column, figures);
    }
}

bool isFigure(int column)
{
    return column == RateColumn || column >= TokensColumn;
}

// As a number, which every view understands.
int alignment(int column)
{
    return int(isFigure(column) ? Qt::AlignRight : Qt::AlignLeft) | int(Qt::AlignVCenter);
}

// Zero, dash and "none" are the quiet case.
Tone tone(int column, const UsageFigures &figures)
{
    const QString text = display(column, figures);
    const bool isQuiet = text == u"–"_s
        || (isFigure(column) && (text == u"0"_s || text == u"$0.0000"_s))
        || (column == LimitColumn && figures.limitLabel.isEmpty());
    return isQuiet ? Tone::Second : Tone::Text;
}

QString sizeOfTeam(qsizetype members)
{
    if (members == 0)
        return {};
    return members == 1 ? tr("1 member") : tr("%1 members").arg(format::count(members));
}

QVariant refusedSign(int role, const UsageFigures &figures)
{
    if (figures.refused == 0 && figures.wouldRefuse == 0)
        return {};
    const bool isShadow = figures.refused == 0;
    return role == SignRole ? int(isShadow ? Sign::Diamond : Sign::Square)
                            : int(isShadow ? State::Shadow : State::Refused);
}

QVariant secondText(int column, const UsageFigures &figures)
{
    const QString text = column == SubjectColumn ? figures.note
        : column == LimitColumn                  ? figures.raised
                                                 : QString();
    return text.isEmpty() ? QVariant() : QVariant(text);
}

QVariant toolTip(int column, const UsageFigures &figures)
{
    QString text;
    if (column == LimitColumn && !figures.raised.isEmpty())
        text = tr("raised: %1").arg(figures.raised);
    else if (column == TokensColumn)
        text = spentwords::tokensTip(figures.spent);
    else if (column == CostColumn)
        text = spentwords::costTip(figures.spent);
    return text.isEmpty() ? QVariant() : QVariant(text);
}

// What is raised or blocked carries its sign beside the name of the limit too.
QVariant limitSign(int role, const UsageFigures &figures)
{
    if (!figures.gauge.blocked && figures.raised.isEmpty())
        return {};
    return role == SignRole ? int(figures.gauge.blocked ? Sign::Blocked : Sign::Raised)
                            : int(figures.gauge.blocked ? State::Refused : State::Normal);
}

QVariant sign(int column, int role, const UsageFigures &figures)
{
    if (column == LimitColumn)
        return limitSign(role, figures);
    return column == RefusedColumn ? refusedSign(role, figures) : QVariant();
}

} // namespace

CountsUnit countsUnit(UnitView view)
{
    switch (view) {
    case UnitView::Tightest:
        break;
    case UnitView::Requests:
        return isRequests;
    case UnitView::Tokens:
        return isTokens;
    case UnitView::Cents:
        return isCents;
    }
    return nullptr;
}

UsageFigures readUsageFigures(
    const session::LiveUsage &usage, int subject, const UsageQuestion &question)
{
    const UsageBook &book = usage.book();
    const UsageBook::Subject &record = book.subject(subject);
    const milliseconds wall = usage.clock().wall();
    UsageFigures figures;
    figures.name = record.id.value.isEmpty() ? tr("(none)") : QString::fromUtf8(record.id.value);
    const auto minutes = book.history(subject, wall);
    figures.sparkline.admitted = series(minutes, &insight::MinuteFigures::admitted);
    figures.sparkline.refused = series(minutes, &insight::MinuteFigures::refused);
    figures.rate = book.requestsPerMinute(subject, wall);
    figures.refused = record.refusedTotal;
    figures.wouldRefuse = record.wouldRefuseTotal;
    figures.spent = record.spent;
    const limits::Instant now(usage.clock());
    const std::vector<insight::ChainState> chain = book.chain(subject, now);
    const int tightest = UsageBook::tightest(chain, countsUnit(question.view));
    if (const limits::Block *block = question.marks.blockOf(record.id))
        readBlock(figures, *block, now.engine);
    else if (tightest < 0)
        readNothing(figures, question.view, record.lastSeen > milliseconds::zero());
    else
        readTightest(figures, chain[size_t(tightest)], question, now);
    return figures;
}

void showBelonging(UsageFigures &figures, SegmentKind kind, const Belonging &belonging)
{
    switch (kind) {
    case SegmentKind::ApiKey:
        figures.team = QString::fromUtf8(belonging.team);
        figures.note = QString::fromUtf8(belonging.member);
        break;
    case SegmentKind::Team:
        figures.note = sizeOfTeam(belonging.members.size());
        break;
    case SegmentKind::TeamMember:
        figures.name = QString::fromUtf8(belonging.member);
        figures.team = QString::fromUtf8(belonging.team);
        break;
    case SegmentKind::EndUser:
    case SegmentKind::Property:
    case SegmentKind::Shared:
        break;
    }
}

QVariant usageCell(int column, int role, const UsageFigures &figures)
{
    switch (role) {
    case Qt::DisplayRole:
        return display(column, figures);
    case Qt::AccessibleTextRole:
        return spoken(column, figures);
    case Qt::TextAlignmentRole:
        return alignment(column);
    case GaugeRole:
        return column == GaugeColumn ? QVariant::fromValue(figures.gauge) : QVariant();
    case SparklineRole:
        return column == HistoryColumn ? QVariant::fromValue(figures.sparkline) : QVariant();
    case FlashRole:
        return figures.flash;
    case StaleRole:
        return figures.gauge.stale;
    case MonoRole:
        return column == LimitColumn && figures.isPolicyText;
    case SecondTextRole:
        return secondText(column, figures);
    case ToneRole:
        return int(tone(column, figures));
    case Qt::ToolTipRole:
        return toolTip(column, figures);
    case SignRole:
    case StateRole:
        return sign(column, role, figures);
    default:
        return {};
    }
}

namespace {

QString title(const limits::Segment &segment)
{
    switch (segment.kind) {
    case SegmentKind::ApiKey:
        return tr("Key");
    case SegmentKind::EndUser:
        return tr("User");
    case SegmentKind::Team:
        return tr("Team");
    case SegmentKind::TeamMember:
        return tr("Member");
    case SegmentKind::Property:
        return QString::fromUtf8(segment.property);
    case SegmentKind::Shared:
        break;
    }
    return tr("Subject");
}

} // namespace

QVariant usageHeader(int column, int role, const limits::Segment &segment)
{
    if (column < 0 || column >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return alignment(column);
    if (role == Qt::ToolTipRole && column >= TokensColumn)
        return tr("Since this console started");
    if (role != Qt::DisplayRole)
        return {};
    const QStringList titles{title(segment), tr("Team"), tr("Tightest limit"), tr("Used / limit"),
        tr("Free again"), tr("Req / min"), tr("Last 60 min"), tr("Tokens"), tr("Cost"),
        tr("Refused")};
    return titles.at(column);
}

} // namespace sluice::ui
