// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/yamlindex.h"

#include "core/config/yamlscan.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace sluice::config::yaml {

using namespace Qt::StringLiterals;

namespace {

/// Turns parser events into nodes and finds the end of each by scanning.
class Indexer final : public YAML::EventHandler
{
public:
    explicit Indexer(const QByteArray &text) { m_tree.text = text; }

    Tree takeTree() { return std::move(m_tree); }

    [[nodiscard]] bool isDocument() const { return m_documents > 0; }

    /// Offset of the first place that the scanners could not follow, or -1.
    [[nodiscard]] qsizetype lostAt() const { return m_lostAt; }

    void OnDocumentStart(const YAML::Mark & /*mark*/) override { ++m_documents; }

    void OnDocumentEnd() override { }

    void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override
    {
        Node &node = open(Kind::Null, mark, anchor);
        closeNull(node);
        close();
    }

    void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override
    {
        Node &node = open(Kind::Alias, mark, anchor);
        node.end = wordEnd(m_tree.text, node.begin);
        close();
    }

    void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
        const std::string &value) override
    {
        Node &node = open(Kind::Scalar, mark, anchor);
        node.tag = QByteArray::fromStdString(tag);
        node.text = QByteArray::fromStdString(value);
        // Without a tag an empty text is a pair of quotes, whichever column they stand in.
        closeScalar(node, !value.empty() || node.begin == mark.pos || isOwn(node, node.begin));
        close();
    }

    void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
        YAML::EmitterStyle::value style) override
    {
        openCollection(Kind::Sequence, mark, tag, anchor, style);
    }

    void OnSequenceEnd() override { closeCollection(']'); }

    void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
        YAML::EmitterStyle::value style) override
    {
        openCollection(Kind::Map, mark, tag, anchor, style);
    }

    void OnMapEnd() override { closeCollection('}'); }

private:
    Node &open(Kind kind, const YAML::Mark &mark, YAML::anchor_t anchor);
    void openCollection(Kind kind, const YAML::Mark &mark, const std::string &tag,
        YAML::anchor_t anchor, YAML::EmitterStyle::value style);
    void closeCollection(char bracket);
    void close();
    void closeNull(Node &node);
    void closeScalar(Node &node, bool isWritten);
    void placeInParent(Node &node, qsizetype mark);
    void placeValue(Node &node, const Node &key);
    void placeItem(Node &node, const Node &parent);
    [[nodiscard]] qsizetype parentColumn(const Node &node) const;
    [[nodiscard]] bool isOwn(const Node &node, qsizetype pos) const;

    void lose(qsizetype pos)
    {
        if (m_lostAt < 0)
            m_lostAt = pos;
    }

    Tree m_tree;
    std::vector<int> m_open;
    int m_documents = 0;
    qsizetype m_lostAt = -1;
};

Node &Indexer::open(Kind kind, const YAML::Mark &mark, YAML::anchor_t anchor)
{
    const int index = int(m_tree.nodes.size());
    m_tree.nodes.emplace_back();
    Node &node = m_tree.nodes.back();
    node.kind = kind;
    node.anchor = int(anchor);
    node.parent = m_open.empty() ? -1 : m_open.back();
    m_open.push_back(index);
    // A null's mark may lie behind the text.
    const qsizetype pos = std::clamp<qsizetype>(mark.pos, 0, m_tree.text.size());
    placeInParent(node, pos);
    if (node.parent < 0)
        m_tree.root = index;
    else
        m_tree.at(node.parent).children.push_back(index);
    return node;
}

void Indexer::placeInParent(Node &node, qsizetype mark)
{
    const QByteArray &text = m_tree.text;
    node.lead = mark;
    node.slot = mark;
    node.begin = mark;
    if (node.parent >= 0) {
        const Node &parent = m_tree.at(node.parent);
        node.inFlow = parent.style != Style::Block;
        if (parent.kind == Kind::Map && parent.children.size() % 2 == 1)
            placeValue(node, m_tree.at(parent.children.back()));
        else if (parent.kind == Kind::Sequence && !node.inFlow)
            placeItem(node, parent);
    }
    // The mark of a null that is not written is the next token: not its own properties.
    const bool hasOwnMark = node.kind != Kind::Null || isOwn(node, mark);
    const qsizetype properties = hasOwnMark ? skipProperties(text, mark) : mark;
    if (properties > mark) {
        node.slot = properties;
        node.begin = skipTrivia(text, properties);
    }
}

void Indexer::placeValue(Node &node, const Node &key)
{
    const qsizetype colon = skipTrivia(m_tree.text, key.end);
    node.lead = key.lead;
    node.hasSlot = byteAt(m_tree.text, colon) == ':';
    node.slot = node.hasSlot ? colon + 1 : key.end;
}

void Indexer::placeItem(Node &node, const Node &parent)
{
    const bool isFirst = parent.children.empty();
    const qsizetype from = isFirst ? parent.begin : m_tree.at(parent.children.back()).end;
    node.lead = skipTrivia(m_tree.text, from);
    node.slot = node.lead + 1;
    if (byteAt(m_tree.text, node.lead) != '-')
        lose(node.lead);
}

/// Column of the key or dash that holds node; -1 for the root.
qsizetype Indexer::parentColumn(const Node &node) const
{
    if (node.parent < 0)
        return -1;
    return columnOf(m_tree.text, node.lead);
}

/// True if the token at pos can be node's own, and not that of a following entry.
bool Indexer::isOwn(const Node &node, qsizetype pos) const
{
    return pos < m_tree.text.size()
        && (node.inFlow || columnOf(m_tree.text, pos) > parentColumn(node)
            || (node.parent >= 0 && pos == node.lead)
            // Behind `? key` the value may stand in the column of the key.
            || pos == skipBlanks(m_tree.text, node.slot));
}

void Indexer::closeNull(Node &node)
{
    const qsizetype length = nullWordLength(m_tree.text, node.begin);
    if (length > 0 && isOwn(node, node.begin)) {
        node.style = Style::Plain;
        node.end = node.begin + length;
    } else {
        node.begin = node.slot;
        node.end = node.slot;
    }
}

void Indexer::closeScalar(Node &node, bool isWritten)
{
    const QByteArray &text = m_tree.text;
    const char first = isWritten ? byteAt(text, node.begin) : '\0';
    if (first == '"' || first == '\'') {
        node.style = first == '"' ? Style::DoubleQuoted : Style::SingleQuoted;
        node.end = quotedEnd(text, node.begin);
    } else if ((first == '|' || first == '>') && !node.inFlow) {
        node.style = Style::BlockScalar;
        node.end = blockScalarEnd(text, node.begin, parentColumn(node));
    } else if (node.text.isEmpty()) { // only a tag is written
        node.begin = node.slot;
        node.end = node.slot;
    } else {
        node.style = Style::Plain;
        node.end = plainEnd(text, node.begin, node.text);
    }
    if (node.end < 0) {
        lose(node.begin);
        node.end = node.begin;
    }
}

void Indexer::openCollection(Kind kind, const YAML::Mark &mark, const std::string &tag,
    YAML::anchor_t anchor, YAML::EmitterStyle::value style)
{
    Node &node = open(kind, mark, anchor);
    node.tag = QByteArray::fromStdString(tag);
    node.end = node.begin;
    const char first = byteAt(m_tree.text, node.begin);
    if (style == YAML::EmitterStyle::Block)
        node.style = Style::Block;
    else if (first == (kind == Kind::Map ? '{' : '['))
        node.style = Style::Flow;
    else
        node.style = Style::ImplicitPair;
}

void Indexer::closeCollection(char bracket)
{
    Node &node = m_tree.at(m_open.back());
    if (!node.children.empty())
        node.end = m_tree.at(node.children.back()).end;
    if (node.style == Style::Flow) {
        qsizetype pos = node.children.empty() ? node.begin + 1 : node.end;
        pos = skipTrivia(m_tree.text, pos);
        while (byteAt(m_tree.text, pos) == ',' || byteAt(m_tree.text, pos) == ':')
            pos = skipTrivia(m_tree.text, pos + 1);
        if (byteAt(m_tree.text, pos) != bracket)
            lose(pos);
        node.end = std::min(pos + 1, m_tree.text.size());
    }
    close();
}

void Indexer::close()
{
    m_tree.at(m_open.back()).last = int(m_tree.nodes.size()) - 1;
    m_open.pop_back();
}

/// The parser takes 0x04 for the end and guesses UTF-16 from zero bytes: neither may reach it.
bool isPlainUtf8(const QByteArray &text)
{
    for (const char c : text) {
        if (quint8(c) < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
    }
    return text.isValidUtf8();
}

Error placed(const QByteArray &text, qsizetype pos, const QString &what)
{
    return {ErrorCode::Invalid, u"line %1: %2"_s.arg(lineNumber(text, pos)).arg(what), {}};
}

bool isSameNode(const Tree &a, int left, const Tree &b, int right, std::map<int, int> &anchors)
{
    const Node &x = a.at(left);
    const Node &y = b.at(right);
    if (x.kind != y.kind || x.text != y.text || x.children.size() != y.children.size())
        return false;
    if (x.kind == Kind::Alias) {
        const auto known = anchors.find(x.anchor);
        return known != anchors.end() && known->second == y.anchor;
    }
    if (x.tag != y.tag || (x.anchor == 0) != (y.anchor == 0))
        return false;
    if (x.anchor != 0) // numbers shift when an anchor before goes, what they stand for must not
        anchors[x.anchor] = y.anchor;
    for (size_t i = 0; i < x.children.size(); ++i) {
        if (!isSameNode(a, x.children[i], b, y.children[i], anchors))
            return false;
    }
    return true;
}

} // namespace

Result<Tree> Tree::parse(const QByteArray &text)
{
    if (!isPlainUtf8(text))
        return Error{ErrorCode::Invalid,
            u"the file is not plain UTF-8 text; save it as UTF-8 without control characters"_s, {}};
    std::istringstream stream(text.toStdString());
    Indexer indexer(text);
    try {
        YAML::Parser parser(stream);
        parser.HandleNextDocument(indexer);
        Indexer second(text);
        if (parser.HandleNextDocument(second))
            return Error{ErrorCode::Unsupported,
                u"the file holds more than one YAML document; keep only one"_s, {}};
    } catch (const YAML::Exception &e) {
        return placed(text, e.mark.pos, QString::fromStdString(e.msg));
    }
    if (indexer.lostAt() >= 0)
        return placed(text, indexer.lostAt(), u"this cannot be followed (an open quote?)"_s);
    return indexer.takeTree();
}

int Tree::lineOf(int node) const
{
    const Node &value = at(node);
    return lineNumber(text, value.begin);
}

int Tree::entryOf(int map, const QByteArray &key) const
{
    const std::vector<int> &children = at(map).children;
    for (size_t i = 0; i + 1 < children.size(); i += 2) {
        const Node &candidate = at(children[i]);
        if (candidate.kind == Kind::Scalar && candidate.text == key)
            return int(i);
    }
    return -1;
}

bool isSameValue(const Tree &a, const Tree &b)
{
    if (a.root < 0 || b.root < 0)
        return a.root == b.root;
    std::map<int, int> anchors;
    return isSameNode(a, a.root, b, b.root, anchors);
}

QByteArray byteOrderMark(const QByteArray &text)
{
    const QByteArray mark = QByteArrayLiteral("\xEF\xBB\xBF");
    return text.startsWith(mark) ? mark : QByteArray();
}

} // namespace sluice::config::yaml
