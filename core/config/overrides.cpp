// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/overrides.h"

#include <QList>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr QLatin1StringView Prefix("AI_GATEWAY__");

QByteArray normalized(const QByteArray &key)
{
    return key.toLower().replace('-', '_');
}

/// The existing key that a segment means, else the segment in kebab case; nullopt if two fit.
std::optional<QByteArray> resolveKey(const Node &map, const QByteArray &segment)
{
    const QByteArray kebab = QByteArray(segment).replace('_', '-');
    QByteArray found;
    for (const Entry &entry : map.entries) {
        if (entry.key == kebab)
            return kebab;
        if (normalized(entry.key) != segment)
            continue;
        if (!found.isEmpty())
            return std::nullopt;
        found = entry.key;
    }
    return found.isEmpty() ? kebab : found;
}

class Override
{
public:
    Override(Document &document, QString variable)
        : m_document(document), m_variable(std::move(variable))
    {
    }

    /// Sets the value and returns an empty text, or says what is wrong.
    QString apply(const QString &text)
    {
        QList<QByteArray> segments;
        for (const QString &part : m_variable.sliced(Prefix.size()).split(u"__"_s))
            segments.append(part.toLower().toUtf8());
        if (segments.contains(QByteArray()) || segments.size() > MaxDepth)
            return u"this variable names no key"_s;
        Node *map = ownedRoot();
        for (qsizetype i = 0; i < segments.size(); ++i) {
            const std::optional<QByteArray> key = resolveKey(*map, segments[i]);
            if (!key)
                return u"two keys of the file fit this variable"_s;
            m_path.append(QString::fromUtf8(*key));
            Entry &entry = entryOf(*map, *key);
            const bool isLast = i + 1 == segments.size();
            if (!isLast && entry.value->kind == Node::Kind::Sequence)
                return u"lists cannot be changed item by item"_s;
            if (isLast || entry.value->kind != Node::Kind::Map)
                mark(entry);
            if (isLast) {
                entry.value = m_document.create(Node::Kind::Scalar, {});
                entry.value->text = text.toUtf8();
                entry.value->isLiteral = true;
                break;
            }
            map = ownedMap(entry);
        }
        return {};
    }

    [[nodiscard]] QString path() const { return m_path.join(u'.'); }

private:
    Node *ownedRoot()
    {
        if (m_document.root()->kind != Node::Kind::Map)
            m_document.setRoot(m_document.create(Node::Kind::Map, {1, 1}));
        return m_document.root();
    }

    /// Copies a map before it changes: an alias may show it elsewhere too.
    Node *ownedMap(Entry &entry)
    {
        entry.value = entry.value->kind == Node::Kind::Map
            ? m_document.copy(*entry.value)
            : m_document.create(Node::Kind::Map, entry.place);
        return entry.value;
    }

    Entry &entryOf(Node &map, const QByteArray &key)
    {
        if (Entry *entry = map.find(key))
            return *entry;
        map.entries.push_back({key, {}, m_document.create(Node::Kind::Null, {}), {}});
        return map.entries.back();
    }

    void mark(Entry &entry) const
    {
        entry.variable = m_variable.toUtf8();
        entry.place = {};
    }

    Document &m_document;
    QString m_variable;
    QStringList m_path;
};

} // namespace

QStringList applyOverrides(
    Document &document, const QProcessEnvironment &environment, Findings &findings)
{
    QStringList names;
    for (const QString &name : environment.keys()) {
        if (name.startsWith(Prefix))
            names.append(name);
    }
    names.sort();
    QStringList paths;
    for (const QString &name : std::as_const(names)) {
        const bool rootIsWrong = document.root()->kind == Node::Kind::Scalar
            || document.root()->kind == Node::Kind::Sequence;
        if (rootIsWrong)
            break;
        Override override(document, name);
        const QString problem = override.apply(environment.value(name));
        if (problem.isEmpty())
            paths.append(override.path());
        else
            findings.append({Severity::Error, {}, name, problem, {}});
    }
    return paths;
}

} // namespace sluice::config
