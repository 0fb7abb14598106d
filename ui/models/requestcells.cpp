// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/requestcells.h"

#include "core/insight/explain.h"
#include "core/insight/modelbook.h"
#include "core/session/ledgerrecord.h"
#include "ui/models/cellwords.h"
#include "ui/models/requestfilter.h"
#include "ui/models/requestlogmodel.h"
#include "ui/models/spentwords.h"
#include "ui/widgets/format.h"

#include <QDateTime>

namespace sluice::ui::requestcells {

using namespace Qt::StringLiterals;
using insight::Outcome;
using insight::RequestRecord;

namespace {

QString orDash(const QByteArray &text)
{
    return text.isEmpty() ? u"–"_s : QString::fromUtf8(text);
}

QDateTime arrival(const RequestRecord &record)
{
    return QDateTime::fromMSecsSinceEpoch(record.at.count());
}

QString milliseconds(const RequestRecord &record)
{
    if (record.outcome == Outcome::Streaming)
        return u"…"_s;
    const qint64 whole = (record.duration.count() + 500) / 1000;
    return whole < 1 ? u"<1"_s : format::count(whole);
}

QString limitText(const RequestRecord &record)
{
    const limits::Decision &decision = record.decision;
    if (decision.block)
        return insight::subjectName(decision.block->segment, decision.block->value);
    const limits::ChainLink *link = decision.bindingLink();
    return link ? insight::fullLabel(*link->limit) : u"–"_s;
}

QString leftText(const RequestRecord &record)
{
    const limits::ChainLink *link = record.decision.bindingLink();
    if (!link || session::isFromLedger(record))
        return u"–"_s;
    return format::amount(shownLeft(*link->limit, link->usage), link->limit->unit);
}

/// What a limit or a block did to the request, in one word.
ChipValue refusedChip(const RequestRecord &record, const QString &status)
{
    ChipValue chip{ChipValue::Kind::Tinted, State::Refused, Sign::Square, {}};
    QString word = RequestLogModel::tr("refused");
    if (record.decision.verdict == limits::Verdict::Blocked) {
        chip.sign = Sign::Blocked;
        word = RequestLogModel::tr("blocked");
    } else if (record.decision.verdict == limits::Verdict::NeverFits) {
        word = RequestLogModel::tr("too large");
    }
    chip.text = status.isEmpty() ? word : QString(status + u' ' + word);
    return chip;
}

QString rejectedWord(const RequestRecord &record)
{
    return record.decision.verdict == limits::Verdict::Unpriced ? RequestLogModel::tr("no price")
                                                                : RequestLogModel::tr("rejected");
}

/// Ok answers are plain grey figures, so that every chip is an exception.
ChipValue chipOf(const RequestRecord &record)
{
    using Kind = ChipValue::Kind;
    const QString status = record.status > 0 ? QString::number(record.status) : QString();
    const auto text = [&status](const QString &word) {
        return status.isEmpty() ? word : QString(status + u' ' + word);
    };
    if (insight::wasRefused(record))
        return refusedChip(record, status);
    switch (record.outcome) {
    case Outcome::Rejected:
        return {Kind::Grey, State::Idle, Sign::Cross, text(rejectedWord(record))};
    case Outcome::UpstreamFailed:
        return {Kind::Grey, State::Idle, Sign::Cross, text(RequestLogModel::tr("upstream"))};
    case Outcome::ClientLeft:
        return {Kind::Grey, State::Idle, Sign::Cross, text(RequestLogModel::tr("client left"))};
    case Outcome::Refused:
    case Outcome::Streaming:
    case Outcome::Completed:
        break;
    }
    if (wouldBeRefused(record))
        return {Kind::Outlined, State::Shadow, Sign::Diamond,
            text(RequestLogModel::tr("would refuse"))};
    if (record.outcome == Outcome::Streaming)
        return {Kind::Grey, State::Idle, Sign::None, RequestLogModel::tr("streaming")};
    if (record.status >= 400)
        return {Kind::Grey, State::Idle, Sign::Cross, text(RequestLogModel::tr("provider"))};
    return {Kind::Plain, State::Idle, Sign::None, status};
}

/// Of another day without the milliseconds.
QString timeText(const RequestRecord &record, std::chrono::milliseconds now)
{
    const QDateTime time = arrival(record);
    if (time.date() == QDateTime::fromMSecsSinceEpoch(now.count()).date())
        return time.toString(u"HH:mm:ss.zzz"_s);
    return QLocale().toString(time, u"d MMM HH:mm:ss"_s);
}

QString display(int column, const RequestRecord &record)
{
    switch (column) {
    case RequestLogModel::DecisionColumn:
        return {}; // the chip says it
    case RequestLogModel::RouterColumn:
        return record.subject.entry == limits::Entry::Unified ? RequestLogModel::tr("unified")
                                                              : orDash(record.subject.router);
    case RequestLogModel::KeyColumn:
        return orDash(record.subject.apiKey);
    case RequestLogModel::UserColumn:
        return orDash(record.subject.endUser);
    case RequestLogModel::ModelColumn:
        return orDash(record.model);
    case RequestLogModel::DurationColumn:
        return milliseconds(record);
    case RequestLogModel::TokensColumn:
        return spentwords::tokens(record);
    case RequestLogModel::CostColumn:
        return spentwords::cost(record);
    case RequestLogModel::LimitColumn:
        return limitText(record);
    case RequestLogModel::LeftColumn:
        return leftText(record);
    default:
        return {};
    }
}

QString spoken(int column, const RequestRecord &record)
{
    switch (column) {
    case RequestLogModel::DecisionColumn:
        return chipOf(record).text;
    case RequestLogModel::DurationColumn:
        return RequestLogModel::tr("%1 milliseconds").arg(milliseconds(record));
    case RequestLogModel::TokensColumn:
        return spentwords::spokenTokens(record);
    case RequestLogModel::CostColumn:
        return spentwords::spokenCost(record);
    case RequestLogModel::LeftColumn:
        return RequestLogModel::tr("%1 left").arg(leftText(record));
    default:
        return display(column, record);
    }
}

QVariant toolTip(int column, const RequestRecord &record)
{
    QString text;
    if (column == RequestLogModel::TimeColumn)
        text = arrival(record).toString(Qt::ISODateWithMs);
    else if (column == RequestLogModel::ModelColumn && !record.model.isEmpty())
        text = QString::fromUtf8(insight::modelName(record.provider, record.model));
    else if (column == RequestLogModel::LimitColumn && record.decision.bindingLink())
        text = limitText(record); // which may be too long for the column
    else if (column == RequestLogModel::TokensColumn)
        text = spentwords::tokensTip(record);
    else if (column == RequestLogModel::CostColumn)
        text = spentwords::costTip(record);
    return text.isEmpty() ? QVariant() : QVariant(text);
}

// As a number, which every view understands.
int alignment(int column)
{
    const bool isFigure = column == RequestLogModel::DurationColumn
        || column == RequestLogModel::TokensColumn || column == RequestLogModel::CostColumn
        || column == RequestLogModel::LeftColumn;
    return int(isFigure ? Qt::AlignRight : Qt::AlignLeft) | int(Qt::AlignVCenter);
}

} // namespace

QVariant cell(const RequestRecord &record, int column, int role, std::chrono::milliseconds now)
{
    const bool isTime = column == RequestLogModel::TimeColumn;
    switch (role) {
    case Qt::DisplayRole:
        return isTime ? timeText(record, now) : display(column, record);
    case Qt::AccessibleTextRole:
        return isTime ? timeText(record, now) : spoken(column, record);
    case Qt::ToolTipRole:
        return toolTip(column, record);
    case Qt::TextAlignmentRole:
        return alignment(column);
    case ChipRole:
        return column == RequestLogModel::DecisionColumn ? QVariant::fromValue(chipOf(record))
                                                         : QVariant();
    case ToneRole:
        return int(display(column, record) == u"–"_s ? Tone::Second : Tone::Text);
    case MonoRole: {
        const limits::ChainLink *link = record.decision.bindingLink();
        return column == RequestLogModel::LimitColumn && link
            && insight::isPolicyText(*link->limit);
    }
    default:
        return {};
    }
}

QVariant header(int column, int role)
{
    if (role == Qt::TextAlignmentRole)
        return alignment(column);
    if (role != Qt::DisplayRole)
        return {};
    return QStringList{RequestLogModel::tr("Time"), RequestLogModel::tr("Decision"),
        RequestLogModel::tr("Router"), RequestLogModel::tr("Key"), RequestLogModel::tr("User"),
        RequestLogModel::tr("Model"), RequestLogModel::tr("ms"),
        RequestLogModel::tr("Tokens in + out"), RequestLogModel::tr("Cost"),
        RequestLogModel::tr("Limit that decided"), RequestLogModel::tr("Left")}
        .at(column);
}

} // namespace sluice::ui::requestcells
