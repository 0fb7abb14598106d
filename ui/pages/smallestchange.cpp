// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/smallestchange.h"

#include "core/insight/explain.h"
#include "core/session/limitedits.h"

#include <algorithm>

namespace sluice::ui {

namespace {

constexpr qsizetype ContextLines = 2;

void add(
    QList<DiffLine> &diff, DiffSide side, const QStringList &lines, qsizetype first, qsizetype last)
{
    for (qsizetype i = std::max<qsizetype>(first, 0); i < std::min(last, lines.size()); ++i)
        diff.append({.side = side, .number = int(i + 1), .text = lines.at(i), .words = {}});
}

// One edit changes one run of lines, so the common head and tail are the whole diff.
void compare(SmallestChange &change, const QByteArray &before, const QByteArray &after)
{
    const QStringList old = QString::fromUtf8(before).split(u'\n');
    const QStringList now = QString::fromUtf8(after).split(u'\n');
    const qsizetype shorter = std::min(old.size(), now.size());
    qsizetype head = 0;
    while (head < shorter && old.at(head) == now.at(head))
        ++head;
    qsizetype tail = 0;
    while (tail < shorter - head && old.at(old.size() - 1 - tail) == now.at(now.size() - 1 - tail))
        ++tail;
    change.line = int(head + 1);
    add(change.lines, DiffSide::Same, old, head - ContextLines, head);
    add(change.lines, DiffSide::Removed, old, head, old.size() - tail);
    add(change.lines, DiffSide::Added, now, head, now.size() - tail);
    add(change.lines, DiffSide::Same, now, now.size() - tail, now.size() - tail + 1);
    markChangedWords(change.lines);
}

bool isOverridden(const config::LimitRule &rule, const QByteArray &value)
{
    return std::any_of(rule.overrides.cbegin(), rule.overrides.cend(),
        [&value](const config::LimitOverride &own) { return own.value == value; });
}

} // namespace

const config::LimitRule *findRule(const config::Configuration &configuration, QByteArrayView name)
{
    const auto &rules = configuration.limits;
    const auto found = std::find_if(rules.cbegin(), rules.cend(),
        [name](const config::LimitRule &rule) { return rule.name == name; });
    return found == rules.cend() ? nullptr : &*found;
}

std::optional<SmallestChange> smallestChange(const insight::RequestRecord &record,
    const config::Configuration &configuration, const QByteArray &text)
{
    const limits::ChainLink *link = record.decision.bindingLink();
    const qint64 capacity = insight::smallestCapacity(record.decision);
    if (!link || capacity <= 0)
        return {};
    const config::LimitRule *rule = findRule(configuration, link->limit->name);
    if (!rule || isOverridden(*rule, link->value))
        return {}; // the amount that counted stands elsewhere
    if (rule->capacity >= capacity * MicroPerUnit)
        return {};
    const Result<QByteArray> changed = session::setCapacity(*rule, QString::number(capacity))(text);
    if (!changed)
        return {};
    SmallestChange change;
    change.limit = rule->name;
    change.label = insight::fullLabel(*link->limit);
    change.capacity = capacity;
    compare(change, text, *changed);
    return change;
}

} // namespace sluice::ui
