// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/yamlremove.h"

#include "core/config/yamlscan.h"

#include <algorithm>

namespace sluice::config::yaml {

using namespace Qt::StringLiterals;

namespace {

/// Plans one removal; holds what every case of it needs.
class Remover
{
public:
    Remover(const Tree &tree, const Walk &walk)
        : m_tree(tree),
          m_text(tree.text),
          m_value(tree.at(walk.node)),
          m_container(tree.at(m_value.parent)),
          m_entry(walk.entry),
          m_isMap(m_container.kind == Kind::Map)
    {
    }

    [[nodiscard]] std::vector<Replacement> replacements() const;
    [[nodiscard]] Tree expected() const;

private:
    using Replacements = std::vector<Replacement>;

    [[nodiscard]] bool isOnly() const { return m_container.children.size() == (m_isMap ? 2U : 1U); }

    [[nodiscard]] bool isLast() const { return size_t(m_entry) + 1 == m_container.children.size(); }

    [[nodiscard]] QByteArray empty() const { return m_isMap ? QByteArray("{}") : QByteArray("[]"); }

    [[nodiscard]] bool endsBlockScalar(qsizetype pos) const;
    [[nodiscard]] Replacement ownLines() const;
    [[nodiscard]] Replacements fromBlock() const;
    [[nodiscard]] Replacements onlyFromBlock() const;
    [[nodiscard]] Replacements fromFlow() const;
    [[nodiscard]] Replacements onlyFromFlow() const;
    [[nodiscard]] Replacements ownFlowLines(qsizetype behind) const;
    [[nodiscard]] qsizetype commaBefore() const;

    const Tree &m_tree;
    const QByteArray &m_text;
    const Node &m_value;
    const Node &m_container;
    int m_entry;
    bool m_isMap;
};

/// True if the text of a block scalar ends at pos: its last line end is part of its value.
bool Remover::endsBlockScalar(qsizetype pos) const
{
    return std::any_of(m_tree.nodes.begin(), m_tree.nodes.end(),
        [pos](const Node &node) { return node.style == Style::BlockScalar && node.end == pos; });
}

/// Everything from the start of the entry's first line to the end of its last one.
Replacement Remover::ownLines() const
{
    const qsizetype begin = lineStart(m_text, m_value.lead);
    const qsizetype end = nextLine(m_text, m_value.end);
    if (begin == 0 || m_text[end - 1] == '\n')
        return {begin, end, {}};
    // The file had no last line end and still has none.
    const qsizetype before = lineEnd(m_text, begin - 1);
    return {endsBlockScalar(before) ? begin : before, end, {}};
}

std::vector<Replacement> Remover::fromBlock() const
{
    if (isOnly())
        return onlyFromBlock();
    if (isFirstOnLine(m_text, m_value.lead))
        return {ownLines()};
    // The first entry stands behind a dash: what follows moves up to its place.
    qsizetype next = nextLine(m_text, m_value.end);
    while (next < m_text.size() && (quint8(m_text[next]) <= ' '))
        ++next;
    return {{m_value.lead, next, {}}};
}

std::vector<Replacement> Remover::onlyFromBlock() const
{
    const bool isBelowKey = m_container.parent >= 0 && isFirstOnLine(m_text, m_value.lead);
    if (!isBelowKey)
        return {{m_value.lead, lineEnd(m_text, m_value.end), empty()}};
    const QByteArray written = " " + empty();
    return {{m_container.slot, m_container.slot, written}, ownLines()};
}

/// Place of the comma between the entry before and this one.
qsizetype Remover::commaBefore() const
{
    const size_t before = size_t(m_entry) - (m_isMap ? 2U : 1U);
    return skipTrivia(m_text, m_tree.at(m_container.children[before]).end);
}

std::vector<Replacement> Remover::onlyFromFlow() const
{
    const qsizetype inside = m_container.begin + 1;
    const QByteArrayView content =
        QByteArrayView(m_text).sliced(inside, m_container.end - 1 - inside);
    if (!content.contains('#') || skipTrivia(m_text, inside) == skipBlanks(m_text, inside))
        return {{inside, m_container.end - 1, {}}};
    qsizetype end = skipTrivia(m_text, m_value.end);
    end = byteAt(m_text, end) == ',' ? end + 1 : m_value.end;
    return {{m_value.lead, end, {}}};
}

/// The entry has its lines to itself; behind is the end of it, its comma included.
std::vector<Replacement> Remover::ownFlowLines(qsizetype behind) const
{
    Replacements out;
    if (isLast() && byteAt(m_text, behind - 1) != ',') {
        const qsizetype comma = commaBefore();
        out.push_back({comma, comma + 1, {}});
    }
    out.push_back({lineStart(m_text, m_value.lead), nextLine(m_text, behind), {}});
    return out;
}

std::vector<Replacement> Remover::fromFlow() const
{
    if (isOnly())
        return onlyFromFlow();
    const qsizetype after = skipTrivia(m_text, m_value.end);
    const bool hasComma = byteAt(m_text, after) == ',';
    const qsizetype behind = hasComma ? after + 1 : m_value.end;
    const qsizetype rest = skipBlanks(m_text, behind);
    const bool isLineOver = rest == lineEnd(m_text, rest) || byteAt(m_text, rest) == '#';
    if (isLineOver && isFirstOnLine(m_text, m_value.lead))
        return ownFlowLines(behind);
    if (!isLast()) {
        const Node &next = m_tree.at(m_container.children[size_t(m_entry) + 1]);
        const qsizetype end = isLineOver ? behind : next.lead;
        return {{m_value.lead, end, {}}};
    }
    const qsizetype comma = commaBefore();
    return {{comma, m_value.end, {}}};
}

std::vector<Replacement> Remover::replacements() const
{
    return m_container.style == Style::Block ? fromBlock() : fromFlow();
}

Tree Remover::expected() const
{
    Tree tree = m_tree;
    std::vector<int> &children = tree.at(m_value.parent).children;
    const auto value = children.begin() + m_entry;
    children.erase(m_isMap ? value - 1 : value, value + 1);
    return tree;
}

/// A line outside of the removed subtree that uses an anchor inside it, or 0.
int lineThatNeeds(const Tree &tree, int node)
{
    const int last = tree.at(node).last;
    for (int i = last + 1; i < int(tree.nodes.size()); ++i) {
        const Node &alias = tree.at(i);
        if (alias.kind != Kind::Alias)
            continue;
        for (int inside = node; inside <= last; ++inside) {
            if (tree.at(inside).kind != Kind::Alias && tree.at(inside).anchor == alias.anchor)
                return tree.lineOf(i);
        }
    }
    return 0;
}

} // namespace

Result<Plan> planRemoval(const Tree &tree, const Walk &walk)
{
    const Node &container = tree.at(tree.at(walk.node).parent);
    if (container.style == Style::ImplicitPair)
        return refused(u"line %1 holds a pair without braces; put it in braces first"_s.arg(
            tree.lineOf(walk.node)));
    const int line = lineThatNeeds(tree, walk.node);
    if (line > 0)
        return refused(
            u"line %1 uses an anchor that would go; write its value out first"_s.arg(line));
    const Remover remover(tree, walk);
    return Plan{remover.replacements(), remover.expected()};
}

} // namespace sluice::config::yaml
