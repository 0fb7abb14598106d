// SPDX-License-Identifier: GPL-3.0-or-later
// Texts in requests and answers, and the tokens they may have: any bytes are counted, the same
// however they are cut, and never beyond what their size allows.
#include "core/metering/tokens/answertext.h"
#include "core/metering/tokens/inputestimate.h"
#include "tests/fuzz/fuzzinput.h"

using namespace sluice::metering;
using namespace sluice::test;

namespace {

/// The weights give no byte more than this; pictures have flat figures.
constexpr qint64 TokensOfByte = 4;
constexpr qint64 TokensOfPicture = 100'000;

qint64 countIn(QByteArrayView text, TokenFamily family, qsizetype max)
{
    TokenCounter counter(family);
    forChunks(text, max, [&counter](QByteArrayView chunk) { counter.feed(chunk); });
    return counter.tokens();
}

void checkCounter(QByteArrayView text, TokenFamily family)
{
    TokenCounter whole(family);
    whole.feed(text);
    const qint64 tokens = whole.tokens();
    promise(tokens >= 0 && tokens <= TokensOfByte * (text.size() + 1), "a count fits its text");
    promise(countIn(text, family, 1) == tokens, "single bytes count like the text");
    promise(countIn(text, family, 7) == tokens, "pieces count like the text");
}

void checkAnswer(const QByteArray &document, TokenFamily family)
{
    QByteArray json = document;
    TokenCounter counter(family);
    const bool isObject = readAnswerText(json, counter);
    promise(json == document, "reading leaves the text alone");
    promise(isObject || counter.isEmpty(), "a broken text adds nothing");
    promise(counter.tokens() <= TokensOfByte * (json.size() + 1), "an answer fits its bytes");
    TokenCounter again(family);
    promise(readAnswerText(json, again) == isObject && again.tokens() == counter.tokens(),
        "the same bytes say the same");
}

void checkRequest(const QByteArray &document, TokenFamily family)
{
    QByteArray json = document;
    const qint64 tokens = estimateInput(json, family);
    promise(json == document, "estimating leaves the text alone");
    promise(tokens >= 1 && tokens <= TokensOfPicture * (json.size() + 1), "an estimate is bounded");
    promise(estimateInput(json, family) == tokens, "the same bytes cost the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArray bytes = bytesOf(data, size).toByteArray();
    const auto family = static_cast<TokenFamily>(size % TokenFamilies);
    checkCounter(bytes, family);
    checkAnswer(bytes, family);
    checkRequest(bytes, family);
    return 0;
}
