// SPDX-License-Identifier: GPL-3.0-or-later
// Several edits of one YAML text in a row: the first that is refused ends it. Pure, any thread.
#pragma once

#include "core/config/yamlpatch.h"

#include <functional>

namespace sluice::session {

class TextPatch final
{
public:
    explicit TextPatch(const QByteArray &text) : m_text(text) { }

    using Step = std::function<Result<QByteArray>(const QByteArray &)>;
    TextPatch &apply(const Step &step);

    /// Sets map.key, or adds it; value is YAML as it is: a number, a duration, a flow map.
    TextPatch &set(const config::YamlPath &map, const QString &key, const QString &value);

    /// The same for a text, which is quoted where it must be.
    TextPatch &setText(const config::YamlPath &map, const QString &key, const QString &text);

    /// Deletes map.key if it is there.
    TextPatch &drop(const config::YamlPath &map, const QString &key);

    /// Deletes parent.key if it is an empty map or list.
    TextPatch &dropIfEmpty(const config::YamlPath &parent, const QString &key);

    TextPatch &fail(const Error &error);

    [[nodiscard]] bool has(const config::YamlPath &path) const;

    /// The text so far; empty after an error.
    [[nodiscard]] QByteArray text() const { return m_text ? *m_text : QByteArray(); }

    [[nodiscard]] const Result<QByteArray> &result() const { return m_text; }

private:
    Result<QByteArray> m_text;
};

/// map.key as a path.
config::YamlPath child(config::YamlPath map, const QString &key);

/// A text as a YAML flow value: plain where that is safe, else quoted.
QString quoted(const QString &text);

} // namespace sluice::session
