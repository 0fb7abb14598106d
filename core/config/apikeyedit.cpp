// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/apikeyedit.h"

#include "core/config/yamlindex.h"
#include "core/config/yamlpatch.h"
#include "core/config/yamltext.h"

#include <algorithm>
#include <vector>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

const YamlPath &keysPath()
{
    static const YamlPath path{u"api-keys"_s};
    return path;
}

/// Which items of `api-keys` have this name. A text that is not YAML has none: the patcher says
/// why.
std::vector<size_t> entriesNamed(const QByteArray &text, const QString &name)
{
    std::vector<size_t> found;
    const QByteArray body = text.sliced(yaml::byteOrderMark(text).size());
    const Result<yaml::Tree> tree = yaml::Tree::parse(body);
    if (!tree || tree->root < 0)
        return found;
    const int entry = tree->entryOf(tree->root, "api-keys");
    if (entry < 0)
        return found;
    const yaml::Node &list = tree->at(tree->at(tree->root).children[size_t(entry) + 1]);
    if (list.kind != yaml::Kind::Sequence)
        return found;
    for (size_t i = 0; i < list.children.size(); ++i) {
        const int key = list.children[i];
        const bool isMap = tree->at(key).kind == yaml::Kind::Map;
        const int named = isMap ? tree->entryOf(key, "name") : -1;
        if (named >= 0 && tree->at(tree->at(key).children[size_t(named) + 1]).text == name.toUtf8())
            found.push_back(i);
    }
    return found;
}

bool isHash(const QByteArray &hash)
{
    return hash.size() == 64 && std::all_of(hash.begin(), hash.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
}

Result<QByteArray> revokeEntry(const QByteArray &text, size_t index)
{
    const YamlPath entry = keysPath() + YamlPath{QString::number(index)};
    const YamlPath flag = entry + YamlPath{u"disabled"_s};
    if (yamlpatch::lineOf(text, flag) > 0)
        return yamlpatch::setScalar(text, flag, u"true"_s);
    return yamlpatch::insertKey(text, entry, u"disabled"_s, u"true"_s);
}

} // namespace

Result<QByteArray> addApiKey(const QByteArray &text, const QString &name, const QByteArray &hash,
    const QString &owner, const QString &team)
{
    if (name.isEmpty())
        return Error{ErrorCode::Invalid, u"a key needs a name"_s, {}};
    if (!isHash(hash))
        return Error{ErrorCode::Invalid, u"the key's hash is not 64 hexadecimal digits"_s, {}};
    if (!entriesNamed(text, name).empty())
        return Error{ErrorCode::Conflict,
            u"there is a key named %1 already; choose another name"_s.arg(name), {}};
    QByteArray value =
        "{name: " + yaml::writeString(name).bytes + ", hash: \"sha256:" + hash + "\"";
    if (!owner.isEmpty())
        value += ", owner: " + yaml::writeString(owner).bytes;
    if (!team.isEmpty())
        value += ", team: " + yaml::writeString(team).bytes;
    value += "}";
    return yamlpatch::appendItem(text, keysPath(), QString::fromUtf8(value));
}

Result<QByteArray> revokeApiKey(const QByteArray &text, const QString &name)
{
    const std::vector<size_t> entries = entriesNamed(text, name);
    if (entries.empty())
        return Error{ErrorCode::NotFound, u"there is no key named %1 in the file"_s.arg(name), {}};
    Result<QByteArray> revoked = text;
    for (const size_t index : entries) {
        if (revoked)
            revoked = revokeEntry(*revoked, index);
    }
    return revoked;
}

} // namespace sluice::config
