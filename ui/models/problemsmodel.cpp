// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/problemsmodel.h"

#include "ui/widgets/cellvalues.h"

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using config::Finding;
using config::Severity;

namespace {

QString placeText(const Finding &finding)
{
    if (finding.place.line == 0)
        return u"–"_s;
    return QString::number(finding.place.line) + u':' + QString::number(finding.place.column);
}

Sign sign(Severity severity)
{
    switch (severity) {
    case Severity::Error:
        return Sign::Cross;
    case Severity::Warning:
        return Sign::Triangle;
    case Severity::Hint:
        return Sign::Ring;
    }
    Q_UNREACHABLE();
}

State state(Severity severity)
{
    return severity == Severity::Error  ? State::Refused
        : severity == Severity::Warning ? State::Near
                                        : State::Idle;
}

QString severityWord(Severity severity)
{
    return severity == Severity::Error  ? ProblemsModel::tr("Error")
        : severity == Severity::Warning ? ProblemsModel::tr("Warning")
                                        : ProblemsModel::tr("Hint");
}

/// Where a word of plain YAML, or a quoted one with its quotes, ends.
qsizetype endOfWord(const QString &line, qsizetype from)
{
    const QChar first = line.at(from);
    if (first == u'"' || first == u'\'') {
        const qsizetype close = line.indexOf(first, from + 1);
        return close < 0 ? line.size() : close + 1;
    }
    qsizetype end = from;
    while (end < line.size() && !u",:]} \t#"_s.contains(line.at(end)))
        ++end;
    return end;
}

} // namespace

ProblemsModel::ProblemsModel(QObject *parent) : QAbstractTableModel(parent) { }

ProblemsModel::~ProblemsModel() = default;

void ProblemsModel::setFindings(const config::Findings &findings)
{
    config::Findings sorted = findings;
    std::stable_sort(sorted.begin(), sorted.end(),
        [](const Finding &a, const Finding &b) { return a.severity > b.severity; });
    if (sorted == m_findings)
        return;
    beginResetModel();
    m_findings = std::move(sorted);
    endResetModel();
}

int ProblemsModel::count(Severity severity) const
{
    return int(std::count_if(m_findings.cbegin(), m_findings.cend(),
        [severity](const Finding &finding) { return finding.severity == severity; }));
}

QString ProblemsModel::summary() const
{
    QStringList words;
    if (const int errors = count(Severity::Error); errors > 0)
        words += errors == 1 ? tr("1 error") : tr("%1 errors").arg(errors);
    if (const int warnings = count(Severity::Warning); warnings > 0)
        words += warnings == 1 ? tr("1 warning") : tr("%1 warnings").arg(warnings);
    if (const int hints = count(Severity::Hint); hints > 0)
        words += hints == 1 ? tr("1 hint") : tr("%1 hints").arg(hints);
    return words.join(u", "_s);
}

int ProblemsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_findings.size());
}

int ProblemsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString ProblemsModel::display(const Finding &finding, int column)
{
    if (column == PlaceColumn)
        return placeText(finding);
    if (column == MessageColumn)
        return finding.message;
    return finding.fix.isEmpty() ? QString() : tr("Write %1").arg(finding.fix);
}

QVariant ProblemsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Finding &finding = m_findings.at(index.row());
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return display(finding, column);
    case Qt::AccessibleTextRole:
        if (column == PlaceColumn)
            return tr("%1, line %2, column %3")
                .arg(severityWord(finding.severity))
                .arg(finding.place.line)
                .arg(finding.place.column);
        return display(finding, column);
    case Qt::TextAlignmentRole:
        return int(column == FixColumn ? Qt::AlignRight : Qt::AlignLeft) | int(Qt::AlignVCenter);
    case Qt::ToolTipRole:
        return column == MessageColumn ? QVariant(finding.path) : QVariant();
    case SignRole:
        return column == PlaceColumn ? QVariant(int(sign(finding.severity))) : QVariant();
    case StateRole:
        return int(state(finding.severity));
    case ToneRole:
        return int(column == MessageColumn ? Tone::Text : Tone::Link);
    default:
        return {};
    }
}

// The fix is what should be written at the place: a key or a value.
QByteArray mended(const QByteArray &text, const Finding &finding)
{
    if (finding.fix.isEmpty() || finding.place.line < 1 || finding.place.column < 1)
        return {};
    QByteArrayList lines = text.split('\n');
    if (finding.place.line > lines.size())
        return {};
    QByteArray &bytes = lines[finding.place.line - 1];
    QString line = QString::fromUtf8(bytes);
    const qsizetype from = finding.place.column - 1;
    if (from >= line.size())
        return {};
    line.replace(from, endOfWord(line, from) - from, finding.fix);
    bytes = line.toUtf8();
    return lines.join('\n');
}

} // namespace sluice::ui
