// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/yamlinsert.h"

#include "core/config/yamlscan.h"

#include <algorithm>

namespace sluice::config::yaml {

using namespace Qt::StringLiterals;

namespace {

/// How many columns this author indents by.
struct Indents
{
    qsizetype map = 2;
    qsizetype sequence = 2;
};

qsizetype indentOf(const Tree &tree, Kind kind, qsizetype otherwise)
{
    for (const Node &node : tree.nodes) {
        if (node.kind != kind || node.style != Style::Block || node.parent < 0
            || tree.at(node.parent).kind != Kind::Map)
            continue;
        const qsizetype inner = columnOf(tree.text, tree.at(node.children.front()).lead);
        const qsizetype outer = columnOf(tree.text, node.lead);
        if (inner >= outer)
            return inner - outer;
    }
    return otherwise;
}

Indents indentsOf(const Tree &tree)
{
    const qsizetype map = std::max<qsizetype>(1, indentOf(tree, Kind::Map, 2));
    return {map, indentOf(tree, Kind::Sequence, map)};
}

/// The value of an addition as a tree of its own: the one item of a flow sequence.
Result<Tree> parseValue(const QByteArray &value)
{
    const Error invalid{ErrorCode::Invalid,
        u"\"%1\" is not one YAML value on one line"_s.arg(QString::fromUtf8(value)), {}};
    if (value.contains('\n') || value.contains('\r'))
        return invalid;
    const QByteArray wrapped = "[" + value + "]";
    Result<Tree> tree = Tree::parse(wrapped);
    if (!tree || tree->root != 0 || tree->at(0).children.size() != 1
        || tree->at(0).end != wrapped.size())
        return invalid;
    for (const Node &node : tree->nodes) {
        if (node.anchor != 0 || node.style == Style::ImplicitPair)
            return invalid;
    }
    return tree;
}

int addCollection(Tree &tree, Kind kind, std::vector<int> children)
{
    Node node;
    node.kind = kind;
    node.tag = "?";
    node.children = std::move(children);
    tree.nodes.push_back(std::move(node));
    return int(tree.nodes.size()) - 1;
}

/// Plans one insertion; holds what every case of it needs.
class Inserter
{
public:
    Inserter(const Tree &tree, int container, const Addition &addition)
        : m_tree(tree),
          m_text(tree.text),
          m_container(container),
          m_addition(addition),
          m_indents(indentsOf(tree))
    {
        for (const QString &key : addition.keys)
            m_keys.push_back(writeString(key));
    }

    [[nodiscard]] std::vector<Replacement> replacements() const;
    [[nodiscard]] Tree expected(const Tree &value) const;

private:
    using Replacements = std::vector<Replacement>;

    [[nodiscard]] const Node &container() const { return m_tree.at(m_container); }

    [[nodiscard]] bool isPlainSlot() const
    {
        return !container().inFlow && container().anchor == 0
            && (container().tag.isEmpty() || container().tag == "?");
    }

    [[nodiscard]] QByteArray blockText(qsizetype indent, const QByteArray &eol) const;
    [[nodiscard]] QByteArray flowText() const;
    [[nodiscard]] QByteArray wrappedFlowText() const;
    [[nodiscard]] Replacements intoEmptyDocument() const;
    [[nodiscard]] Replacements intoNull() const;
    [[nodiscard]] Replacements intoBlock() const;
    [[nodiscard]] Replacements intoEmptyFlow() const;
    [[nodiscard]] Replacements intoFlow() const;
    [[nodiscard]] Replacements belowSlot() const;

    const Tree &m_tree;
    const QByteArray &m_text;
    int m_container;
    const Addition &m_addition;
    Indents m_indents;
    std::vector<Written> m_keys;
};

/// The addition as block lines; the first one without its indentation, the last without line end.
QByteArray Inserter::blockText(qsizetype indent, const QByteArray &eol) const
{
    QByteArray out;
    const auto startLine = [&out, &eol](qsizetype column) {
        if (!out.isEmpty())
            out += eol + QByteArray(column, ' ');
    };
    for (const Written &key : m_keys) {
        startLine(indent);
        out += key.bytes + ":";
        indent += m_indents.map;
    }
    if (m_addition.isItem) {
        startLine(m_keys.empty() ? indent : indent - m_indents.map + m_indents.sequence);
        out += "-";
    }
    out += " " + m_addition.value;
    return out;
}

/// The addition as it stands between braces or brackets: "a: {b: 1}", or a bare item.
QByteArray Inserter::flowText() const
{
    QByteArray out = m_addition.value;
    if (m_addition.isItem && !m_keys.empty())
        out = "[" + out + "]";
    for (size_t i = m_keys.size(); i-- > 0;) {
        out = m_keys[i].bytes + ": " + out;
        if (i > 0)
            out = "{" + out + "}";
    }
    return out;
}

QByteArray Inserter::wrappedFlowText() const
{
    return m_keys.empty() ? QByteArray("[" + flowText() + "]") : QByteArray("{" + flowText() + "}");
}

std::vector<Replacement> Inserter::intoEmptyDocument() const
{
    qsizetype at = m_text.size();
    for (qsizetype line = 0; line < m_text.size(); line = nextLine(m_text, line)) {
        if (QByteArrayView(m_text).sliced(line).startsWith("...")) {
            at = line;
            break;
        }
    }
    const QByteArray eol = eolAt(m_text, 0);
    const bool isOpenLine = at > 0 && m_text[at - 1] != '\n';
    const QByteArray lead = isOpenLine ? eol : QByteArray();
    return {{at, at, QByteArray(lead + blockText(0, eol) + eol)}};
}

/// Puts the addition on the lines below the key that holds the container.
std::vector<Replacement> Inserter::belowSlot() const
{
    const qsizetype column =
        columnOf(m_text, container().lead) + (m_keys.empty() ? m_indents.sequence : m_indents.map);
    const qsizetype at = lineEnd(m_text, container().end);
    const QByteArray eol = eolAt(m_text, at);
    return {{at, at, QByteArray(eol + QByteArray(column, ' ') + blockText(column, eol))}};
}

std::vector<Replacement> Inserter::intoNull() const
{
    const Node &null = container();
    if (null.style == Style::Plain) // a written null gives way
        return {{null.begin, null.end, wrappedFlowText()}};
    if (!isPlainSlot()) {
        const QByteArray lead = null.hasSlot ? QByteArray(" ") : QByteArray(": ");
        return {{null.slot, null.slot, QByteArray(lead + wrappedFlowText())}};
    }
    if (m_tree.at(null.parent).kind == Kind::Map)
        return belowSlot();
    const qsizetype column = columnOf(m_text, null.slot) + 1;
    return {{null.slot, null.slot, QByteArray(" " + blockText(column, eolAt(m_text, null.slot)))}};
}

std::vector<Replacement> Inserter::intoBlock() const
{
    const Node &block = container();
    const qsizetype column = columnOf(m_text, m_tree.at(block.children.front()).lead);
    const qsizetype at = lineEnd(m_text, block.end);
    const QByteArray eol = eolAt(m_text, at);
    return {{at, at, QByteArray(eol + QByteArray(column, ' ') + blockText(column, eol))}};
}

std::vector<Replacement> Inserter::intoEmptyFlow() const
{
    const Node &flow = container();
    const qsizetype inside = flow.begin + 1;
    const bool isBare = skipBlanks(m_text, inside) == flow.end - 1;
    if (!isBare)
        return {{inside, inside, flowText()}};
    // `{}` holds a place; where it can, the first entry starts a block as people write it.
    if (!isPlainSlot())
        return {{inside, flow.end - 1, flowText()}};
    const bool isMapValue = flow.parent >= 0 && m_tree.at(flow.parent).kind == Kind::Map;
    if (!isMapValue) {
        const qsizetype column = columnOf(m_text, flow.begin);
        const QByteArray eol = eolAt(m_text, flow.begin);
        return {{flow.begin, flow.end, blockText(column, eol)}};
    }
    if (skipBlanks(m_text, flow.slot) != flow.begin)
        return {{inside, flow.end - 1, flowText()}};
    Replacements out = belowSlot();
    out.insert(out.begin(), {flow.slot, flow.end, {}});
    return out;
}

std::vector<Replacement> Inserter::intoFlow() const
{
    const Node &flow = container();
    const Node &last = m_tree.at(flow.children.back());
    const qsizetype next = skipTrivia(m_text, last.end);
    const bool hasComma = byteAt(m_text, next) == ',';
    const qsizetype behind = hasComma ? next + 1 : last.end;
    if (!isFirstOnLine(m_text, last.lead)) {
        const QByteArray lead = hasComma ? QByteArray(" ") : QByteArray(", ");
        return {{behind, behind, QByteArray(lead + flowText())}};
    }
    // One entry a line: the new one gets its own line, behind a comment of the last one.
    const QByteArray line = eolAt(m_text, behind) + QByteArray(columnOf(m_text, last.lead), ' ')
        + flowText() + (hasComma ? QByteArray(",") : QByteArray());
    const qsizetype end = lineEnd(m_text, behind);
    if (end >= flow.end) // the bracket closes on this line
        return {{behind, behind, QByteArray((hasComma ? QByteArray() : QByteArray(",")) + line)}};
    if (hasComma)
        return {{end, end, line}};
    if (end == last.end)
        return {{end, end, QByteArray("," + line)}};
    return {{last.end, last.end, ","}, {end, end, line}};
}

std::vector<Replacement> Inserter::replacements() const
{
    if (m_container < 0)
        return intoEmptyDocument();
    const Node &node = container();
    if (node.kind == Kind::Null)
        return node.parent < 0 && node.style == Style::None ? intoEmptyDocument() : intoNull();
    if (node.style == Style::Block)
        return intoBlock();
    return node.children.empty() ? intoEmptyFlow() : intoFlow();
}

Tree Inserter::expected(const Tree &value) const
{
    Tree tree = m_tree;
    int entry = graft(tree, value, value.at(0).children.front());
    if (m_addition.isItem && !m_keys.empty())
        entry = addCollection(tree, Kind::Sequence, {entry});
    std::vector<int> added;
    for (size_t i = m_keys.size(); i-- > 0;) {
        const int key = addScalar(tree, m_addition.keys[i].toUtf8(), m_keys[i].tag);
        if (i == 0)
            added.push_back(key);
        else
            entry = addCollection(tree, Kind::Map, {key, entry});
    }
    added.push_back(entry);
    const Kind kind = m_keys.empty() ? Kind::Sequence : Kind::Map;
    if (m_container < 0) {
        tree.root = addCollection(tree, kind, std::move(added));
        return tree;
    }
    Node &node = tree.at(m_container);
    if (node.kind == Kind::Null) {
        node.kind = kind;
        node.tag = "?";
    }
    node.children.insert(node.children.end(), added.begin(), added.end());
    return tree;
}

} // namespace

Result<Plan> planInsertion(const Tree &tree, int container, const Addition &addition)
{
    const Result<Tree> value = parseValue(addition.value);
    if (!value)
        return value.error();
    if (container >= 0 && tree.at(container).style == Style::ImplicitPair)
        return refused(u"line %1 holds a pair without braces; put it in braces first"_s.arg(
            tree.lineOf(container)));
    const Inserter inserter(tree, container, addition);
    return Plan{inserter.replacements(), inserter.expected(*value)};
}

} // namespace sluice::config::yaml
