// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/textpatch.h"

#include "core/config/yamltext.h"
#include "core/session/limitshape.h"

namespace sluice::session {

using config::YamlPath;
namespace yamlpatch = config::yamlpatch;

TextPatch &TextPatch::apply(const Step &step)
{
    if (m_text)
        m_text = step(*m_text);
    return *this;
}

TextPatch &TextPatch::set(const YamlPath &map, const QString &key, const QString &value)
{
    const YamlPath path = child(map, key);
    return apply([&](const QByteArray &text) {
        return yamlpatch::lineOf(text, path) > 0 ? yamlpatch::setScalar(text, path, value)
                                                 : yamlpatch::insertKey(text, map, key, value);
    });
}

TextPatch &TextPatch::setText(const YamlPath &map, const QString &key, const QString &text)
{
    return has(child(map, key)) ? set(map, key, text) : set(map, key, quoted(text));
}

TextPatch &TextPatch::drop(const YamlPath &map, const QString &key)
{
    const YamlPath path = child(map, key);
    if (!has(path))
        return *this;
    return apply([&path](const QByteArray &text) { return yamlpatch::remove(text, path); });
}

TextPatch &TextPatch::dropIfEmpty(const YamlPath &parent, const QString &key)
{
    using limitshape::Kind;
    const YamlPath path = child(parent, key);
    const Kind kind = limitshape::kindAt(text(), path);
    const bool isEmpty =
        (kind == Kind::Map || kind == Kind::List) && limitshape::countAt(text(), path) == 0;
    return isEmpty ? drop(parent, key) : *this;
}

TextPatch &TextPatch::fail(const Error &error)
{
    if (m_text)
        m_text = error;
    return *this;
}

bool TextPatch::has(const YamlPath &path) const
{
    return m_text && yamlpatch::lineOf(*m_text, path) > 0;
}

YamlPath child(YamlPath map, const QString &key)
{
    map.append(key);
    return map;
}

QString quoted(const QString &text)
{
    return QString::fromUtf8(config::yaml::writeString(text).bytes);
}

} // namespace sluice::session
