// SPDX-License-Identifier: GPL-3.0-or-later
// A stream of server-sent events says the same wherever its chunks end, and the usage filter takes
// bytes out of it but never adds, changes or moves one.
#include "core/metering/usage/usagefilter.h"
#include "tests/fuzz/usagechecks.h"

using namespace sluice::metering;
using namespace sluice::test;

namespace {

/// Now and then an input is made larger than one line or event may be: at a place of its own.
constexpr qsizetype StretchEvery = 256;

/// Usage filter and client in one: what comes out of a stream in chunks of 1 to max bytes; 0: at
/// once.
QByteArray filtered(QByteArrayView bytes, qsizetype max = 0)
{
    QByteArray out;
    UsageFilter filter;
    if (max == 0)
        out.append(filter.feed(bytes));
    else
        forChunks(bytes, max, [&](QByteArrayView chunk) { out.append(filter.feed(chunk)); });
    out.append(filter.finish());
    promise(filter.finish().isEmpty(), "what is out is not given out again");
    return out;
}

bool isSubsequence(QByteArrayView part, QByteArrayView whole)
{
    qsizetype found = 0;
    for (qsizetype at = 0; at < whole.size() && found < part.size(); ++at) {
        if (whole.at(at) == part.at(found))
            ++found;
    }
    return found == part.size();
}

void checkReader(QByteArrayView stream)
{
    constexpr auto Stream = UsageReader::Form::EventStream;
    const TokenUsage whole = readUsage(Stream, stream);
    checkFigures(whole);
    promise(readUsage(Stream, stream, 1) == whole, "single bytes say what the whole stream says");
    promise(readUsage(Stream, stream, 64) == whole, "chunks say what the whole stream says");
}

void checkFilter(QByteArrayView stream)
{
    const QByteArray whole = filtered(stream);
    promise(isSubsequence(whole, stream), "the filter only takes bytes out");
    promise(filtered(stream, 1) == whole, "single bytes are filtered as the whole stream is");
    promise(filtered(stream, 64) == whole, "chunks are filtered as the whole stream is");
    if (!stream.contains("\"usage\""))
        promise(whole == stream, "a stream without usage goes through as it is");
}

/// Lines and events longer than is kept. The filter's limit depends on the chunks by design.
void checkStretched(QByteArrayView input, Numbers &numbers)
{
    QByteArray stream = input.toByteArray();
    const qsizetype size = UsageReader::MaxLineBytes - 16 + numbers.below(32);
    stream.insert(numbers.below(input.size() + 1), QByteArray(size, 'x'));
    constexpr auto Stream = UsageReader::Form::EventStream;
    const TokenUsage whole = readUsage(Stream, stream);
    promise(readUsage(Stream, stream, 65'536) == whole, "long lines say the same in chunks");
    const QByteArray chunked = filtered(stream, 65'536);
    promise(isSubsequence(chunked, stream), "long events lose bytes only");
    promise(filtered(stream, stream.size()) == chunked, "long events are the same in chunks");

    qsizetype fed = 0;
    qsizetype out = 0;
    UsageFilter filter;
    forChunks(QByteArray(2 * size, 'x'), 65'536, [&](QByteArrayView chunk) {
        out += filter.feed(chunk).size();
        fed += chunk.size();
        promise(fed - out <= UsageFilter::MaxEventBytes, "the filter keeps no more than an event");
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArrayView stream = bytesOf(data, size);
    checkReader(stream);
    checkFilter(stream);
    Numbers numbers(stream);
    if (numbers.below(StretchEvery) == 0)
        checkStretched(stream, numbers);
    return 0;
}
