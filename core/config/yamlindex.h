// SPDX-License-Identifier: GPL-3.0-or-later
// The value tree of a YAML text together with the byte span of every value: what yamlpatch edits by
// and verifies against. Built in one parser pass. Pure values, any thread.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QStringList>

#include <vector>

namespace sluice::config::yaml {

enum class Kind : quint8 { Null, Scalar, Alias, Map, Sequence };

enum class Style : quint8 {
    None, ///< a null that is not written, an alias, an empty scalar behind a tag
    Plain,
    SingleQuoted,
    DoubleQuoted,
    BlockScalar,
    Block, ///< a map or sequence by indentation
    Flow, ///< a map or sequence in braces or brackets
    ImplicitPair, ///< the map of `[a: b]`, without braces
};

/// One value. Offsets are bytes into Tree::text; `end` is behind the last byte of the value itself,
/// before any comment.
struct Node
{
    Kind kind = Kind::Null;
    Style style = Style::None;
    bool inFlow = false; ///< stands inside braces or brackets
    int parent = -1;
    int last = -1; ///< index of the last node of its subtree
    int anchor =
        0; ///< number of the anchor that it carries, for an alias of that it names; 0 = none
    qsizetype lead = 0; ///< where its entry starts: the dash of an item, the key of a map's entry
    qsizetype slot = 0; ///< where a value would be written: behind the ':' or '-' (and properties)
    qsizetype begin = 0; ///< first byte without properties
    qsizetype end = 0;
    bool hasSlot = true; ///< false: a key without ':' (`{k}`)
    QByteArray text; ///< a scalar's value, UTF-8
    QByteArray tag; ///< "?" plain, "!" quoted, else the tag
    std::vector<int> children; ///< of a map: key, value, key, value, ...
};

/// A whole document; nodes in document order.
struct Tree
{
    QByteArray text; ///< without a byte order mark
    std::vector<Node> nodes;
    int root = -1; ///< -1: the text holds no value at all

    /// Indexes text, which must be UTF-8 without a byte order mark and hold at most one document.
    static Result<Tree> parse(const QByteArray &text);

    [[nodiscard]] const Node &at(int node) const { return nodes[size_t(node)]; }

    [[nodiscard]] Node &at(int node) { return nodes[size_t(node)]; }

    [[nodiscard]] int lineOf(int node) const;

    /// Index into children of the entry with this key, or -1; more than one: the first.
    [[nodiscard]] int entryOf(int map, const QByteArray &key) const;

    /// True if both hold the same values: kinds, texts, tags (quoted "1" is not plain 1), order of
    /// keys, anchors and what aliases name. Styles and places do not count.
    friend bool isSameValue(const Tree &a, const Tree &b);
};

/// What a text starts with: its byte order mark, or nothing.
QByteArray byteOrderMark(const QByteArray &text);

} // namespace sluice::config::yaml
