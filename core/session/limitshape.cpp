// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/limitshape.h"

#include "core/config/yamledit.h"
#include "core/config/yamlscan.h"
#include "core/config/yamltext.h"

namespace sluice::session::limitshape {

using namespace Qt::StringLiterals;
namespace yaml = config::yaml;
using yaml::Node;
using yaml::Plan;
using yaml::Replacement;
using yaml::Style;
using yaml::Tree;

namespace {

/// A text split into its byte order mark and the tree of the rest, and the value at a path.
struct Place
{
    QByteArray mark;
    Tree tree;
    yaml::Walk walk;

    [[nodiscard]] const Node &node() const { return tree.at(walk.node); }
};

Result<Place> findPlace(const QByteArray &text, const YamlPath &path, yaml::Reach reach)
{
    const QByteArray mark = yaml::byteOrderMark(text);
    Result<Tree> tree = Tree::parse(text.sliced(mark.size()));
    if (!tree)
        return yaml::refused(
            u"the file cannot be edited until it is valid YAML: %1"_s.arg(tree.error().message));
    const Result<yaml::Walk> walk = yaml::findForEdit(*tree, path, reach);
    if (!walk)
        return walk.error();
    return Place{mark, *std::move(tree), *walk};
}

Result<QByteArray> finish(const Place &place, const Plan &plan)
{
    const Result<QByteArray> body = yaml::applyAndVerify(place.tree, plan);
    if (!body)
        return body.error();
    return QByteArray(place.mark + *body);
}

/// A value goes into a new list or map that takes its place, behind `before`. An anchor that
/// nothing uses stays in front.
void wrapNode(Tree &tree, int node, yaml::Kind kind, std::vector<int> before)
{
    const int inner = int(tree.nodes.size());
    tree.nodes.emplace_back(tree.at(node));
    tree.at(inner).anchor = 0;
    before.push_back(inner);
    Node &outer = tree.at(node);
    outer.kind = kind;
    outer.tag = "?";
    outer.text.clear();
    outer.children = std::move(before);
}

/// Spaces before every line of [begin, end) but the first; blank lines stay blank.
std::vector<Replacement> indented(const QByteArray &text, qsizetype begin, qsizetype end)
{
    std::vector<Replacement> out;
    for (qsizetype line = yaml::nextLine(text, begin); line < end;
         line = yaml::nextLine(text, line)) {
        if (line < yaml::lineEnd(text, line))
            out.push_back({line, line, "  "});
    }
    return out;
}

std::vector<Replacement> wrapBlock(const Tree &tree, const Node &map, const QByteArray &name)
{
    const QByteArray &text = tree.text;
    const qsizetype begin = tree.at(map.children.front()).lead;
    QByteArray head = "- ";
    if (!name.isEmpty())
        head += "name: " + name + yaml::eolAt(text, begin)
            + QByteArray(yaml::columnOf(text, begin) + 2, ' ');
    std::vector<Replacement> out{{begin, begin, head}};
    const std::vector<Replacement> lines = indented(text, begin, map.end);
    out.insert(out.end(), lines.begin(), lines.end());
    return out;
}

std::vector<Replacement> wrapFlow(const Tree &tree, const Node &map, const QByteArray &name)
{
    const QByteArray &text = tree.text;
    const qsizetype inside = map.begin + 1;
    QByteArray first;
    if (!name.isEmpty())
        first = "name: " + name + (map.children.empty() ? "" : ", ");
    const bool isOneLine = yaml::lineEnd(text, map.begin) == yaml::lineEnd(text, map.end);
    const bool isBelowKey = !map.inFlow && map.anchor == 0 && isOneLine
        && yaml::skipBlanks(text, map.slot) == map.begin;
    if (!isBelowKey)
        return {{map.begin, map.begin, "["}, {inside, inside, first}, {map.end, map.end, "]"}};
    const QByteArray dash =
        yaml::eolAt(text, map.begin) + QByteArray(yaml::columnOf(text, map.lead) + 2, ' ') + "- ";
    return {{map.slot, map.begin, dash}, {inside, inside, first}};
}

} // namespace

Kind kindAt(const QByteArray &text, const YamlPath &path)
{
    const Result<Place> place = findPlace(text, path, yaml::Reach::Entry);
    if (!place || place->walk.node < 0)
        return Kind::Absent;
    switch (place->node().kind) {
    case yaml::Kind::Null:
        return Kind::Null;
    case yaml::Kind::Scalar:
        return Kind::Scalar;
    case yaml::Kind::Map:
        return Kind::Map;
    case yaml::Kind::Sequence:
        return Kind::List;
    case yaml::Kind::Alias:
        break;
    }
    return Kind::Other;
}

std::optional<QString> scalarAt(const QByteArray &text, const YamlPath &path)
{
    const Result<Place> place = findPlace(text, path, yaml::Reach::Entry);
    if (!place || place->walk.node < 0 || place->node().kind != yaml::Kind::Scalar)
        return std::nullopt;
    return QString::fromUtf8(place->node().text);
}

QStringList keysAt(const QByteArray &text, const YamlPath &path)
{
    QStringList keys;
    const Result<Place> place = findPlace(text, path, yaml::Reach::Entry);
    if (!place || place->walk.node < 0 || place->node().kind != yaml::Kind::Map)
        return keys;
    const std::vector<int> &children = place->node().children;
    for (size_t i = 0; i < children.size(); i += 2) {
        const Node &key = place->tree.at(children[i]);
        if (key.kind == yaml::Kind::Scalar)
            keys.append(QString::fromUtf8(key.text));
    }
    return keys;
}

qsizetype countAt(const QByteArray &text, const YamlPath &path)
{
    const Result<Place> place = findPlace(text, path, yaml::Reach::Entry);
    if (!place || place->walk.node < 0)
        return 0;
    const auto children = qsizetype(place->node().children.size());
    return place->node().kind == yaml::Kind::Map ? children / 2 : children;
}

Result<QByteArray> wrapInList(const QByteArray &text, const YamlPath &path, const QString &name)
{
    const Result<Place> place = findPlace(text, path, yaml::Reach::Value);
    if (!place)
        return place.error();
    const Node &map = place->node();
    if (map.kind != yaml::Kind::Map || map.style == Style::ImplicitPair)
        return yaml::refused(u"%1 is not a map"_s.arg(yaml::describe(path)));
    Plan plan{{}, place->tree};
    QByteArray written;
    if (place->tree.entryOf(place->walk.node, "name") < 0) {
        const yaml::Written scalar = yaml::writeString(name);
        written = scalar.bytes;
        const int key = yaml::addScalar(plan.expected, "name", "?");
        const int value = yaml::addScalar(plan.expected, name.toUtf8(), scalar.tag);
        std::vector<int> &children = plan.expected.at(place->walk.node).children;
        children.insert(children.begin(), {key, value});
    }
    plan.replacements = map.style == Style::Flow ? wrapFlow(place->tree, map, written)
                                                 : wrapBlock(place->tree, map, written);
    wrapNode(plan.expected, place->walk.node, yaml::Kind::Sequence, {});
    return finish(*place, plan);
}

Result<QByteArray> wrapInMap(const QByteArray &text, const YamlPath &path, const QString &key)
{
    const Result<Place> place = findPlace(text, path, yaml::Reach::Value);
    if (!place)
        return place.error();
    const Node &scalar = place->node();
    const bool isQuoted =
        scalar.style == Style::SingleQuoted || scalar.style == Style::DoubleQuoted;
    if (scalar.kind != yaml::Kind::Scalar || (scalar.style != Style::Plain && !isQuoted))
        return yaml::refused(
            u"%1 is not written as a plain value; edit it as text"_s.arg(yaml::describe(path)));
    Plan plan{
        {{scalar.begin, scalar.begin, "{" + key.toUtf8() + ": "}, {scalar.end, scalar.end, "}"}},
        place->tree};
    const int added = yaml::addScalar(plan.expected, key.toUtf8(), "?");
    wrapNode(plan.expected, place->walk.node, yaml::Kind::Map, {added});
    return finish(*place, plan);
}

Result<QByteArray> renameKey(const QByteArray &text, const YamlPath &path, const QString &key)
{
    const Result<Place> place = findPlace(text, path, yaml::Reach::Entry);
    if (!place)
        return place.error();
    const Node &value = place->node();
    const int map = value.parent;
    if (map < 0 || place->tree.at(map).kind != yaml::Kind::Map)
        return yaml::refused(u"%1 is not the key of a map"_s.arg(yaml::describe(path)));
    if (place->tree.entryOf(map, key.toUtf8()) >= 0)
        return yaml::refused(
            u"%1 already has %2"_s.arg(yaml::describe(path.first(path.size() - 1)), key));
    const int index = place->tree.at(map).children[size_t(place->walk.entry) - 1];
    const Node &old = place->tree.at(index);
    const yaml::Written written = yaml::writeString(key);
    Plan plan{{{old.begin, old.end, written.bytes}}, place->tree};
    plan.expected.at(index).text = key.toUtf8();
    plan.expected.at(index).tag = written.tag;
    return finish(*place, plan);
}

} // namespace sluice::session::limitshape
