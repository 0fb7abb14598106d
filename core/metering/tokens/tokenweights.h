// SPDX-License-Identifier: GPL-3.0-or-later
// What TokenCounter counts in a text, and what each of it is worth: figures fitted to real
// tokenizers (docs/metering.md, "Estimates"). Constants, any thread.
#pragma once

#include <QtGlobal>

#include <array>

namespace sluice::metering::tokenweights {

constexpr int MostLetters = 16; ///< words of more letters: this one and ExtraLetter for each
constexpr int Marks = 32; ///< kinds of ASCII punctuation
constexpr int MostMarks = 6; ///< as above, different punctuation marks in a row
constexpr int PairLevels = 6;
constexpr int IndentSteps = 9; ///< 1, 2, 3, 4, 8, 12, 16, 24 and more blanks at a line's start
constexpr int TabSteps = 4;
constexpr int GapSteps = 4; ///< 2, 3, 4 and more blanks within a line

/// Writing systems and other groups of characters beyond ASCII; accented Latin letters are part of
/// the words.
enum class Script : quint8 {
    LatinSymbol,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Devanagari,
    Indic, ///< Bengali to Sinhala
    Thai,
    Hangul,
    Han,
    Hiragana,
    Katakana,
    CjkMark,
    Typographic,
    Box,
    Symbol,
    Emoji,
    Modifier, ///< joins or changes the emoji before it
    Other,
    Count,
};

constexpr int Scripts = static_cast<int>(Script::Count);

/// Where the weight of each thing stands.
enum Feature : quint16 {
    SpacedWord, ///< after a blank, by letters
    JoinedWord = SpacedWord + MostLetters, ///< after anything else
    HumpWord = JoinedWord + MostLetters, ///< the "Case" of "camelCase"
    UpperWord = HumpWord + MostLetters, ///< two or more capitals
    ExtraLetter = UpperWord + MostLetters,
    ShortCapital, ///< a word of at most five letters with a capital, besides its letters
    LongCapital,
    Contraction, ///< the "t" of "don't"
    AccentedLetter,
    WordAfterDigit,
    Pair, ///< two letters that follow one another, by how rare that is
    DigitRun = Pair + PairLevels,
    DigitTriple, ///< each begun three digits
    Digit,
    SpacedDigits,
    DigitsAfterLetter,
    SingleMark, ///< a punctuation mark alone, by which it is
    LeadingMark = SingleMark + Marks, ///< such a mark with a word right after it
    MarkRun = LeadingMark + Marks, ///< several marks, by how many different ones follow one another
    ExtraMark = MarkRun + MostMarks,
    RepeatedMark, ///< the second of the same
    FurtherMark, ///< the third and so on
    SpacedMarks,
    Control,
    LineAfterMark, ///< a line's end after punctuation
    LineAfterText,
    BlankLine,
    FurtherLine,
    CarriageReturn,
    TrailingBlanks,
    Indent,
    Gap = Indent + IndentSteps,
    WideBlank = Gap + GapSteps, ///< each of the blanks that are more than the steps can tell
    TabRun, ///< one to four tabs
    TabsBeforeWord = TabRun + TabSteps, ///< as TabRun, where a word follows
    FurtherTab = TabsBeforeWord + TabSteps,
    ScriptRun, ///< the beginning of a run
    ScriptCharacter = ScriptRun + Scripts,
    BrokenByte = ScriptCharacter + Scripts, ///< what is not UTF-8
    FeatureCount,
};

/// Thousandths of a token, in the order of Feature.
using Weights = std::array<qint16, FeatureCount>;

/// How rare one letter (0 = the word's beginning, 1 = a) is after another, 0 to PairLevels - 1, at
/// first * 32 + second; every family weighs the levels in its own way.
extern const std::array<quint8, 27 * 32> PairLevel;

} // namespace sluice::metering::tokenweights
