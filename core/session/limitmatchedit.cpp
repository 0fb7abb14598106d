// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/limitedits.h"
#include "core/session/limitshape.h"
#include "core/session/textpatch.h"

namespace sluice::session {

using namespace Qt::StringLiterals;
using config::LimitMatch;
using config::LimitRule;
using config::YamlPath;
namespace yamlpatch = config::yamlpatch;

namespace {

using Globs = QList<QByteArray>;

QString flowList(const Globs &globs)
{
    QStringList items;
    for (const QByteArray &glob : globs)
        items.append(quoted(QString::fromUtf8(glob)));
    return u'[' + items.join(u", "_s) + u']';
}

/// Items that stay keep their lines: those that are gone go, then the rest is made equal in place.
void rewriteItems(TextPatch &patch, const YamlPath &list, Globs old, const Globs &next)
{
    for (qsizetype i = old.size() - 1; i >= 0 && old.size() > 1; --i) {
        if (old.size() <= next.size() || next.contains(old.at(i)))
            continue;
        patch.drop(list, QString::number(i));
        old.removeAt(i);
    }
    while (old.size() > next.size()) {
        patch.drop(list, QString::number(old.size() - 1));
        old.removeLast();
    }
    for (qsizetype i = 0; i < next.size(); ++i) {
        const QString glob = QString::fromUtf8(next.at(i));
        patch.apply([&](const QByteArray &text) {
            return i < old.size()
                ? yamlpatch::setScalar(text, child(list, QString::number(i)), glob)
                : yamlpatch::appendItem(text, list, quoted(glob));
        });
    }
}

void setGlobs(TextPatch &patch, const YamlPath &match, const QString &key, const Globs &old,
    const Globs &next)
{
    using limitshape::Kind;
    if (old == next)
        return;
    if (next.isEmpty()) {
        patch.drop(match, key);
        return;
    }
    const YamlPath path = child(match, key);
    const Kind kind = limitshape::kindAt(patch.text(), path);
    if (kind == Kind::Scalar && next.size() == 1) {
        patch.set(match, key, QString::fromUtf8(next.constFirst()));
        return;
    }
    const bool isKnown =
        kind == Kind::List && limitshape::countAt(patch.text(), path) == old.size();
    if (isKnown) {
        rewriteItems(patch, path, old, next);
        return;
    }
    patch.drop(match, key);
    patch.set(match, key, flowList(next));
}

/// The names of properties may be written with capital letters.
QString writtenKey(const QStringList &keys, const QByteArray &name)
{
    QString lower = QString::fromUtf8(name);
    for (const QString &key : keys) {
        if (key.toLower() == lower)
            return key;
    }
    return lower;
}

void setProperties(
    TextPatch &patch, const YamlPath &match, const LimitMatch &old, const LimitMatch &next)
{
    const YamlPath path = child(match, u"properties"_s);
    const QStringList keys = limitshape::keysAt(patch.text(), path);
    for (const QByteArray &name : old.properties.keys()) {
        if (!next.properties.contains(name))
            patch.drop(path, writtenKey(keys, name));
    }
    for (auto it = next.properties.begin(); it != next.properties.end(); ++it) {
        if (old.properties.value(it.key()) != it.value())
            patch.setText(path, writtenKey(keys, it.key()), QString::fromUtf8(it.value()));
    }
    patch.dropIfEmpty(match, u"properties"_s);
}

} // namespace

ConfigDraft::Change setMatch(const LimitRule &rule, const LimitMatch &match)
{
    return [rule, match](const QByteArray &text) -> Result<QByteArray> {
        TextPatch patch(text);
        const YamlPath path = child(rule.path, u"match"_s);
        const LimitMatch &old = rule.match;
        if (limitshape::kindAt(text, rule.path) == limitshape::Kind::Scalar) {
            if (match.isEmpty())
                return text;
            patch.apply([&rule](const QByteArray &before) {
                return limitshape::wrapInMap(before, rule.path, u"policy"_s);
            });
        }
        setGlobs(patch, path, u"models"_s, old.models, match.models);
        setGlobs(patch, path, u"keys"_s, old.keys, match.keys);
        setGlobs(patch, path, u"teams"_s, old.teams, match.teams);
        setGlobs(patch, path, u"users"_s, old.users, match.users);
        setGlobs(patch, path, u"providers"_s, old.providers, match.providers);
        setProperties(patch, path, old, match);
        patch.dropIfEmpty(rule.path, u"match"_s);
        return patch.result();
    };
}

} // namespace sluice::session
