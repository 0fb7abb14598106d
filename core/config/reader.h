// SPDX-License-Identifier: GPL-3.0-or-later
// Walks a parsed document key by key, so that whatever nobody asked for is an unknown key.
// Internal to core/config; used by one thread during one load().
#pragma once

#include "core/config/configuration.h"
#include "core/config/document.h"

#include <QHash>
#include <QProcessEnvironment>
#include <QSet>

#include <optional>
#include <vector>

namespace sluice::config {

/// One value with everything a finding about it needs. May be absent (also when written as null:
/// RFC 7396, null brings the default back).
struct Value
{
    const Node *node = nullptr; ///< null = absent
    QByteArray key; ///< last element of path
    Place keyPlace;
    QStringList path;
    QByteArray variable; ///< the environment variable that set it, if one did

    explicit operator bool() const { return node != nullptr; }

    /// Where a finding about the value points.
    [[nodiscard]] Place place() const;
    /// How a finding names it: the variable, or the dotted path.
    [[nodiscard]] QString name() const;
    [[nodiscard]] bool isScalar() const;
    [[nodiscard]] bool isMap() const;
    [[nodiscard]] bool isSequence() const;
};

/// A name in a limit of something that another section defines, checked once all are read.
struct Reference
{
    enum class Kind : quint8 { Key, Team, Member };

    Kind kind = Kind::Key;
    QByteArray name;
    Place place;
    Value value;
};

inline constexpr qsizetype MaxFindings = 5000;

/// What one load() knows while it reads.
class Context
{
public:
    explicit Context(const QProcessEnvironment &environment) : m_environment(environment) { }

    Configuration config;
    QSet<QByteArray> providerNames; ///< after providers were read
    QSet<QByteArray> routerNames; ///< every name written under routers:, valid or not
    QHash<QByteArray, QList<QByteArray>> teamsOfMember;
    QSet<QByteArray> teamNames;
    QSet<QByteArray> limitNames; ///< of every limit read so far
    std::vector<Reference> references;
    Value address; ///< server.address as written
    QString folder; ///< where files are that the text names; empty: none is read
    QString priceFile; ///< the one that was to be read

    [[nodiscard]] const QProcessEnvironment &environment() const { return m_environment; }

    void error(const Value &value, const QString &message, const QString &fix = {});
    void warn(const Value &value, const QString &message, const QString &fix = {});
    void hint(const Value &value, const QString &message, const QString &fix = {});
    /// The same, pointing at the key rather than at the value.
    void errorAtKey(const Value &value, const QString &message, const QString &fix = {});
    void warnAtKey(const Value &value, const QString &message, const QString &fix = {});

    /// Records a finding; after MaxFindings only the worst severity of the rest is kept.
    void add(const Finding &finding);

    /// True if what add() gets is only counted, so that nobody need word it well.
    [[nodiscard]] bool isFull() const { return m_findings.size() >= MaxFindings; }

    /// All findings, ordered by place.
    [[nodiscard]] Findings takeFindings();

private:
    QProcessEnvironment m_environment;
    Findings m_findings;
    std::optional<Severity> m_dropped;
};

/// Reads the keys of one map. finish() reports every key that was not asked for.
class MapReader
{
public:
    /// Reports a value that is neither a map nor absent.
    MapReader(Context &context, Value map);

    /// The value of key, or an absent one. key must be a literal.
    Value take(QByteArrayView key);

    /// Takes key; if it is there, warns at it that it has no effect.
    void ignore(QByteArrayView key, const QString &message);

    void finish();

    /// True if the value is a map (an absent one is not).
    [[nodiscard]] bool isMap() const { return m_isMap; }

    [[nodiscard]] const Value &value() const { return m_map; }

private:
    [[nodiscard]] Value valueOf(const Entry &entry) const;
    void reportUnknown(const Entry &entry);

    Context &m_context;
    Value m_map;
    bool m_isMap = false;
    std::vector<bool> m_taken;
    QList<QByteArrayView> m_known;
};

/// The entries of a map whose keys are names; reports any other kind of value. Entries that are
/// null are left out.
std::vector<Value> entriesOf(Context &context, const Value &map);

/// The items of a list; reports any other kind of value and null items.
std::vector<Value> itemsOf(Context &context, const Value &list);

/// The candidate nearest to text by edit distance, if it is near enough to be what was meant.
QByteArray nearest(QByteArrayView text, const QList<QByteArrayView> &candidates);

} // namespace sluice::config
