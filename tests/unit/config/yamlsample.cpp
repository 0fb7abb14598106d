// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/config/yamlsample.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <string>

namespace sluice::test {

using namespace Qt::StringLiterals;

namespace {

/// Writes one random tree while it makes it up.
class Writer
{
public:
    explicit Writer(quint32 seed) : m_random(seed) { }

    Sample write();

private:
    bool chance(int percent) { return m_random.bounded(100) < percent; }

    template <typename List> QString pick(const List &list)
    {
        return QString::fromUtf8(list[size_t(m_random.bounded(int(std::size(list))))]);
    }

    QString freshKey();
    Value scalar();
    QByteArray written(const Value &value, bool inFlow, bool *isCanonical);
    QByteArray quotedKey(const QString &key);

    QByteArray blanks() { return QByteArray(m_random.bounded(1, 4), ' '); }

    void comment();
    void endLine();
    void decoration(int indent);
    Value block(int indent, int depth, const QStringList &path, bool isFirstInline);
    Value blockEntry(int indent, int depth, const QStringList &path);
    enum class FlowLayout : quint8 { Tight, Padded, Lines };

    QByteArray comma() { return chance(5) ? " ," : ","; }

    FlowLayout flowLayout(int depth);
    void flowGap(FlowLayout layout, int column);
    void addFlowEntry(Value &value, int index, int depth, const QStringList &path);
    Value flow(int depth, const QStringList &path);
    Value flowEntry(int depth, const QStringList &path);
    Value blockText(int indent, const QStringList &path);
    Value writeScalar(const QStringList &path, bool inFlow);
    QByteArray anchor(const QStringList &path);
    void aliases(Value &root);

    QRandomGenerator m_random;
    QByteArray m_eol = "\n";
    Sample m_sample;
    int m_keys = 0;
    std::vector<QStringList> m_anchored;
};

QString Writer::freshKey()
{
    static constexpr std::array<const char *, 7> Shapes{
        "k%1", "per-api-key-%1", "schlüssel%1", "with space %1", "co:lon%1", "q'uote%1", "K_%1"};
    return pick(Shapes).arg(m_keys++);
}

Value Writer::scalar()
{
    static constexpr std::array<const char *, 14> Texts{"1", "60", "0.80", "true", "1m", "naïve",
        "http://h:80/p?q", "a b  c", "it's", "x: y", "10;w=60;s=user", "# no", "", "{x}"};
    Value value;
    value.kind = Value::Kind::Scalar;
    value.text = pick(Texts);
    value.isQuoted = value.text.isEmpty() || value.text.contains(u": ") || value.text == u"{x}"
        || value.text.startsWith(u'#') || chance(30);
    return value;
}

QByteArray Writer::written(const Value &value, bool inFlow, bool *isCanonical)
{
    QByteArray bytes = value.text.toUtf8();
    *isCanonical = true;
    if (!value.isQuoted)
        return bytes;
    if (chance(50))
        return QByteArray("'" + bytes.replace("'", "''") + "'");
    if (!inFlow && bytes.startsWith('1') && chance(50)) {
        *isCanonical = false;
        bytes.replace(0, 1, "\\x31");
    }
    return QByteArray("\"" + bytes + "\"");
}

QByteArray Writer::quotedKey(const QString &key)
{
    QByteArray bytes = key.toUtf8();
    if (chance(80))
        return bytes;
    return chance(50) ? QByteArray("\"" + bytes + "\"")
                      : QByteArray("'" + bytes.replace("'", "''") + "'");
}

void Writer::comment()
{
    static constexpr std::array<const char *, 5> Texts{
        "# plain", "#k0: 1", "# it's \"open {[", "#\ttab", "# größer: ja, }"};
    m_sample.text += pick(Texts).toUtf8();
}

void Writer::endLine()
{
    if (chance(20)) {
        m_sample.text += blanks();
        comment();
    } else if (chance(5)) {
        m_sample.text += blanks();
    }
    m_sample.text += m_eol;
}

/// Blank lines and comments before an entry.
void Writer::decoration(int indent)
{
    while (chance(15)) {
        if (chance(50)) {
            m_sample.text += QByteArray(indent, ' ');
            comment();
        }
        m_sample.text += m_eol;
    }
}

QByteArray Writer::anchor(const QStringList &path)
{
    if (!chance(5))
        return {};
    m_anchored.push_back(path);
    return "&n" + QByteArray::number(m_anchored.size()) + " ";
}

Value Writer::writeScalar(const QStringList &path, bool inFlow)
{
    m_sample.text += anchor(path);
    const Value value = scalar();
    Spot spot;
    spot.path = path;
    spot.kind = Value::Kind::Scalar;
    spot.isSettable = true;
    spot.begin = m_sample.text.size();
    const bool endsFlow = value.text.contains(u'?') || value.text.contains(u'{');
    Value kept = value;
    kept.isQuoted = value.isQuoted || (inFlow && endsFlow);
    m_sample.text += written(kept, inFlow, &spot.isUndoable);
    spot.end = m_sample.text.size();
    m_sample.spots.push_back(spot);
    return kept;
}

Value Writer::blockText(int indent, const QStringList &path)
{
    Value value;
    value.kind = Value::Kind::Scalar;
    value.isQuoted = true;
    value.text = u"k0: 1\n\n- x\n"_s;
    m_sample.text += "|";
    endLine();
    const QByteArray pad(indent + 2, ' ');
    m_sample.text += pad + "k0: 1" + m_eol + m_eol + pad + "- x" + m_eol;
    Spot spot;
    spot.path = path;
    spot.kind = Value::Kind::Scalar;
    m_sample.spots.push_back(spot);
    return value;
}

Value Writer::flowEntry(int depth, const QStringList &path)
{
    if (depth > 0 && chance(25))
        return flow(depth - 1, path);
    return writeScalar(path, true);
}

/// A flow collection's line ends and spaces: before an entry (a column further in) or the bracket.
void Writer::flowGap(FlowLayout layout, int column)
{
    if (layout == FlowLayout::Lines) {
        endLine();
        m_sample.text += QByteArray(column, ' ');
    } else if (layout == FlowLayout::Padded) {
        m_sample.text += ' ';
    }
}

Writer::FlowLayout Writer::flowLayout(int depth)
{
    if (depth > 1 && chance(30))
        return FlowLayout::Lines;
    return chance(20) ? FlowLayout::Padded : FlowLayout::Tight;
}

/// Writes entry number index of value into its brackets.
void Writer::addFlowEntry(Value &value, int index, int depth, const QStringList &path)
{
    QString key = QString::number(index);
    if (value.kind == Value::Kind::Map) {
        key = freshKey();
        m_sample.text += quotedKey(key) + ":" + blanks();
        value.keys.push_back(key);
    }
    value.children.push_back(flowEntry(depth - 1, path + QStringList{key}));
}

Value Writer::flow(int depth, const QStringList &path)
{
    Value value;
    value.kind = chance(60) ? Value::Kind::Map : Value::Kind::List;
    const FlowLayout layout = flowLayout(depth);
    const int count = m_random.bounded(0, 4);
    const bool hasTrailingComma = count > 0 && chance(15);
    Spot spot;
    spot.path = path;
    spot.kind = value.kind;
    spot.isTidy = count > 0 && !hasTrailingComma;
    m_sample.spots.push_back(spot);
    m_sample.text += anchor(path);
    const QByteArray brackets = value.kind == Value::Kind::Map ? "{}" : "[]";
    m_sample.text += brackets.first(1);
    for (int i = 0; i < count; ++i) {
        flowGap(i > 0 && layout == FlowLayout::Tight ? FlowLayout::Padded : layout, 20);
        addFlowEntry(value, i, depth, path);
        if (i + 1 < count || hasTrailingComma)
            m_sample.text += comma();
    }
    if (count > 0 || layout == FlowLayout::Padded)
        flowGap(layout, 18);
    m_sample.text += brackets.last(1);
    return value;
}

/// What stands behind a key's colon or a dash, line end included.
Value Writer::blockEntry(int indent, int depth, const QStringList &path)
{
    if (depth > 0 && chance(45)) {
        const QByteArray name = anchor(path);
        m_sample.text +=
            QByteArray(name.isEmpty() ? QByteArray() : QByteArray(" " + name.trimmed()));
        endLine();
        return block(indent + m_random.bounded(1, 5), depth - 1, path, false);
    }
    if (chance(8)) {
        Spot spot;
        spot.path = path;
        spot.isTidy = false;
        m_sample.spots.push_back(spot);
        endLine();
        return {};
    }
    m_sample.text += blanks();
    if (chance(5))
        return blockText(indent, path);
    Value value = chance(30) ? flow(2, path) : writeScalar(path, false);
    endLine();
    return value;
}

Value Writer::block(int indent, int depth, const QStringList &path, bool isFirstInline)
{
    Value value;
    value.kind = chance(70) || path.isEmpty() ? Value::Kind::Map : Value::Kind::List;
    const bool isMap = value.kind == Value::Kind::Map;
    Spot spot;
    spot.path = path;
    spot.kind = value.kind;
    spot.isBlock = true;
    m_sample.spots.push_back(spot);
    const int count = m_random.bounded(1, 5);
    for (int i = 0; i < count; ++i) {
        const bool isInline = isFirstInline && i == 0;
        if (!isInline) {
            decoration(indent);
            m_sample.text += QByteArray(indent, ' ');
        }
        const QString key = isMap ? freshKey() : QString::number(i);
        const QStringList inner = path + QStringList{key};
        if (isMap) {
            value.keys.push_back(key);
            m_sample.text += quotedKey(key) + ":";
            value.children.push_back(blockEntry(indent, depth, inner));
        } else if (depth > 0 && chance(40)) {
            const QByteArray gap = blanks();
            m_sample.text += "-" + gap;
            value.children.push_back(block(indent + 1 + int(gap.size()), depth - 1, inner, true));
        } else {
            m_sample.text += "-";
            value.children.push_back(blockEntry(indent, depth, inner));
        }
    }
    return value;
}

/// Uses some of the anchors at the end of the file.
void Writer::aliases(Value &root)
{
    for (size_t i = 0; i < m_anchored.size(); ++i) {
        if (!chance(60))
            continue;
        const QString key = freshKey();
        m_sample.text += key.toUtf8() + ": *n" + QByteArray::number(i + 1);
        endLine();
        const Value target = valueAt(root, m_anchored[i]);
        root.keys.push_back(key);
        root.children.push_back(target);
        Spot alias;
        alias.path = {key};
        alias.isShared = true;
        alias.begin = -1;
        m_sample.spots.push_back(alias);
        for (Spot &spot : m_sample.spots) {
            const bool isInside = spot.path.size() >= m_anchored[i].size()
                && spot.path.first(m_anchored[i].size()) == m_anchored[i];
            // Deleting what holds the anchor takes it away as well.
            const bool holds = m_anchored[i].size() >= spot.path.size() && !spot.path.isEmpty()
                && m_anchored[i].first(spot.path.size()) == spot.path;
            spot.isShared = spot.isShared || isInside || holds;
        }
    }
}

Sample Writer::write()
{
    const bool hasMark = chance(15);
    if (chance(25))
        m_eol = "\r\n";
    if (hasMark)
        m_sample.text += "\xEF\xBB\xBF";
    if (chance(30)) {
        comment();
        m_sample.text += m_eol;
    }
    if (chance(15))
        m_sample.text += "---" + m_eol;
    m_sample.value = block(0, 4, {}, false);
    aliases(m_sample.value);
    decoration(0);
    if (chance(10))
        m_sample.text += "..." + m_eol;
    else if (chance(20) && !m_sample.text.endsWith(QByteArray("- x" + m_eol)))
        m_sample.text.chop(m_eol.size());
    return std::move(m_sample);
}

Value fromNode(const YAML::Node &node)
{
    Value value;
    if (node.IsScalar()) {
        value.kind = Value::Kind::Scalar;
        value.text = QString::fromStdString(node.Scalar());
        value.isQuoted = node.Tag() == "!";
    } else if (node.IsMap()) {
        value.kind = Value::Kind::Map;
        for (const auto &entry : node) {
            value.keys.push_back(QString::fromStdString(entry.first.Scalar()));
            value.children.push_back(fromNode(entry.second));
        }
    } else if (node.IsSequence()) {
        value.kind = Value::Kind::List;
        for (const auto &item : node)
            value.children.push_back(fromNode(item));
    }
    return value;
}

QList<QByteArray> linesOf(QByteArray text)
{
    return text.replace("\r\n", "\n").split('\n');
}

} // namespace

Sample makeSample(quint32 seed)
{
    return Writer(seed).write();
}

Value readValue(const QByteArray &text)
{
    return fromNode(YAML::Load(text.toStdString()));
}

Value &valueAt(Value &root, const QStringList &path)
{
    Value *value = &root;
    for (const QString &component : path) {
        size_t index = 0;
        if (value->kind == Value::Kind::List)
            index = component.toUInt();
        while (value->kind == Value::Kind::Map && value->keys[index] != component)
            ++index;
        value = &value->children[index];
    }
    return *value;
}

qsizetype linesLost(const QByteArray &a, const QByteArray &b)
{
    const QList<QByteArray> from = linesOf(a);
    const QList<QByteArray> to = linesOf(b);
    // Both ends first, then what is left in the middle: enough for one contiguous edit.
    qsizetype front = 0;
    while (front < std::min(from.size(), to.size()) && from[front] == to[front])
        ++front;
    qsizetype back = 0;
    while (back < std::min(from.size(), to.size()) - front
        && from[from.size() - 1 - back] == to[to.size() - 1 - back])
        ++back;
    qsizetype kept = 0;
    qsizetype next = front;
    for (qsizetype i = front; i < from.size() - back; ++i) {
        const qsizetype found = to.indexOf(from[i], next);
        if (found >= 0 && found < to.size() - back) {
            ++kept;
            next = found + 1;
        }
    }
    return from.size() - back - front - kept;
}

} // namespace sluice::test
