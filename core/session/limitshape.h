// SPDX-License-Identifier: GPL-3.0-or-later
// Edits that change how a limit is written but not what it says: a map into a list of one, a text
// into a map, a key into another one. Like config::yamlpatch they keep every byte that they do not
// concern and are verified by parsing again. Pure, any thread.
#pragma once

#include "core/config/yamlpatch.h"

#include <optional>

namespace sluice::session::limitshape {

using config::YamlPath;

enum class Kind : quint8 { Absent, Null, Scalar, Map, List, Other };

/// What stands at path; Other behind an alias. Absent in a text that is no YAML.
Kind kindAt(const QByteArray &text, const YamlPath &path);

/// The scalar at path, if there is one.
std::optional<QString> scalarAt(const QByteArray &text, const YamlPath &path);

/// The keys of the map at path as they are written, in order; those that are texts.
QStringList keysAt(const QByteArray &text, const YamlPath &path);

/// How many items or entries the list or map at path has; 0 for everything else.
qsizetype countAt(const QByteArray &text, const YamlPath &path);

/// The map at path becomes the only item of a list, with `name:` before its other keys unless it
/// has one. A block map keeps its lines and their comments, two columns further in.
Result<QByteArray> wrapInList(const QByteArray &text, const YamlPath &path, const QString &name);

/// The text at path, an item of a list, becomes the only entry of a map: {key: text}.
Result<QByteArray> wrapInMap(const QByteArray &text, const YamlPath &path, const QString &key);

/// The last component of path becomes another key; its value and its place stay.
Result<QByteArray> renameKey(const QByteArray &text, const YamlPath &path, const QString &key);

} // namespace sluice::session::limitshape
