// SPDX-License-Identifier: GPL-3.0-or-later
// The tree of a YAML text with the place of every key and value, bounded in depth and size.
// Internal to core/config. Values in an arena that the Document owns; any thread, one at a time.
#pragma once

#include "core/config/finding.h"

#include <QByteArray>
#include <QByteArrayView>

#include <deque>
#include <vector>

namespace sluice::config {

struct Node;

/// One `key: value` of a map.
struct Entry
{
    QByteArray key;
    Place place; ///< of the key
    Node *value = nullptr; ///< never null
    QByteArray variable; ///< the environment variable that put it here; empty = the file
};

/// A value. Aliased values are shared, so a Node may hang in the tree more than once.
struct Node
{
    enum class Kind : quint8 { Null, Scalar, Sequence, Map };

    Kind kind = Kind::Null;
    bool isPlain = true; ///< unquoted, so that 5 is a number and true a boolean
    bool isLiteral = false; ///< ${NAME} is not replaced in it
    Place place;
    int textOffset = -1; ///< Scalar: characters from place to its text, if the file holds the
                         ///< text exactly as it reads (no escapes, no folded lines)
    QByteArray text; ///< Scalar
    std::vector<Entry> entries; ///< Map
    std::vector<Node *> items; ///< Sequence

    /// The entry with this key, or null.
    [[nodiscard]] Entry *find(QByteArrayView key);
    [[nodiscard]] const Entry *find(QByteArrayView key) const;
};

/// Owns the nodes of one parsed text.
class Document
{
public:
    /// The root value; a Null node for an empty text.
    [[nodiscard]] Node *root() const { return m_root; }

    void setRoot(Node *root) { m_root = root; }

    /// A new node that lives as long as the document.
    Node *create(Node::Kind kind, Place place);

    /// A new node with the same content; its children stay shared.
    Node *copy(const Node &node);

    [[nodiscard]] std::size_t size() const { return m_nodes.size(); }

private:
    std::deque<Node> m_nodes;
    Node *m_root = nullptr;
};

/// Limits of a text: beyond them parsing is refused with a finding.
inline constexpr qsizetype MaxTextBytes = 8 * 1024 * 1024;
inline constexpr int MaxDepth = 100;
inline constexpr std::size_t MaxNodes = 1'000'000; ///< written in the text
inline constexpr std::size_t MaxAliasedNodes = 100'000; ///< that aliases repeat

/// Parses text into document: UTF-8, YAML syntax, duplicate keys, unterminated quotes. Returns
/// false, with at least one error in findings, if there is no tree; duplicate keys are errors that
/// leave a tree (with the first of them), so that the rest can be checked too. Never throws.
bool parseDocument(const QByteArray &text, Document &document, Findings &findings);

} // namespace sluice::config
