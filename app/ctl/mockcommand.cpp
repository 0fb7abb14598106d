// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl mock: the built-in provider on its own.
#include "app/ctl/command.h"
#include "app/signalwatcher.h"

#include "core/base/duration.h"
#include "core/base/units.h"
#include "core/demo/mockserver.h"

#include <QCoreApplication>

namespace sluice::ctl {

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;

namespace {

Result<milliseconds> duration(const QCommandLineParser &parser, const QString &name)
{
    const auto parsed = parseDuration(parser.value(name));
    if (!parsed)
        return Error{ErrorCode::Invalid, u"--%1: %2"_s.arg(name, parsed.error().message), {}};
    return std::chrono::duration_cast<milliseconds>(*parsed);
}

Result<qint64> number(
    const QCommandLineParser &parser, const QString &name, qint64 least, qint64 most)
{
    bool isNumber = false;
    const qint64 value = parser.value(name).toLongLong(&isNumber);
    if (!isNumber || value < least || value > most)
        return Error{ErrorCode::Invalid,
            u"--%1 needs a whole number from %2 to %3"_s.arg(name).arg(least).arg(most), {}};
    return value;
}

/// --error-rate in per cent of the answers, as a whole number.
Result<demo::MockOptions> readOptions(const QCommandLineParser &parser)
{
    demo::MockOptions options;
    const auto latency = duration(parser, u"latency"_s);
    const auto jitter = duration(parser, u"jitter"_s);
    const auto interval = duration(parser, u"chunk-interval"_s);
    for (const auto *parsed : {&latency, &jitter, &interval})
        if (!*parsed)
            return parsed->error();
    const auto tokens = number(parser, u"tokens"_s, 1, 100'000);
    const auto seed = number(parser, u"seed"_s, 0, 4'294'967'295);
    for (const auto *parsed : {&tokens, &seed})
        if (!*parsed)
            return parsed->error();
    const auto rate = parseAmount(parser.value(u"error-rate"_s).toUtf8());
    if (!rate || *rate > MicroPerUnit)
        return Error{ErrorCode::Invalid, u"--error-rate needs a share from 0 to 1"_s, {}};
    options.latency = *latency;
    options.jitter = *jitter;
    options.chunkInterval = *interval;
    options.tokens = static_cast<int>(*tokens);
    options.errorsPerMillion = static_cast<int>(*rate);
    options.seed = static_cast<quint64>(*seed);
    return options;
}

void addOptions(QCommandLineParser &parser)
{
    parser.addOption({u"listen"_s, u"Where to listen."_s, u"ADDR:PORT"_s, u"127.0.0.1:0"_s});
    parser.addOption({u"latency"_s, u"Time before each answer."_s, u"DURATION"_s, u"0s"_s});
    parser.addOption({u"jitter"_s, u"Random time added to it."_s, u"DURATION"_s, u"0s"_s});
    parser.addOption({u"tokens"_s, u"Length of each answer."_s, u"N"_s, u"16"_s});
    parser.addOption(
        {u"chunk-interval"_s, u"Time between chunks of a stream."_s, u"DURATION"_s, u"0s"_s});
    parser.addOption({u"error-rate"_s, u"Share of answers that are errors."_s, u"P"_s, u"0"_s});
    parser.addOption({u"seed"_s, u"Seed of text, jitter and errors."_s, u"N"_s, u"1"_s});
}

} // namespace

int runMock(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"A mock OpenAI and Anthropic provider: no network, no cost. GET /-/books returns its own "
        u"exact accounting."_s);
    addOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const auto address = parseListenAddress(parser.value(u"listen"_s));
    auto options = readOptions(parser);
    for (const Error *error :
        {address ? nullptr : &address.error(), options ? nullptr : &options.error()}) {
        if (error != nullptr) {
            printError(error->message);
            return Usage;
        }
    }
    options->address = QHostAddress(address->address);
    options->port = address->port;
    demo::MockServer server;
    if (const auto port = server.start(*options); !port)
        return fail(port.error());
    SignalWatcher signalWatcher;
    QObject::connect(&signalWatcher, &SignalWatcher::terminateRequested, &signalWatcher,
        [] { QCoreApplication::quit(); });
    printLine(u"listening on "_s + QString::fromUtf8(server.baseUrl()));
    QCoreApplication::exec();
    server.stop();
    return Success;
}

} // namespace sluice::ctl
