// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/tokens/tokencounter.h"

#include <algorithm>

namespace sluice::metering {

using namespace tokenweights;

namespace {

enum class Kind : quint8 { Letter, Capital, Digit, Mark, Blank, Control, NonAscii };

constexpr Kind kindOf(int byte)
{
    if (byte >= 0x80)
        return Kind::NonAscii;
    if (byte >= 'a' && byte <= 'z')
        return Kind::Letter;
    if (byte >= 'A' && byte <= 'Z')
        return Kind::Capital;
    if (byte >= '0' && byte <= '9')
        return Kind::Digit;
    if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r')
        return Kind::Blank;
    return byte > ' ' && byte < 0x7F ? Kind::Mark : Kind::Control;
}

constexpr std::array<Kind, 256> Kinds = [] {
    std::array<Kind, 256> kinds{};
    for (int byte = 0; byte < 256; ++byte)
        kinds[static_cast<size_t>(byte)] = kindOf(byte);
    return kinds;
}();

/// 0 to 31.
int indexOfMark(uchar mark)
{
    if (mark < '0')
        return mark - '!';
    if (mark < 'A')
        return mark - ':' + 15;
    return mark < 'a' ? mark - '[' + 22 : mark - '{' + 28;
}

struct Range
{
    char32_t first;
    char32_t last;
    Script script;
};

/// In the order of the characters.
constexpr std::array Ranges{
    Range{0x80, 0xBF, Script::LatinSymbol},
    Range{0x370, 0x3FF, Script::Greek},
    Range{0x400, 0x52F, Script::Cyrillic},
    Range{0x590, 0x5FF, Script::Hebrew},
    Range{0x600, 0x77F, Script::Arabic},
    Range{0x900, 0x97F, Script::Devanagari},
    Range{0x980, 0xDFF, Script::Indic},
    Range{0xE00, 0xE7F, Script::Thai},
    Range{0x1100, 0x11FF, Script::Hangul},
    Range{0x200D, 0x200D, Script::Modifier},
    Range{0x2000, 0x206F, Script::Typographic},
    Range{0x2070, 0x24FF, Script::Symbol},
    Range{0x2500, 0x25FF, Script::Box},
    Range{0x2600, 0x2BFF, Script::Symbol},
    Range{0x3000, 0x303F, Script::CjkMark},
    Range{0x3040, 0x309F, Script::Hiragana},
    Range{0x30A0, 0x30FF, Script::Katakana},
    Range{0x3400, 0x9FFF, Script::Han},
    Range{0xAC00, 0xD7AF, Script::Hangul},
    Range{0xFE00, 0xFE0F, Script::Modifier},
    Range{0xFF00, 0xFFEF, Script::CjkMark},
    Range{0x1F1E6, 0x1F1FF, Script::Modifier},
    Range{0x1F3FB, 0x1F3FF, Script::Modifier},
    Range{0x1F000, 0x1FAFF, Script::Emoji},
    Range{0x20000, 0x3FFFF, Script::Han},
};

Script scriptOf(char32_t character)
{
    for (const Range &range : Ranges)
        if (character >= range.first && character <= range.last)
            return range.script;
    return Script::Other;
}

/// Accented Latin letters and the accents that are characters of their own.
bool isLatin(char32_t character)
{
    return (character >= 0xC0 && character <= 0x36F && character != 0xD7 && character != 0xF7)
        || (character >= 0x1E00 && character <= 0x1EFF);
}

/// One blank before a word is part of the word, for tokenizers too.
bool isWordAfterBlank(const uchar *at, const uchar *end)
{
    return *at == ' ' && end - at > 1 && Kinds[at[1]] == Kind::Letter;
}

bool isContinuation(uchar byte)
{
    return (byte & 0xC0) == 0x80;
}

} // namespace

TokenCounter::TokenCounter(TokenFamily family) : TokenCounter(weightsOf(family)) { }

void TokenCounter::feed(QByteArrayView text)
{
    const auto *at = reinterpret_cast<const uchar *>(text.data());
    const uchar *end = at + text.size();
    m_isEmpty = m_isEmpty && at == end;
    while (at != end) {
        if (m_needed != 0 && continueSequence(*at)) {
            ++at;
            continue;
        }
        switch (Kinds[*at]) {
        case Kind::Letter:
        case Kind::Capital:
            at = feedLetters(at, end);
            break;
        case Kind::Digit:
            at = feedDigits(at, end);
            break;
        case Kind::Mark:
            feedMark(*at++);
            break;
        case Kind::Blank:
            if (m_run != Run::Blanks && isWordAfterBlank(at, end))
                at = feedSpacedWords(at, end);
            else
                feedBlank(*at++);
            break;
        case Kind::Control:
            enter(Run::None);
            add(Control);
            ++at;
            break;
        case Kind::NonAscii:
            feedNonAscii(*at++);
            break;
        }
    }
}

void TokenCounter::endText()
{
    if (m_needed != 0)
        breakSequence();
    enter(Run::None);
    m_before = Before::Nothing;
}

qint64 TokenCounter::tokens() const
{
    if (m_isEmpty)
        return 0;
    TokenCounter whole = *this;
    whole.endText();
    return std::max<qint64>((whole.m_thousandths + 500) / 1'000, 1);
}

/// Ends the run, whatever it is, and begins another one.
void TokenCounter::enter(Run run)
{
    endRun(run);
    m_run = run;
    m_length = 0;
    m_repeats = 0;
}

void TokenCounter::endRun(Run next)
{
    switch (m_run) {
    case Run::None:
        break;
    case Run::Word:
        endWord();
        break;
    case Run::Digits:
        endDigits();
        break;
    case Run::Marks:
        endMarks(next);
        break;
    case Run::Blanks:
        endBlanks(next);
        break;
    case Run::Script:
        m_before = Before::Letter;
        break;
    }
}

// ---- words

const uchar *TokenCounter::feedLetters(const uchar *at, const uchar *end)
{
    if (m_run != Run::Word)
        beginWord();
    while (at != end) {
        if (Kinds[*at] == Kind::Letter)
            at = feedLowerCase(at, end);
        else if (Kinds[*at] == Kind::Capital)
            feedUpperCase(*at++);
        else
            break;
    }
    return at;
}

void TokenCounter::beginWord()
{
    enter(Run::Word);
    m_kind = m_before == Before::Blank   ? WordKind::Spaced
        : m_before == Before::Apostrophe ? WordKind::Contracted
                                         : WordKind::Joined;
    if (m_before == Before::Digit)
        add(WordAfterDigit);
    m_letter = 0;
    m_isCapital = false;
    m_isUpper = false;
}

const uchar *TokenCounter::feedLowerCase(const uchar *at, const uchar *end)
{
    if (m_isUpper && m_length > 1) {
        // The last capital of "HTTPServer" belongs to what follows.
        const quint8 capital = m_letter;
        --m_length;
        endWord();
        m_kind = WordKind::Hump;
        m_isCapital = true;
        m_length = 1;
        m_letter = capital;
    }
    m_isUpper = false;
    const uchar *begin = at;
    const auto *weights = &(*m_weights)[Pair];
    qint64 sum = 0;
    size_t before = m_letter;
    for (; at != end && Kinds[*at] == Kind::Letter; ++at) {
        const size_t letter = *at & 31U;
        sum += weights[PairLevel[before * 32 + letter]];
        before = letter;
    }
    m_thousandths += sum;
    m_letter = static_cast<quint8>(before);
    m_length += at - begin;
    return at;
}

void TokenCounter::feedUpperCase(uchar byte)
{
    if (m_length > 0 && !m_isUpper) {
        endWord();
        m_kind = WordKind::Hump;
        m_length = 0;
        m_letter = 0;
    }
    if (m_length == 0) {
        m_isCapital = true;
        m_isUpper = true;
    }
    const quint8 letter = byte & 31U;
    add(Pair + PairLevel[m_letter * size_t{32} + letter]);
    m_letter = letter;
    ++m_length;
}

/// Small words with one blank before each, which is what most of prose is made of: the same as
/// feedBlank() and feedLowerCase() in turn, and twice as fast.
const uchar *TokenCounter::feedSpacedWords(const uchar *at, const uchar *end)
{
    enter(Run::Blanks);
    m_before = Before::Blank;
    const auto *pairs = &(*m_weights)[Pair];
    const auto *words = &(*m_weights)[SpacedWord];
    const qint64 extraLetter = (*m_weights)[ExtraLetter];
    qint64 sum = 0;
    size_t letter = 0;
    qsizetype length = 0;
    do {
        ++at;
        letter = 0;
        const uchar *begin = at;
        for (; at != end && Kinds[*at] == Kind::Letter; ++at) {
            const size_t next = *at & 31U;
            sum += pairs[PairLevel[letter * 32 + next]];
            letter = next;
        }
        length = at - begin;
        const qsizetype counted = std::min<qsizetype>(length, MostLetters);
        sum += words[counted - 1] + extraLetter * (length - counted);
    } while (at != end && isWordAfterBlank(at, end));
    // The last one may go on, and is weighed when it ends.
    const qsizetype counted = std::min<qsizetype>(length, MostLetters);
    m_thousandths += sum - words[counted - 1] - extraLetter * (length - counted);
    m_run = Run::Word;
    m_kind = WordKind::Spaced;
    m_isCapital = false;
    m_isUpper = false;
    m_letter = static_cast<quint8>(letter);
    m_length = length;
    return at;
}

void TokenCounter::endWord()
{
    m_before = Before::Letter;
    if (m_length == 0)
        return;
    if (m_kind == WordKind::Contracted && m_length <= 2) {
        add(Contraction);
        return;
    }
    const int letters = static_cast<int>(std::min<qsizetype>(m_length, MostLetters));
    int first = m_kind == WordKind::Spaced ? SpacedWord
        : m_kind == WordKind::Hump         ? HumpWord
                                           : JoinedWord;
    if (m_isUpper && m_length > 1)
        first = UpperWord;
    else if (m_isCapital)
        add(m_length > 5 ? LongCapital : ShortCapital);
    add(first + letters - 1);
    add(ExtraLetter, m_length - letters);
    m_isCapital = false;
}

// ---- digits, marks, blanks

const uchar *TokenCounter::feedDigits(const uchar *at, const uchar *end)
{
    if (m_run != Run::Digits) {
        enter(Run::Digits);
        add(DigitRun);
        if (m_before == Before::Blank)
            add(SpacedDigits);
        else if (m_before == Before::Letter)
            add(DigitsAfterLetter);
    }
    const uchar *begin = at;
    while (at != end && Kinds[*at] == Kind::Digit)
        ++at;
    m_length += at - begin;
    return at;
}

void TokenCounter::endDigits()
{
    add(Digit, m_length);
    add(DigitTriple, (m_length + 2) / 3);
    m_before = Before::Digit;
}

void TokenCounter::feedMark(uchar mark)
{
    if (m_run != Run::Marks) {
        const bool isSpaced = m_run == Run::Blanks;
        const bool isInWord = m_run == Run::Word;
        enter(Run::Marks);
        if (isSpaced && m_before == Before::Blank)
            add(SpacedMarks);
        m_before = isInWord ? Before::Letter : Before::Nothing;
        m_last = 0;
    }
    if (m_last == mark)
        ++m_repeats;
    else
        ++m_length;
    m_last = mark;
}

void TokenCounter::endMarks(Run next)
{
    const bool isAlone = m_length == 1 && m_repeats == 0;
    const bool isInWord = m_before == Before::Letter;
    m_before = isAlone && isInWord && m_last == '\'' ? Before::Apostrophe : Before::Mark;
    if (isAlone) {
        const int first = next == Run::Word ? LeadingMark : SingleMark;
        add(first + indexOfMark(static_cast<uchar>(m_last)));
        return;
    }
    const int marks = static_cast<int>(std::min<qsizetype>(m_length, MostMarks));
    add(MarkRun + marks - 1);
    add(ExtraMark, m_length - marks);
    if (m_repeats > 0) {
        add(RepeatedMark);
        add(FurtherMark, m_repeats - 1);
    }
}

void TokenCounter::feedBlank(uchar blank)
{
    if (m_run != Run::Blanks) {
        enter(Run::Blanks);
        m_lines = 0;
        m_tabs = 0;
    }
    if (blank == ' ') {
        ++m_length;
    } else if (blank == '\t') {
        ++m_tabs;
    } else if (blank == '\r') {
        add(CarriageReturn);
    } else {
        if (m_length > 0)
            add(TrailingBlanks);
        ++m_lines;
        m_length = 0;
        m_tabs = 0;
    }
}

void TokenCounter::endBlanks(Run next)
{
    if (m_lines > 0)
        add(m_before == Before::Mark ? LineAfterMark : LineAfterText);
    if (m_lines > 1)
        add(BlankLine);
    if (m_lines > 2)
        add(FurtherLine, m_lines - 2);
    if (m_tabs > 0) {
        const qsizetype tabs = std::min<qsizetype>(m_tabs, TabSteps);
        const int first = next == Run::Word ? TabsBeforeWord : TabRun;
        add(first + static_cast<int>(tabs) - 1);
        add(FurtherTab, m_tabs - tabs);
    }
    constexpr std::array<qsizetype, IndentSteps> Indents{1, 2, 3, 4, 8, 12, 16, 24, 32};
    const auto indent = std::lower_bound(Indents.begin(), Indents.end() - 1, m_length);
    if (m_lines > 0 && m_length > 0) {
        add(Indent + static_cast<int>(indent - Indents.begin()));
        add(WideBlank, std::max<qsizetype>(m_length - 24, 0));
    } else if (m_length > 1) {
        add(Gap + static_cast<int>(std::min<qsizetype>(m_length, GapSteps + 1)) - 2);
        add(WideBlank, std::max<qsizetype>(m_length - 24, 0));
    }
    m_before = m_length > 0 || m_tabs > 0 ? Before::Blank : Before::Line;
}

// ---- beyond ASCII

void TokenCounter::feedNonAscii(uchar byte)
{
    if (byte < 0xC2 || byte > 0xF4) {
        enter(Run::None);
        add(BrokenByte);
        return;
    }
    m_needed = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    m_sequence = 1;
    m_character = byte & (0x3FU >> m_needed);
}

/// False if the byte does not belong to the sequence, which is over then.
bool TokenCounter::continueSequence(uchar byte)
{
    if (!isContinuation(byte)) {
        breakSequence();
        return false;
    }
    m_character = m_character << 6U | (byte & 0x3FU);
    ++m_sequence;
    --m_needed;
    if (m_needed != 0)
        return true;
    const bool isSurrogate = m_character >= 0xD800 && m_character <= 0xDFFF;
    constexpr std::array<char32_t, 5> Smallest{0, 0, 0x80, 0x800, 0x10000};
    if (isSurrogate || m_character > 0x10FFFF || m_character < Smallest[m_sequence])
        breakSequence();
    else
        feedCharacter(m_character);
    return true;
}

void TokenCounter::breakSequence()
{
    enter(Run::None);
    add(BrokenByte, m_sequence);
    m_needed = 0;
}

void TokenCounter::feedCharacter(char32_t character)
{
    if (isLatin(character)) {
        if (m_run != Run::Word)
            beginWord();
        add(AccentedLetter);
        m_isUpper = false;
        m_letter = 0;
        ++m_length;
        return;
    }
    const Script script = scriptOf(character);
    if (m_run != Run::Script || m_script != script) {
        enter(Run::Script);
        add(ScriptRun + static_cast<int>(script));
        m_script = script;
        m_last = 0;
    }
    if (m_last == character)
        add(FurtherMark);
    else
        add(ScriptCharacter + static_cast<int>(script));
    m_last = character;
}

} // namespace sluice::metering
