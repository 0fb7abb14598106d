// SPDX-License-Identifier: GPL-3.0-or-later
// The usage of an answer in one JSON document: counts within their bounds, the same however the
// document arrives, and the same as that of an event with the document as its data.
#include "tests/fuzz/usagechecks.h"

using namespace sluice::metering;
using namespace sluice::test;

namespace {

bool isSame(const UsageFields &a, const UsageFields &b)
{
    return a.prompt == b.prompt && a.completion == b.completion && a.total == b.total
        && a.input == b.input && a.output == b.output && a.cachedDetail == b.cachedDetail
        && a.cacheRead == b.cacheRead && a.cacheCreation == b.cacheCreation
        && a.cacheCreation1h == b.cacheCreation1h && a.reasoning == b.reasoning
        && a.outputSoFar == b.outputSoFar;
}

void checkDocument(const QByteArray &document)
{
    constexpr auto Json = UsageReader::Form::Json;
    const TokenUsage whole = readUsage(Json, document);
    checkFigures(whole);
    promise(readUsage(Json, document) == whole, "the same bytes say the same");
    promise(readUsage(Json, document, 1) == whole, "single bytes say what the document says");
    promise(readUsage(Json, document, 64) == whole, "chunks say what the document says");
    const bool isOneLine = !document.contains('\n') && !document.contains('\r');
    if (!isOneLine || document.startsWith("\xEF\xBB\xBF"))
        return;
    const QByteArray event = "data: " + document + "\n\n";
    promise(readUsage(UsageReader::Form::EventStream, event) == whole,
        "an event says what the document says");
}

void checkFields(const QByteArray &document)
{
    UsageFields fields;
    QByteArray json = document;
    const bool isObject = readUsageFields(json, fields);
    promise(json == document, "reading leaves the text alone");
    promise(isObject || isSame(fields, {}), "a broken text changes nothing");
    // What was read before stays where the document has nothing to say.
    UsageFields again = fields;
    promise(readUsageFields(json, again) == isObject && isSame(again, fields),
        "reading again changes nothing");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArray document = bytesOf(data, size).toByteArray();
    checkDocument(document);
    checkFields(document);
    return 0;
}
