// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/reader.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype MaxComparedLength = 64;

/// Edit distance with neighbouring letters swapped counted once (optimal string alignment).
int editDistance(QByteArrayView a, QByteArrayView b)
{
    std::array<std::array<int, MaxComparedLength + 1>, 3> rows{};
    for (qsizetype j = 0; j <= b.size(); ++j)
        rows[0][static_cast<size_t>(j)] = static_cast<int>(j);
    for (qsizetype i = 1; i <= a.size(); ++i) {
        auto &row = rows[static_cast<size_t>(i % 3)];
        const auto &above = rows[static_cast<size_t>((i + 2) % 3)];
        const auto &twoAbove = rows[static_cast<size_t>((i + 1) % 3)];
        row[0] = static_cast<int>(i);
        for (qsizetype j = 1; j <= b.size(); ++j) {
            const auto at = static_cast<size_t>(j);
            const int replaced = above[at - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[at] = std::min({above[at] + 1, row[at - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[at] = std::min(row[at], twoAbove[at - 2] + 1);
        }
    }
    return rows[static_cast<size_t>(a.size() % 3)][static_cast<size_t>(b.size())];
}

QByteArray spelledLikeKeys(QByteArrayView text)
{
    return text.toByteArray().toLower().replace('_', '-');
}

bool isBefore(const Finding &a, const Finding &b)
{
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
}

QString knownKeys(const QList<QByteArrayView> &known)
{
    QStringList names;
    for (const QByteArrayView key : known)
        names.append(QString::fromUtf8(key));
    names.sort();
    return names.join(u", "_s);
}

} // namespace

Place Value::place() const
{
    return node != nullptr && node->kind != Node::Kind::Null ? node->place : keyPlace;
}

QString Value::name() const
{
    return variable.isEmpty() ? path.join(u'.') : QString::fromUtf8(variable);
}

bool Value::isScalar() const
{
    return node != nullptr && node->kind == Node::Kind::Scalar;
}

bool Value::isMap() const
{
    return node != nullptr && node->kind == Node::Kind::Map;
}

bool Value::isSequence() const
{
    return node != nullptr && node->kind == Node::Kind::Sequence;
}

void Context::error(const Value &value, const QString &message, const QString &fix)
{
    add({Severity::Error, value.place(), value.name(), message, fix});
}

void Context::warn(const Value &value, const QString &message, const QString &fix)
{
    add({Severity::Warning, value.place(), value.name(), message, fix});
}

void Context::hint(const Value &value, const QString &message, const QString &fix)
{
    add({Severity::Hint, value.place(), value.name(), message, fix});
}

void Context::errorAtKey(const Value &value, const QString &message, const QString &fix)
{
    add({Severity::Error, value.keyPlace, value.name(), message, fix});
}

void Context::warnAtKey(const Value &value, const QString &message, const QString &fix)
{
    add({Severity::Warning, value.keyPlace, value.name(), message, fix});
}

void Context::add(const Finding &finding)
{
    if (!isFull())
        m_findings.append(finding);
    else
        m_dropped = std::max(m_dropped.value_or(Severity::Hint), finding.severity);
}

Findings Context::takeFindings()
{
    std::stable_sort(m_findings.begin(), m_findings.end(), isBefore);
    if (m_dropped) {
        m_findings.append({*m_dropped, m_findings.constLast().place, {},
            u"there are more than %1 findings; the rest are not listed"_s.arg(MaxFindings), {}});
    }
    return std::move(m_findings);
}

MapReader::MapReader(Context &context, Value map) : m_context(context), m_map(std::move(map))
{
    m_isMap = m_map.isMap();
    if (m_isMap)
        m_taken.resize(m_map.node->entries.size());
    else if (m_map)
        m_context.error(m_map, u"a map is expected here (lines of \"key: value\")"_s);
}

Value MapReader::take(QByteArrayView key)
{
    m_known.append(key);
    if (!m_isMap)
        return {};
    const Entry *entry = m_map.node->find(key);
    if (entry == nullptr)
        return {};
    m_taken[static_cast<size_t>(entry - m_map.node->entries.data())] = true;
    return valueOf(*entry);
}

void MapReader::ignore(QByteArrayView key, const QString &message)
{
    if (const Value value = take(key))
        m_context.warnAtKey(value, message);
}

void MapReader::finish()
{
    for (size_t i = 0; i < m_taken.size(); ++i) {
        if (!m_taken[i])
            reportUnknown(m_map.node->entries[i]);
    }
}

void MapReader::reportUnknown(const Entry &entry)
{
    if (m_context.isFull()) {
        m_context.add({Severity::Error, entry.place, {}, u"unknown key"_s, {}});
        return;
    }
    const Value value = valueOf(entry);
    const QString key = QString::fromUtf8(entry.key.left(80));
    const QString meant = QString::fromUtf8(nearest(entry.key, m_known));
    if (entry.key == "<<") {
        m_context.errorAtKey(value, u"merge keys are not part of YAML 1.2"_s);
    } else if (!meant.isEmpty()) {
        m_context.errorAtKey(
            value, u"unknown key \"%1\", did you mean \"%2\"?"_s.arg(key, meant), meant);
    } else {
        m_context.errorAtKey(
            value, u"unknown key \"%1\"; the keys here are: %2"_s.arg(key, knownKeys(m_known)));
    }
}

Value MapReader::valueOf(const Entry &entry) const
{
    Value value;
    value.node = entry.value->kind == Node::Kind::Null ? nullptr : entry.value;
    value.key = entry.key;
    value.keyPlace = entry.place;
    value.path = m_map.path;
    value.path.append(QString::fromUtf8(entry.key));
    value.variable = entry.variable;
    return value;
}

std::vector<Value> entriesOf(Context &context, const Value &map)
{
    std::vector<Value> values;
    if (!map)
        return values;
    if (!map.isMap()) {
        context.error(map, u"a map is expected here (lines of \"key: value\")"_s);
        return values;
    }
    values.reserve(map.node->entries.size());
    for (const Entry &entry : map.node->entries) {
        if (entry.value->kind == Node::Kind::Null)
            continue;
        Value value{entry.value, entry.key, entry.place, map.path, entry.variable};
        value.path.append(QString::fromUtf8(entry.key));
        values.push_back(std::move(value));
    }
    return values;
}

std::vector<Value> itemsOf(Context &context, const Value &list)
{
    std::vector<Value> values;
    if (!list)
        return values;
    if (!list.isSequence()) {
        context.error(list, u"a list is expected here"_s);
        return values;
    }
    values.reserve(list.node->items.size());
    for (size_t i = 0; i < list.node->items.size(); ++i) {
        const Node *node = list.node->items[i];
        const QByteArray index = QByteArray::number(static_cast<qulonglong>(i));
        Value value{node, index, node->place, list.path, list.variable};
        value.path.append(QString::fromLatin1(index));
        if (node->kind == Node::Kind::Null)
            context.error(value, u"this item of the list is empty"_s);
        else
            values.push_back(std::move(value));
    }
    return values;
}

QByteArray nearest(QByteArrayView text, const QList<QByteArrayView> &candidates)
{
    if (text.size() > MaxComparedLength)
        return {};
    const QByteArray wanted = spelledLikeKeys(text);
    QByteArray best;
    int bestDistance = std::max(1, static_cast<int>(wanted.size()) / 3) + 1;
    for (const QByteArrayView candidate : candidates) {
        // Texts are at least as far apart as their lengths.
        if (candidate.size() > MaxComparedLength
            || std::abs(candidate.size() - wanted.size()) >= bestDistance)
            continue;
        const int distance = editDistance(wanted, spelledLikeKeys(candidate));
        if (distance < bestDistance) {
            bestDistance = distance;
            best = candidate.toByteArray();
        }
    }
    return best;
}

} // namespace sluice::config
