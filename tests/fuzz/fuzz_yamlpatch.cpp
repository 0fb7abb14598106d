// SPDX-License-Identifier: GPL-3.0-or-later
// Edits of any YAML text: refused with a reason, or the file says the new thing and every line that
// the edit does not concern stays; and loading the text ends with values or errors. What stands
// behind a zero byte of the input chooses the edits.
#include "core/config/loader.h"
#include "core/config/yamlindex.h"
#include "core/config/yamlpatch.h"
#include "tests/fuzz/fuzzinput.h"
#include "tests/unit/config/yamlsample.h"

#include <algorithm>
#include <array>

using namespace sluice;
using namespace sluice::config;
using namespace sluice::test;
using namespace Qt::StringLiterals;

namespace {

constexpr int Edits = 4;

/// Aliases multiply what the model holds: with more of them only the patcher's own check counts.
constexpr int MaxAliases = 4;

/// Decisions from the input's own bytes; when they are used up, from all of them together.
class Choices
{
public:
    Choices(const QByteArray &bytes, const QByteArray &otherwise)
        : m_bytes(bytes), m_numbers(otherwise)
    {
    }

    qsizetype below(qsizetype bound)
    {
        if (m_at < m_bytes.size())
            return static_cast<uchar>(m_bytes.at(m_at++)) % bound;
        return m_numbers.below(bound);
    }

    template <typename List> const auto &oneOf(const List &list)
    {
        return list[static_cast<size_t>(below(static_cast<qsizetype>(list.size())))];
    }

private:
    QByteArray m_bytes;
    qsizetype m_at = 0;
    Numbers m_numbers;
};

/// A value in the file: its path, and how it is reached by counting.
struct Place
{
    int node = -1; ///< -1: the top level of a text without values
    yaml::Kind kind = yaml::Kind::Null;
    YamlPath path;
    std::vector<size_t> steps;
    bool isFirst = true; ///< false: the path also says a value before
};

/// What the file says before an edit.
struct State
{
    QByteArray text;
    yaml::Tree tree;
    std::optional<Value> value; ///< absent where aliases would make it large or endless
};

bool isExpandable(const yaml::Tree &tree)
{
    int aliases = 0;
    for (int i = 0; i < int(tree.nodes.size()); ++i) {
        if (tree.at(i).kind != yaml::Kind::Alias)
            continue;
        const int anchor = tree.at(i).anchor;
        const bool isInItself = std::ranges::any_of(tree.nodes, [&](const yaml::Node &node) {
            const auto index = int(&node - tree.nodes.data());
            return node.kind != yaml::Kind::Alias && node.anchor == anchor && index < i
                && i <= node.last;
        });
        if (isInItself || ++aliases > MaxAliases)
            return false;
    }
    return true;
}

std::optional<State> stateOf(const QByteArray &text)
{
    Result<yaml::Tree> tree = yaml::Tree::parse(text.sliced(yaml::byteOrderMark(text).size()));
    if (!tree)
        return std::nullopt;
    State state{text, *std::move(tree), std::nullopt};
    if (isExpandable(state.tree))
        state.value = readValue(state.tree.text);
    return state;
}

/// The place of node, or of the value beside it if it is a key; nothing if a path cannot say it.
std::optional<Place> placeOf(const yaml::Tree &tree, int node)
{
    Place place;
    for (int at = node; at >= 0 && tree.at(at).parent >= 0;) {
        const yaml::Node &parent = tree.at(tree.at(at).parent);
        const auto found = std::ranges::find(parent.children, at);
        auto index = static_cast<size_t>(found - parent.children.begin());
        QString component = QString::number(index);
        if (parent.kind == yaml::Kind::Map) {
            if (index % 2 == 0 && at != node)
                return std::nullopt; // inside a key
            if (index % 2 == 0)
                node = parent.children[++index];
            const yaml::Node &key = tree.at(parent.children[index - 1]);
            component = QString::fromUtf8(key.text);
            if (key.kind != yaml::Kind::Scalar || component.toUtf8() != key.text)
                return std::nullopt; // the text of a key may start with a byte order mark
            place.isFirst = place.isFirst
                && tree.entryOf(tree.at(at).parent, key.text) == static_cast<int>(index) - 1;
            index /= 2;
        }
        place.path.prepend(component);
        place.steps.insert(place.steps.begin(), index);
        at = tree.at(at).parent;
    }
    place.node = node;
    place.kind = node < 0 ? yaml::Kind::Null : tree.at(node).kind;
    return place;
}

Value &follow(Value &root, const std::vector<size_t> &steps)
{
    Value *value = &root;
    for (const size_t step : steps)
        value = &value->children[step];
    return *value;
}

/// A key that the value does not have yet, as far as it is made: `made: ...`.
Value &addKey(Value &map, const QString &key)
{
    map.kind = Value::Kind::Map;
    map.keys.push_back(key);
    return map.children.emplace_back();
}

/// The new text means what it should.
void checkMeaning(const State &state, const QByteArray &text, const std::optional<Value> &expected)
{
    const QByteArray body = text.sliced(yaml::byteOrderMark(text).size());
    promise(yaml::Tree::parse(body).has_value(), "an edited text is valid", state.text, text);
    if (expected)
        promise(
            readValue(body) == *expected, "an edited text says the new thing", state.text, text);
}

/// A text that needs care, or one that the file holds already.
QString anyText(const State &state, Choices &choices)
{
    static const std::array<QString, 14> Texts{u"75"_s, u"x: y"_s, u"ü {1}, 'z'"_s, u""_s, u"-"_s,
        u"a\nb"_s, u"null"_s, u" pad "_s, u"2h30m"_s, u"\"#"_s, u"- a"_s, u"\t"_s, u"a #b"_s,
        u"\\u"_s};
    if (!state.tree.nodes.empty() && choices.below(3) == 0) {
        const QByteArray &text = choices.oneOf(state.tree.nodes).text;
        const QString value = QString::fromUtf8(text);
        if (value.toUtf8() == text)
            return value;
    }
    return choices.oneOf(Texts);
}

Result<QByteArray> setScalar(const State &state, const Place &place, Choices &choices)
{
    const QString value = anyText(state, choices);
    const Result<QByteArray> result = yamlpatch::setScalar(state.text, place.path, value);
    if (!result)
        return result;
    const qsizetype mark = yaml::byteOrderMark(state.text).size();
    const yaml::Node &node = state.tree.at(place.node);
    promise(result->startsWith(state.text.first(mark + node.begin)), "what is before stays",
        state.text, *result);
    promise(result->endsWith(state.text.sliced(mark + node.end)), "what is behind stays",
        state.text, *result);
    std::optional<Value> expected = state.value;
    if (expected) {
        Value actual = readValue(result->sliced(mark));
        Value &edited = follow(*expected, place.steps);
        edited.kind = Value::Kind::Scalar;
        edited.text = value;
        edited.isQuoted = follow(actual, place.steps).isQuoted; // quotes may become necessary
    }
    checkMeaning(state, *result, expected);
    const Result<QByteArray> again = yamlpatch::setScalar(*result, place.path, value);
    promise(again && *again == *result, "setting what is there changes nothing", *result);
    return result;
}

/// Puts a key or an item into the value at place, or into a key of it that does not exist yet.
Result<QByteArray> insert(const State &state, const Place &place, Choices &choices)
{
    static const std::array<QString, 8> Texts{u"60"_s, u"{x: [1, 'y']}"_s, u"[]"_s, u"\"a: b\""_s,
        u"~"_s, u"a, b"_s, u"{a"_s, u" x #y"_s};
    const bool isItem = choices.below(2) == 0;
    const QString key = anyText(state, choices);
    const QString &text = choices.oneOf(Texts);
    const QString made = u"made"_s;
    const bool makes = choices.below(4) == 0
        && (place.kind == yaml::Kind::Null
            || (place.kind == yaml::Kind::Map && state.tree.entryOf(place.node, "made") < 0));
    const YamlPath parent = makes ? place.path + YamlPath{made} : place.path;
    const Result<QByteArray> result = isItem ? yamlpatch::appendItem(state.text, parent, text)
                                             : yamlpatch::insertKey(state.text, parent, key, text);
    if (!result)
        return result;
    promise(
        linesLost(state.text, *result) <= 1, "an insertion touches one line", state.text, *result);
    std::optional<Value> expected = state.value;
    if (expected) {
        Value &found = follow(*expected, place.steps);
        Value &container = makes ? addKey(found, made) : found;
        Value added = readValue("[" + text.toUtf8() + "]").children.front();
        container.kind = isItem ? Value::Kind::List : Value::Kind::Map;
        if (!isItem)
            container.keys.push_back(key);
        container.children.push_back(std::move(added));
    }
    checkMeaning(state, *result, expected);
    return result;
}

Result<QByteArray> remove(const State &state, const Place &place)
{
    const Result<QByteArray> result = yamlpatch::remove(state.text, place.path);
    if (!result)
        return result;
    // Nothing new appears but `{}`, a line that moved up to a dash, or a comma that went.
    promise(linesLost(*result, state.text) <= 1, "a removal writes one line", state.text, *result);
    std::optional<Value> expected = state.value;
    if (expected) {
        const std::vector<size_t> steps(place.steps.begin(), place.steps.end() - 1);
        const auto index = static_cast<std::ptrdiff_t>(place.steps.back());
        Value &container = follow(*expected, steps);
        container.children.erase(container.children.begin() + index);
        if (container.kind == Value::Kind::Map)
            container.keys.erase(container.keys.begin() + index);
    }
    checkMeaning(state, *result, expected);
    return result;
}

Result<QByteArray> edit(const State &state, const Place &place, Choices &choices)
{
    switch (choices.below(4)) {
    case 0:
        return setScalar(state, place, choices);
    case 1:
        return remove(state, place);
    default:
        return insert(state, place, choices);
    }
}

/// Behind an alias there are values to find, but nothing to edit.
void checkAlias(const QByteArray &text, const YamlPath &path)
{
    const YamlPath behind = path + YamlPath{u"a"_s};
    promise(yamlpatch::lineOf(text, behind) >= 0, "a line is a line");
    const Result<QByteArray> result = yamlpatch::setScalar(text, behind, u"1"_s);
    promise(!result && result.error().code == ErrorCode::Refused, "aliases are not edited", text);
}

void checkEdits(QByteArray text, Choices &choices)
{
    for (int i = 0; i < Edits; ++i) {
        const std::optional<State> state = stateOf(text);
        if (!state) {
            const auto refused = yamlpatch::setScalar(text, {u"a"_s}, u"1"_s);
            promise(!refused && !refused.error().message.isEmpty(), "bad YAML is not edited");
            return;
        }
        const auto count = static_cast<qsizetype>(state->tree.nodes.size());
        const int node = count == 0 ? -1 : static_cast<int>(choices.below(count));
        const std::optional<Place> place = placeOf(state->tree, node);
        if (!place)
            continue;
        const bool hasLine = yamlpatch::lineOf(text, place->path) > 0;
        promise(hasLine || node < 0 || !place->isFirst, "what is there has a line", text,
            place->path.join(u'/').toUtf8());
        if (place->kind == yaml::Kind::Alias && place->isFirst)
            checkAlias(text, place->path);
        const Result<QByteArray> result = edit(*state, *place, choices);
        promise(result || !result.error().message.isEmpty(), "a refusal has a reason");
        promise(!result || place->isFirst, "what is there twice is not edited", text);
        if (result)
            text = *result;
    }
}

void checkLoading(const QByteArray &text)
{
    static const QProcessEnvironment environment(QProcessEnvironment::Initialization{});
    const LoadResult result = load(text, environment);
    promise((result.configuration == nullptr) == hasErrors(result.findings), "values or errors");
    const qsizetype lines = text.count('\n') + text.count('\r') + 1;
    for (const Finding &finding : result.findings) {
        promise(!finding.message.isEmpty(), "a finding says what is wrong");
        promise(finding.place.line >= 0 && finding.place.line <= lines + 1, "its line exists");
        promise(finding.place.column >= 0 && finding.place.column <= text.size() + 2,
            "its column exists");
    }
    promise(load(text, environment).findings == result.findings, "the same text says the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArray input = bytesOf(data, size).toByteArray();
    const qsizetype zero = input.indexOf('\0');
    const QByteArray text = zero < 0 ? input : input.first(zero);
    Choices choices(zero < 0 ? QByteArray() : input.sliced(zero + 1), text);
    checkLoading(text);
    checkEdits(text, choices);
    return 0;
}
