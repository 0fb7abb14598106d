// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/yamledit.h"

#include "core/config/yamlscan.h"

#include <algorithm>

namespace sluice::config::yaml {

using namespace Qt::StringLiterals;

namespace {

/// The first alias of the anchor with this number, or -1.
int aliasOf(const Tree &tree, int anchor)
{
    const auto names = [anchor](const Node &node) {
        return node.kind == Kind::Alias && node.anchor == anchor;
    };
    const auto found = std::find_if(tree.nodes.begin(), tree.nodes.end(), names);
    return found == tree.nodes.end() ? -1 : int(found - tree.nodes.begin());
}

/// Refuses if an edit at or below node would change a second place.
Result<void> checkUnshared(const Tree &tree, int node, const QString &place)
{
    const Node &value = tree.at(node);
    if (value.kind == Kind::Alias)
        return refused(
            u"%1 is an alias (line %2); edit the anchored value, or write it out here"_s.arg(place)
                .arg(tree.lineOf(node)));
    const int alias = value.anchor != 0 ? aliasOf(tree, value.anchor) : -1;
    if (alias >= 0)
        return refused(u"%1 has an anchor (line %2) that line %3 uses too, the edit would change "
                       u"both; write one of them out first"_s.arg(place)
                           .arg(tree.lineOf(node))
                           .arg(tree.lineOf(alias)));
    return {};
}

/// The child that the next path component names.
struct Step
{
    int child = -1; ///< index into children, -1 if there is none
    bool isTwice = false;
};

Step stepInto(const Tree &tree, int node, const QString &component)
{
    const Node &value = tree.at(node);
    if (value.kind == Kind::Sequence) {
        bool isNumber = false;
        const qlonglong index = component.toLongLong(&isNumber);
        const bool isThere = isNumber && index >= 0 && index < qlonglong(value.children.size());
        return {isThere ? int(index) : -1, false};
    }
    const QByteArray key = component.toUtf8();
    const int entry = tree.entryOf(node, key);
    if (entry < 0)
        return {};
    const auto same = [&tree, &key](int child) {
        return tree.at(child).kind == Kind::Scalar && tree.at(child).text == key;
    };
    qsizetype count = 0;
    for (size_t i = 0; i < value.children.size(); i += 2)
        count += same(value.children[i]) ? 1 : 0;
    return {entry + 1, count > 1};
}

/// True if the spans lie in the text one behind the other. Odd but valid YAML can put a plan's
/// spans out of order; such an edit is refused, never guessed.
bool isInOrder(const QByteArray &text, const std::vector<Replacement> &replacements)
{
    qsizetype reached = 0;
    for (const Replacement &replacement : replacements) {
        if (replacement.begin < reached || replacement.end < replacement.begin)
            return false;
        reached = replacement.end;
    }
    return reached <= text.size();
}

QByteArray patched(const QByteArray &text, const std::vector<Replacement> &replacements)
{
    QByteArray out;
    out.reserve(text.size() + 256);
    qsizetype copied = 0;
    for (const Replacement &replacement : replacements) {
        out += QByteArrayView(text).sliced(copied, replacement.begin - copied);
        out += replacement.bytes;
        copied = replacement.end;
    }
    out += QByteArrayView(text).sliced(copied);
    return out;
}

} // namespace

Error refused(const QString &why)
{
    return {ErrorCode::Refused, why, {}};
}

QString describe(const QStringList &path)
{
    return path.isEmpty() ? u"the top level"_s : path.join(u'.');
}

Result<Walk> walkForEdit(const Tree &tree, const QStringList &path, Reach reach)
{
    Walk walk{tree.root, -1, 0};
    while (walk.node >= 0) {
        if (walk.depth == path.size() && reach == Reach::Entry)
            break;
        const Result<void> unshared =
            checkUnshared(tree, walk.node, describe(path.first(walk.depth)));
        if (!unshared)
            return unshared.error();
        const Node &node = tree.at(walk.node);
        if (walk.depth == path.size() || node.kind == Kind::Null)
            break;
        if (node.kind == Kind::Scalar)
            return refused(u"%1 (line %2) is a single value and has no entries"_s
                               .arg(describe(path.first(walk.depth)))
                               .arg(tree.lineOf(walk.node)));
        const Step step = stepInto(tree, walk.node, path[walk.depth]);
        if (step.isTwice)
            return refused(u"%1 is there twice; delete one of them first"_s.arg(
                describe(path.first(walk.depth + 1))));
        if (step.child < 0)
            break;
        walk = {node.children[size_t(step.child)], step.child, walk.depth + 1};
    }
    return walk;
}

Result<Walk> findForEdit(const Tree &tree, const QStringList &path, Reach reach)
{
    Result<Walk> walk = walkForEdit(tree, path, reach);
    if (!walk || (walk->depth == path.size() && walk->node >= 0))
        return walk;
    const QString where = describe(path.first(walk->depth + (path.isEmpty() ? 0 : 1)));
    const bool mayMerge = walk->node >= 0 && tree.at(walk->node).kind == Kind::Map
        && tree.entryOf(walk->node, "<<") >= 0;
    if (mayMerge)
        return refused(u"%1 is not written in the map on line %2, which merges another one (<<); "
                       u"write the key out there first"_s.arg(where)
                           .arg(tree.lineOf(walk->node)));
    return Error{ErrorCode::NotFound, u"%1 is not in the file"_s.arg(where), {}};
}

Result<QByteArray> applyAndVerify(const Tree &tree, const Plan &plan)
{
    if (!isInOrder(tree.text, plan.replacements))
        return refused(
            u"the place is written in a way that cannot be edited here; edit it as text"_s);
    QByteArray text = patched(tree.text, plan.replacements);
    const Result<Tree> outcome = Tree::parse(text);
    if (!outcome)
        return refused(
            u"the edit would break the file (%1); edit it as text"_s.arg(outcome.error().message));
    if (!isSameValue(plan.expected, *outcome))
        return refused(u"the edit would change more than it should; edit the file as text"_s);
    return text;
}

int graft(Tree &to, const Tree &from, int node)
{
    const int index = int(to.nodes.size());
    to.nodes.push_back(from.at(node));
    to.at(index).children.clear();
    for (const int child : from.at(node).children) {
        const int copy = graft(to, from, child);
        to.at(index).children.push_back(copy);
    }
    return index;
}

int addScalar(Tree &tree, const QByteArray &text, const QByteArray &tag)
{
    Node node;
    node.kind = Kind::Scalar;
    node.text = text;
    node.tag = tag;
    tree.nodes.push_back(std::move(node));
    return int(tree.nodes.size()) - 1;
}

} // namespace sluice::config::yaml
