// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/document.h"

#include <QHash>
#include <QSet>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/node/node.h> // for clang-tidy: parser.h declares a Node too
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

/// Ends a parse whose finding is already recorded.
struct Stop
{
};

bool isContinuation(char c)
{
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Counts characters instead of yaml-cpp's bytes. Events come in ascending order, so counting goes
/// on from the last place: one long line costs linear time.
class Places
{
public:
    explicit Places(QByteArrayView text) : m_text(text) { }

    Place at(const YAML::Mark &mark)
    {
        if (mark.is_null() || mark.line < 0 || mark.column < 0)
            return {};
        const qsizetype position = std::clamp<qsizetype>(mark.pos, 0, m_text.size());
        const qsizetype lineStart = std::max<qsizetype>(0, position - mark.column);
        if (lineStart != m_lineStart || position < m_position) {
            m_lineStart = lineStart;
            m_position = lineStart;
            m_column = 0;
        }
        for (; m_position < position; ++m_position)
            m_column += isContinuation(m_text[m_position]) ? 0 : 1;
        return {mark.line + 1, m_column + 1};
    }

private:
    QByteArrayView m_text;
    qsizetype m_lineStart = 0;
    qsizetype m_position = 0;
    int m_column = 0;
};

/// The offset of the value itself at a mark that may point at its anchor or tag.
qsizetype skipProperties(QByteArrayView text, qsizetype position)
{
    while (position < text.size() && (text[position] == '&' || text[position] == '!')) {
        while (position < text.size() && !QByteArrayView(" \t\r\n").contains(text[position]))
            ++position;
        while (position < text.size() && QByteArrayView(" \t\r\n").contains(text[position]))
            ++position;
    }
    return position;
}

/// True if the quote that opens at position has no partner; yaml-cpp lets that pass.
bool isUnterminated(QByteArrayView text, qsizetype position)
{
    if (position >= text.size() || (text[position] != '"' && text[position] != '\''))
        return false;
    const char quote = text[position];
    for (qsizetype i = position + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\')
            ++i;
        else if (text[i] == quote) {
            const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
            if (!doubled)
                return false;
            ++i;
        }
    }
    return true;
}

/// Node::textOffset of a scalar with this value whose mark is at position.
int offsetOfText(QByteArrayView text, qsizetype position, QByteArrayView value)
{
    qsizetype at = skipProperties(text, position);
    if (at < text.size() && (text[at] == '"' || text[at] == '\''))
        ++at;
    const QByteArrayView before = text.sliced(position, at - position);
    if (before.contains('\n') || !text.sliced(at).startsWith(value))
        return -1;
    return static_cast<int>(
        before.size() - std::count_if(before.begin(), before.end(), isContinuation));
}

/// Whether YAML's tag leaves a scalar open to be a number ("?" plain, "!" quoted).
std::optional<bool> plainByTag(const std::string &tag)
{
    if (tag.empty() || tag == "?" || tag == "tag:yaml.org,2002:int"
        || tag == "tag:yaml.org,2002:bool" || tag == "tag:yaml.org,2002:float")
        return true;
    if (tag == "!" || tag == "tag:yaml.org,2002:str")
        return false;
    return std::nullopt;
}

/// Builds the tree from yaml-cpp's events. Its own stack of open nodes replaces recursion.
class TreeBuilder final : public YAML::EventHandler
{
public:
    TreeBuilder(QByteArrayView text, Document &document, Findings &findings)
        : m_text(text), m_places(text), m_document(document), m_findings(findings)
    {
    }

    [[nodiscard]] Place place(const YAML::Mark &mark) { return m_places.at(mark); }

    void OnDocumentStart(const YAML::Mark &mark) override
    {
        if (m_documents++ > 0)
            stop(place(mark), u"the file holds more than one YAML document"_s);
    }

    void OnDocumentEnd() override { }

    void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override
    {
        add(create(Node::Kind::Null, mark, anchor), place(mark));
    }

    void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override
    {
        const auto found = m_anchors.constFind(anchor);
        if (found == m_anchors.cend() || found->isOpen)
            stop(place(mark), u"this alias stands inside the value that it names"_s);
        m_aliased += found->size;
        if (m_aliased > MaxAliasedNodes)
            stop(place(mark), u"aliases repeat more than 100 000 values"_s);
        m_expanded += found->size;
        add(found->node, place(mark));
    }

    void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
        const std::string &value) override
    {
        Node *node = create(Node::Kind::Scalar, mark, anchor);
        if (isUnterminated(m_text, skipProperties(m_text, mark.pos)))
            stop(node->place, u"this quote is never closed"_s);
        const std::optional<bool> plain = plainByTag(tag);
        if (!plain)
            error(node->place, u"tags have no meaning here"_s);
        node->isPlain = plain.value_or(true);
        node->text = QByteArray::fromStdString(value);
        node->textOffset =
            offsetOfText(m_text, std::clamp<qsizetype>(mark.pos, 0, m_text.size()), node->text);
        add(node, node->place);
    }

    void OnSequenceStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor,
        YAML::EmitterStyle::value) override
    {
        open(create(Node::Kind::Sequence, mark, anchor), anchor);
    }

    void OnSequenceEnd() override { closeLast(); }

    void OnMapStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor,
        YAML::EmitterStyle::value) override
    {
        open(create(Node::Kind::Map, mark, anchor), anchor);
    }

    void OnMapEnd() override { closeLast(); }

private:
    struct Anchor
    {
        Node *node = nullptr;
        std::size_t firstNode = 0; ///< m_expanded when it opened
        std::size_t size = 1; ///< values that one alias to it repeats
        bool isOpen = true;
    };

    struct Open
    {
        Node *node = nullptr;
        YAML::anchor_t anchor = 0;
        bool hasKey = false;
        bool isDuplicate = false;
        QByteArray key;
        Place keyPlace;
        QHash<QByteArray, int> lines; ///< keys and their lines, once there are many

        [[nodiscard]] bool expectsKey() const { return node->kind == Node::Kind::Map && !hasKey; }

        /// The line of an entry with this key, or 0. Most maps are too small for a hash to pay.
        int lineOf(const QByteArray &wanted)
        {
            const std::vector<Entry> &entries = node->entries;
            if (entries.size() < 16) {
                const Entry *entry = node->find(wanted);
                return entry == nullptr ? 0 : entry->place.line;
            }
            for (auto i = static_cast<size_t>(lines.size()); i < entries.size(); ++i)
                lines.insert(entries[i].key, entries[i].place.line);
            return lines.value(wanted);
        }
    };

    Node *create(Node::Kind kind, const YAML::Mark &mark, YAML::anchor_t anchor)
    {
        if (m_document.size() >= MaxNodes)
            stop(place(mark), u"the file holds more than a million values"_s);
        Node *node = m_document.create(kind, place(mark));
        if (anchor != 0) {
            m_anchors.insert(anchor,
                {node, m_expanded, 1, kind == Node::Kind::Sequence || kind == Node::Kind::Map});
        }
        ++m_expanded;
        return node;
    }

    void open(Node *node, YAML::anchor_t anchor)
    {
        if (m_open.size() >= MaxDepth)
            stop(node->place, u"the file is nested deeper than 100 levels"_s);
        if (!m_open.empty() && m_open.back().expectsKey())
            stop(node->place, u"a map or a list cannot be a key"_s);
        Open level;
        level.node = node;
        level.anchor = anchor;
        m_open.push_back(std::move(level));
    }

    void closeLast()
    {
        const Open level = std::move(m_open.back());
        m_open.pop_back();
        close(level.anchor);
        add(level.node, level.node->place);
    }

    void close(YAML::anchor_t anchor)
    {
        const auto found = m_anchors.find(anchor);
        if (anchor == 0 || found == m_anchors.end())
            return;
        found->size = m_expanded - found->firstNode;
        found->isOpen = false;
    }

    void add(Node *node, Place place)
    {
        if (m_open.empty()) {
            m_document.setRoot(node);
            return;
        }
        Open &level = m_open.back();
        if (level.node->kind == Node::Kind::Sequence)
            level.node->items.push_back(node);
        else if (!level.hasKey)
            takeKey(level, *node, place);
        else
            takeValue(level, node);
    }

    void takeKey(Open &level, const Node &node, Place place)
    {
        if (node.kind == Node::Kind::Null)
            error(place, u"a key is missing here"_s);
        else if (node.kind != Node::Kind::Scalar)
            stop(place, u"a map or a list cannot be a key"_s);
        level.key = node.text;
        level.keyPlace = place;
        level.hasKey = true;
        const int firstLine = level.lineOf(level.key);
        level.isDuplicate = firstLine > 0;
        if (level.isDuplicate) {
            error(place,
                u"key \"%1\" stands here twice, first in line %2"_s
                    .arg(QString::fromUtf8(level.key.left(60)))
                    .arg(firstLine));
        }
    }

    void takeValue(Open &level, Node *node)
    {
        level.hasKey = false;
        if (!level.isDuplicate)
            level.node->entries.push_back({level.key, level.keyPlace, node, {}});
    }

    void error(Place place, const QString &message)
    {
        m_findings.append({Severity::Error, place, {}, message, {}});
    }

    [[noreturn]] void stop(Place place, const QString &message)
    {
        error(place, message);
        throw Stop{};
    }

    QByteArrayView m_text;
    Places m_places;
    Document &m_document;
    Findings &m_findings;
    QHash<YAML::anchor_t, Anchor> m_anchors;
    std::vector<Open> m_open;
    std::size_t m_expanded = 0;
    std::size_t m_aliased = 0;
    int m_documents = 0;
};

/// The number of bytes that a lead byte announces, or 0.
int announcedLength(unsigned lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >> 5U == 6)
        return 2;
    if (lead >> 4U == 14)
        return 3;
    return lead >> 3U == 30 ? 4 : 0;
}

/// True for a code point that may stand in this many bytes (no overlong form, no surrogate).
bool isCodePoint(unsigned code, int length)
{
    constexpr std::array<unsigned, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    const bool isSurrogate = code >= 0xD800 && code <= 0xDFFF;
    return code >= smallest[static_cast<size_t>(length)] && code <= 0x10FFFF && !isSurrogate;
}

/// The length of the valid UTF-8 sequence at position, or 0.
int sequenceLength(QByteArrayView text, qsizetype position)
{
    const unsigned lead = static_cast<unsigned char>(text[position]);
    const int length = announcedLength(lead);
    if (length == 0 || position + length > text.size())
        return 0;
    unsigned code = length == 1 ? lead : lead & (0xFFU >> (static_cast<unsigned>(length) + 1U));
    for (int i = 1; i < length; ++i) {
        if (!isContinuation(text[position + i]))
            return 0;
        code = code << 6U | (static_cast<unsigned char>(text[position + i]) & 0x3FU);
    }
    return isCodePoint(code, length) ? length : 0;
}

/// Refuses what is not UTF-8 and the control characters that YAML forbids (yaml-cpp would take
/// U+0004 for the end of the text and drop the rest).
std::optional<Finding> checkBytes(QByteArrayView text)
{
    Place place{1, 1};
    for (qsizetype i = 0; i < text.size();) {
        const int length = sequenceLength(text, i);
        if (length == 0)
            return Finding{Severity::Error, place, {}, u"the text is not valid UTF-8"_s, {}};
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F) {
            return Finding{Severity::Error, place, {},
                u"control character U+%1 is not allowed in YAML"_s.arg(
                    QString::number(byte, 16).toUpper().rightJustified(4, u'0')),
                {}};
        }
        place = byte == '\n' ? Place{place.line + 1, 1} : Place{place.line, place.column + 1};
        i += length;
    }
    return std::nullopt;
}

/// The place of an error. Only the position counts: at the end of the text yaml-cpp's column is 0.
Place placeOf(QByteArrayView text, const YAML::Mark &mark)
{
    if (mark.is_null())
        return {};
    const QByteArrayView before = text.first(std::clamp<qsizetype>(mark.pos, 0, text.size()));
    const QByteArrayView line = before.sliced(before.lastIndexOf('\n') + 1);
    const auto characters = line.size() - std::count_if(line.begin(), line.end(), isContinuation);
    const auto breaks = std::count(before.begin(), before.end(), '\n');
    return {static_cast<int>(breaks) + 1, static_cast<int>(characters) + 1};
}

/// yaml-cpp's words for the commonest mistakes, in terms of what stands in the file.
QString sentence(const std::string &message)
{
    const QByteArray text = QByteArray::fromStdString(message);
    if (text == "end of map not found" || text == "end of sequence not found")
        return u"this line does not fit the lines above it; check the indentation"_s;
    if (text == "end of map flow not found")
        return u"a \"{\" is not closed, or a comma is missing before this"_s;
    if (text == "end of sequence flow not found")
        return u"a \"[\" is not closed, or a comma is missing before this"_s;
    if (text == "illegal map value")
        return u"a \":\" is not allowed here; check the indentation, or put the text in quotes"_s;
    return QString::fromUtf8(text);
}

/// Entries may be const or not; so is what is found.
template <typename Entries> auto findEntry(Entries &entries, QByteArrayView key)
{
    const auto found = std::find_if(
        entries.begin(), entries.end(), [key](const Entry &entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

} // namespace

Entry *Node::find(QByteArrayView key)
{
    return findEntry(entries, key);
}

const Entry *Node::find(QByteArrayView key) const
{
    return findEntry(entries, key);
}

Node *Document::create(Node::Kind kind, Place place)
{
    Node &node = m_nodes.emplace_back();
    node.kind = kind;
    node.place = place;
    return &node;
}

Node *Document::copy(const Node &node)
{
    return &m_nodes.emplace_back(node);
}

bool parseDocument(const QByteArray &text, Document &document, Findings &findings)
{
    document.setRoot(document.create(Node::Kind::Null, {1, 1}));
    if (text.size() > MaxTextBytes) {
        findings.append({Severity::Error, {1, 1}, {}, u"the file is larger than 8 MiB"_s, {}});
        return false;
    }
    const qsizetype bom = text.startsWith("\xEF\xBB\xBF") ? 3 : 0;
    const QByteArrayView content = QByteArrayView(text).sliced(bom);
    if (const std::optional<Finding> bad = checkBytes(content)) {
        findings.append(*bad);
        return false;
    }
    TreeBuilder builder(content, document, findings);
    try {
        std::istringstream stream(std::string(content.data(), static_cast<size_t>(content.size())));
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) { }
    } catch (const Stop &) {
        return false;
    } catch (const YAML::Exception &exception) {
        findings.append(
            {Severity::Error, placeOf(content, exception.mark), {}, sentence(exception.msg), {}});
        return false;
    } catch (const std::exception &exception) {
        findings.append({Severity::Error, {}, {}, QString::fromUtf8(exception.what()), {}});
        return false;
    }
    return true;
}

} // namespace sluice::config
