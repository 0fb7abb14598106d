// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/yamlpatch.h"

#include "core/config/yamledit.h"
#include "core/config/yamlinsert.h"
#include "core/config/yamlremove.h"
#include "core/config/yamlscan.h"
#include "core/config/yamltext.h"

namespace sluice::config::yamlpatch {

using namespace Qt::StringLiterals;
using namespace sluice::config::yaml;

namespace {

/// A text split into its byte order mark and the tree of the rest.
struct Source
{
    QByteArray mark;
    Tree tree;
};

Result<Source> read(const QByteArray &text)
{
    const QByteArray mark = byteOrderMark(text);
    Result<Tree> tree = Tree::parse(text.sliced(mark.size()));
    if (!tree)
        return refused(
            u"the file cannot be edited until it is valid YAML: %1"_s.arg(tree.error().message));
    return Source{mark, *std::move(tree)};
}

Result<QByteArray> finish(const Source &source, const Result<Plan> &plan)
{
    if (!plan)
        return plan.error();
    const Result<QByteArray> body = applyAndVerify(source.tree, *plan);
    if (!body)
        return body.error();
    return QByteArray(source.mark + *body);
}

Result<void> checkScalar(const Tree &tree, int index, const YamlPath &path)
{
    const Node &node = tree.at(index);
    const int line = tree.lineOf(index);
    const QString place = describe(path);
    if (node.kind == Kind::Map || node.kind == Kind::Sequence)
        return refused(
            u"%1 (line %2) is a map or a list, not a single value"_s.arg(place).arg(line));
    if (node.style == Style::BlockScalar)
        return refused(u"%1 (line %2) is a block of text; edit it as text"_s.arg(place).arg(line));
    const QByteArrayView written =
        QByteArrayView(tree.text).sliced(node.begin, node.end - node.begin);
    if (written.contains('\n'))
        return refused(u"%1 (line %2) spans several lines; edit it as text"_s.arg(place).arg(line));
    const bool isBehindTag = node.kind == Kind::Scalar && node.style == Style::None;
    if (isBehindTag || index == tree.root)
        return refused(u"%1 (line %2) is not written as a plain value"_s.arg(place).arg(line));
    return {};
}

Plan planScalar(const Tree &tree, int index, const QString &value)
{
    const Node &node = tree.at(index);
    const Written written = writeScalar(value, node.style, node.inFlow);
    QByteArray bytes = written.bytes;
    if (node.style == Style::None) // nothing is written there yet
        bytes.prepend(node.hasSlot ? " " : ": ");
    Plan plan{{{node.begin, node.end, bytes}}, tree};
    Node &edited = plan.expected.at(index);
    edited.kind = Kind::Scalar;
    edited.text = value.toUtf8();
    const bool hasOwnTag = !node.tag.isEmpty() && node.tag != "?" && node.tag != "!";
    if (!hasOwnTag)
        edited.tag = written.tag;
    return plan;
}

/// What a walk left over, as keys to create; an index or a merged map cannot be created.
Result<std::vector<QString>> missingKeys(const Tree &tree, const Walk &walk, const YamlPath &path)
{
    const Kind kind = walk.node < 0 ? Kind::Null : tree.at(walk.node).kind;
    if (walk.depth == path.size())
        return std::vector<QString>{};
    if (kind == Kind::Sequence)
        return Error{ErrorCode::NotFound,
            u"%1 is not in the file"_s.arg(describe(path.first(walk.depth + 1))), {}};
    if (kind == Kind::Map && tree.entryOf(walk.node, "<<") >= 0)
        return refused(u"%1 may come from the map that line %2 merges (<<); write it out there "
                       u"first"_s.arg(describe(path.first(walk.depth + 1)))
                           .arg(tree.lineOf(walk.node)));
    return std::vector<QString>(path.begin() + walk.depth, path.end());
}

/// The node behind alias, by its anchor's number; -1 if there is none.
int targetOf(const Tree &tree, int alias)
{
    for (int i = 0; i < int(tree.nodes.size()); ++i) {
        if (tree.at(i).kind != Kind::Alias && tree.at(i).anchor == tree.at(alias).anchor)
            return i;
    }
    return -1;
}

int childOf(const Tree &tree, int node, const QString &component)
{
    const Node &value = tree.at(node);
    if (value.kind == Kind::Map) {
        const int entry = tree.entryOf(node, component.toUtf8());
        return entry < 0 ? -1 : value.children[size_t(entry) + 1];
    }
    bool isNumber = false;
    const uint index = component.toUInt(&isNumber);
    const bool isThere = value.kind == Kind::Sequence && isNumber && index < value.children.size();
    return isThere ? value.children[index] : -1;
}

/// Where an insertion goes: how far the path leads, and the keys that must be made from there on.
struct Parent
{
    Source source;
    int node = -1; ///< -1: the file is empty
    Kind kind = Kind::Null;
    QString place; ///< of node, for messages
    std::vector<QString> keys;

    [[nodiscard]] int line() const { return source.tree.lineOf(node); }

    [[nodiscard]] Result<QByteArray> add(bool isItem, const QString &value)
    {
        const Addition addition{std::move(keys), isItem, value.trimmed().toUtf8()};
        return finish(source, planInsertion(source.tree, node, addition));
    }
};

Result<Parent> findParent(const QByteArray &text, const YamlPath &path)
{
    Result<Source> source = read(text);
    if (!source)
        return source.error();
    const Tree &tree = source->tree;
    const Result<Walk> walk = walkForEdit(tree, path);
    if (!walk)
        return walk.error();
    Result<std::vector<QString>> keys = missingKeys(tree, *walk, path);
    if (!keys)
        return keys.error();
    const Kind kind = walk->node < 0 ? Kind::Null : tree.at(walk->node).kind;
    return Parent{
        *std::move(source), walk->node, kind, describe(path.first(walk->depth)), *std::move(keys)};
}

} // namespace

Result<QByteArray> setScalar(const QByteArray &text, const YamlPath &path, const QString &value)
{
    const Result<Source> source = read(text);
    if (!source)
        return source.error();
    const Result<Walk> walk = findForEdit(source->tree, path);
    if (!walk)
        return walk.error();
    const Result<void> fits = checkScalar(source->tree, walk->node, path);
    if (!fits)
        return fits.error();
    const Node &node = source->tree.at(walk->node);
    if (node.kind == Kind::Scalar && node.text == value.toUtf8())
        return text;
    return finish(*source, planScalar(source->tree, walk->node, value));
}

Result<QByteArray> insertKey(
    const QByteArray &text, const YamlPath &parent, const QString &key, const QString &value)
{
    Result<Parent> found = findParent(text, parent);
    if (!found)
        return found.error();
    const Tree &tree = found->source.tree;
    if (found->kind != Kind::Map && found->kind != Kind::Null)
        return refused(u"%1 (line %2) is not a map"_s.arg(found->place).arg(found->line()));
    if (found->keys.empty() && found->kind == Kind::Map) {
        const int entry = tree.entryOf(found->node, key.toUtf8());
        if (entry >= 0)
            return refused(u"%1 already has %2 (line %3)"_s.arg(found->place, key)
                               .arg(tree.lineOf(tree.at(found->node).children[size_t(entry)])));
    }
    found->keys.push_back(key);
    return found->add(false, value);
}

Result<QByteArray> appendItem(const QByteArray &text, const YamlPath &parent, const QString &value)
{
    Result<Parent> found = findParent(text, parent);
    if (!found)
        return found.error();
    const Kind wanted = found->keys.empty() ? Kind::Sequence : Kind::Map;
    if (found->kind != wanted && found->kind != Kind::Null)
        return refused(u"%1 (line %2) is not a list"_s.arg(found->place).arg(found->line()));
    return found->add(true, value);
}

Result<QByteArray> remove(const QByteArray &text, const YamlPath &path)
{
    const Result<Source> source = read(text);
    if (!source)
        return source.error();
    if (path.isEmpty())
        return refused(u"the top level cannot be deleted"_s);
    // The container must be safe to edit; the entry itself may well be an alias.
    const Result<Walk> walk = findForEdit(source->tree, path, Reach::Entry);
    if (!walk)
        return walk.error();
    return finish(*source, planRemoval(source->tree, *walk));
}

int lineOf(const QByteArray &text, const YamlPath &path)
{
    const Result<Source> source = read(text);
    if (!source || source->tree.root < 0)
        return 0;
    const Tree &tree = source->tree;
    int node = tree.root;
    for (const QString &component : path) {
        if (tree.at(node).kind == Kind::Alias)
            node = targetOf(tree, node);
        node = node < 0 ? -1 : childOf(tree, node, component);
        if (node < 0)
            return 0;
    }
    return tree.lineOf(node);
}

} // namespace sluice::config::yamlpatch
