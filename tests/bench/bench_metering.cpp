// SPDX-License-Identifier: GPL-3.0-or-later
// What metering costs. First the parts alone: reading usage and text along and taking the extra
// chunk out, in MB/s and nanoseconds an event, for streams as providers send them. Then the whole:
// a streamed request through sluicectl serve with metering beside the same bytes through a path
// that is not metered, in processor time of the gateway. Usage: bench_metering [ROUNDS [STREAMS]]
#include "core/metering/usage/usagefilter.h"
#include "core/metering/usage/usagereader.h"
#include "streamload.h"

#include <QCoreApplication>
#include <QElapsedTimer>

#include <algorithm>
#include <cstdio>

using namespace sluice;
using metering::UsageFilter;
using metering::UsageReader;

namespace {

constexpr int Events = 100'000; ///< of one measured stream
constexpr int Samples = 9;

struct Dialect
{
    const char *name;
    QByteArray event; ///< one token of an answer
};

const std::vector<Dialect> &dialects()
{
    static const std::vector<Dialect> list{
        {"chat, usage asked for",
            R"(data: {"id":"chatcmpl-9fJ2k1","object":"chat.completion.chunk","created":1760000000,)"
            R"("model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_1a2b3c",)"
            R"("choices":[{"index":0,"delta":{"content":" measured"},"logprobs":null,)"
            R"("finish_reason":null}],"usage":null})"
            "\n\n"},
        {"chat",
            R"(data: {"id":"chatcmpl-9fJ2k1","object":"chat.completion.chunk","created":1760000000,)"
            R"("model":"gpt-4o-2024-08-06","system_fingerprint":"fp_1a2b3c","choices":[{"index":0,)"
            R"("delta":{"content":" measured"},"logprobs":null,"finish_reason":null}]})"
            "\n\n"},
        {"responses",
            "event: response.output_text.delta\n"
            R"(data: {"type":"response.output_text.delta","sequence_number":17,)"
            R"("item_id":"msg_0a1b2c3d","output_index":0,"content_index":0,"delta":" measured",)"
            R"("logprobs":[]})"
            "\n\n"},
        {"messages",
            "event: content_block_delta\n"
            R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",)"
            R"("text":" measured"}})"
            "\n\n"}};
    return list;
}

template <typename Work> double medianNanoseconds(Work work)
{
    std::vector<qint64> samples;
    for (int i = 0; i < Samples; ++i) {
        QElapsedTimer timer;
        timer.start();
        work();
        samples.push_back(timer.nsecsElapsed());
    }
    std::nth_element(samples.begin(), samples.begin() + Samples / 2, samples.end());
    return double(samples[Samples / 2]);
}

void print(const char *dialect, const char *part, double nanoseconds, qsizetype bytes)
{
    std::printf("%-24s %-22s %8.0f ns an event %8.0f MB/s\n", dialect, part, nanoseconds / Events,
        double(bytes) * 1'000 / nanoseconds);
}

void measureParts(const Dialect &dialect)
{
    const QByteArray &event = dialect.event;
    const qsizetype bytes = event.size() * Events;
    const double reading = medianNanoseconds([&event] {
        UsageReader reader(UsageReader::Form::EventStream, metering::TokenFamily::O200k);
        for (int i = 0; i < Events; ++i)
            reader.feed(event);
        if (reader.countedOutput() == 0)
            qFatal("nothing was counted");
    });
    print(dialect.name, "reading along", reading, bytes);
    const double filtering = medianNanoseconds([&event] {
        qint64 seen = 0;
        UsageFilter filter;
        for (int i = 0; i < Events; ++i)
            seen += filter.feed(event).size();
        if (seen == 0)
            qFatal("nothing went through");
    });
    print(dialect.name, "taking out", filtering, bytes);
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    for (const Dialect &dialect : dialects())
        measureParts(dialect);
    const int rounds = argc > 1 ? std::max(1, QByteArray(argv[1]).toInt()) : 5;
    const int streams = argc > 2 ? std::max(1, QByteArray(argv[2]).toInt()) : 400;
    return bench::compareStreams(dialects().front().event, rounds, streams);
}
