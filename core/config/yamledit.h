// SPDX-License-Identifier: GPL-3.0-or-later
// The parts that every edit of yamlpatch is made of: finding the place, the list of replaced spans
// with the tree that must come out, and the check of both. Pure, any thread.
#pragma once

#include "core/config/yamlindex.h"

#include <vector>

namespace sluice::config::yaml {

/// Bytes [begin, end) of the old text become `bytes`.
struct Replacement
{
    qsizetype begin = 0;
    qsizetype end = 0;
    QByteArray bytes;
};

/// An edit: what to write and what it must mean.
struct Plan
{
    std::vector<Replacement> replacements; ///< ascending, not overlapping
    Tree expected; ///< the old tree with the edit applied; only its values count
};

/// How far a path leads into a tree.
struct Walk
{
    int node = -1; ///< the deepest node that exists on the path
    int entry = -1; ///< index of that node in its parent's children, -1 for the root
    qsizetype depth = 0; ///< how many components led there
};

/// What an edit at the end of a path touches: the value there, or only its entry in the container.
enum class Reach : quint8 { Value, Entry };

/// Follows path from the root as far as it is written. An edit below must be safe to make: an alias
/// on the way, a key that is there twice, an anchored value that is used elsewhere too, or a scalar
/// with components left is Refused with its line.
Result<Walk> walkForEdit(const Tree &tree, const QStringList &path, Reach reach = Reach::Value);

/// As walkForEdit, and the whole path must exist (NotFound).
Result<Walk> findForEdit(const Tree &tree, const QStringList &path, Reach reach = Reach::Value);

/// "routers.prod.rate-limit", or "the top level" for the root.
QString describe(const QStringList &path);

/// Applies plan to the text of tree, parses the outcome and requires it to equal plan.expected.
/// Returns the new text without a byte order mark.
Result<QByteArray> applyAndVerify(const Tree &tree, const Plan &plan);

/// Copies the subtree at node of from to the end of to.nodes; its index there.
int graft(Tree &to, const Tree &from, int node);

/// Appends a plain or quoted scalar node, as the parser will see `tag`, to tree; its index.
int addScalar(Tree &tree, const QByteArray &text, const QByteArray &tag);

/// An error that says why an edit is not made.
Error refused(const QString &why);

} // namespace sluice::config::yaml
