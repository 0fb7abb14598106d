// SPDX-License-Identifier: GPL-3.0-or-later
// About how many tokens a text has, without a tokenizer's tables: the text is cut as the patterns
// of byte-pair tokenizers cut it, and each piece has a weight by kind and length. Integers only, no
// allocation. A value; one text, one thread at a time.
#pragma once

#include "core/metering/tokens/tokenfamily.h"
#include "core/metering/tokens/tokenweights.h"

#include <QByteArrayView>

namespace sluice::metering {

class TokenCounter
{
public:
    explicit TokenCounter(TokenFamily family);

    /// With weights that must outlive the counter; for fitting them.
    explicit TokenCounter(const tokenweights::Weights &weights) : m_weights(&weights) { }

    /// The next bytes of the text, UTF-8, cut anywhere: the count is that of the whole text. What
    /// is not UTF-8 is counted byte by byte.
    void feed(QByteArrayView text);

    /// The text ends here; what comes next is another one.
    void endText();

    /// Tokens so far, rounded; 0 only if there was nothing.
    [[nodiscard]] qint64 tokens() const;

    /// True if no byte has been fed.
    [[nodiscard]] bool isEmpty() const { return m_isEmpty; }

private:
    enum class Run : quint8 { None, Word, Digits, Marks, Blanks, Script };
    enum class Before : quint8 { Nothing, Blank, Line, Letter, Digit, Mark, Apostrophe };
    enum class WordKind : quint8 { Spaced, Joined, Hump, Contracted };

    void add(int feature, qint64 times = 1)
    {
        m_thousandths += (*m_weights)[static_cast<size_t>(feature)] * times;
    }

    void enter(Run run);
    void beginWord();
    void endRun(Run next);
    void endWord();
    void endDigits();
    void endMarks(Run next);
    void endBlanks(Run next);
    const uchar *feedLetters(const uchar *at, const uchar *end);
    const uchar *feedSpacedWords(const uchar *at, const uchar *end);
    const uchar *feedLowerCase(const uchar *at, const uchar *end);
    void feedUpperCase(uchar byte);
    const uchar *feedDigits(const uchar *at, const uchar *end);
    void feedMark(uchar mark);
    void feedBlank(uchar blank);
    bool continueSequence(uchar byte);
    void feedNonAscii(uchar byte);
    void breakSequence();
    void feedCharacter(char32_t character);

    const tokenweights::Weights *m_weights;
    qint64 m_thousandths = 0; ///< of tokens, of all that has ended
    qsizetype m_length = 0; ///< letters, digits, different marks or blanks of the run
    qsizetype m_repeats = 0; ///< marks that are the one before them
    qsizetype m_lines = 0; ///< line ends in the blanks
    qsizetype m_tabs = 0; ///< in the blanks since the last line end
    char32_t m_character = 0; ///< of the sequence that has begun
    char32_t m_last = 0; ///< mark or character of another script
    quint8 m_letter = 0; ///< the word's last one, 1 to 26; 0 = none
    quint8 m_needed = 0; ///< bytes that the sequence still lacks
    quint8 m_sequence = 0; ///< bytes that it has
    tokenweights::Script m_script = tokenweights::Script::Other;
    Run m_run = Run::None;
    Before m_before = Before::Nothing;
    WordKind m_kind = WordKind::Joined;
    bool m_isCapital = false; ///< the word begins with a capital
    bool m_isUpper = false; ///< the word has nothing but capitals
    bool m_isEmpty = true;
};

} // namespace sluice::metering
