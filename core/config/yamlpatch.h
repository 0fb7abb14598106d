// SPDX-License-Identifier: GPL-3.0-or-later
// Edits the text of a YAML file by replacing byte spans, so that every byte an edit does not
// concern stays as its author wrote it. Pure, any thread. Emitters are lossy and never used for
// this.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QStringList>

namespace sluice::config {

/// A place in a YAML tree from the root: map keys, and sequence indexes as decimal text.
using YamlPath = QStringList;

/// Each function returns the whole new text. The result was parsed again and equals the edited
/// value tree, or the edit is refused with the reason (for example: the place is behind an alias,
/// or inside a multi-line scalar). Quoting style, comments, anchors, line ends and a BOM survive.
namespace yamlpatch {

/// Replaces the scalar at path; keeps its quoting style where the new value allows it.
Result<QByteArray> setScalar(const QByteArray &text, const YamlPath &path, const QString &value);

/// Inserts `key: value` as the last entry of the map at parent, in that map's own style (block or
/// flow). value is YAML flow text ("60", "{capacity: 60, refill-frequency: 1m}"). Missing ancestors
/// are created as block maps.
Result<QByteArray> insertKey(
    const QByteArray &text, const YamlPath &parent, const QString &key, const QString &value);

/// Appends value (YAML flow text) to the sequence at parent, which is created if missing.
Result<QByteArray> appendItem(const QByteArray &text, const YamlPath &parent, const QString &value);

/// Deletes a map entry or a sequence item with its own trailing comment; a parent map that becomes
/// empty is written as `{}` where it stays, never removed.
Result<QByteArray> remove(const QByteArray &text, const YamlPath &path);

/// The 1-based line on which the value at path starts, or 0.
int lineOf(const QByteArray &text, const YamlPath &path);

} // namespace yamlpatch

} // namespace sluice::config
