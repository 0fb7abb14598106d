// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/commandline.h"

#include <QCommandLineParser>
#include <QHostAddress>

namespace sluice::console {

using namespace Qt::StringLiterals;

namespace {

/// "127.0.0.1:8080", "[::1]:0".
Result<void> readListen(const QString &text, CommandLine &line)
{
    const Error error{ErrorCode::Invalid,
        u"--listen needs ADDR:PORT, such as 127.0.0.1:8080, and not \"%1\""_s.arg(text), {}};
    const qsizetype colon = text.lastIndexOf(u':');
    if (colon <= 0)
        return error;
    QString address = text.first(colon);
    if (address.startsWith(u'[') && address.endsWith(u']'))
        address = address.sliced(1, address.size() - 2);
    bool isNumber = false;
    line.listenPort = text.sliced(colon + 1).toUShort(&isNumber);
    if (!isNumber || QHostAddress(address).isNull())
        return error;
    line.listenAddress = address;
    return {};
}

} // namespace

Result<CommandLine> parseCommandLine(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.addOptions({
        {u"config"_s, {}, u"file"_s},
        {u"data-dir"_s, {}, u"folder"_s},
        {u"demo"_s, {}},
        {u"listen"_s, {}, u"address"_s},
        {u"no-gateway"_s, {}},
        {u"page"_s, {}, u"name"_s},
        {{u"v"_s, u"version"_s}, {}},
        {{u"h"_s, u"help"_s}, {}},
    });
    if (!parser.parse(arguments))
        return Error{ErrorCode::Invalid, parser.errorText(), {}};
    if (const QStringList extra = parser.positionalArguments(); !extra.isEmpty())
        return Error{ErrorCode::Invalid,
            u"\"%1\" is not an option; a configuration is opened with --config FILE"_s.arg(
                extra.constFirst()),
            {}};
    CommandLine line;
    line.config = parser.value(u"config"_s);
    line.dataDir = parser.value(u"data-dir"_s);
    line.page = parser.value(u"page"_s);
    line.isDemo = parser.isSet(u"demo"_s);
    line.hasGateway = !parser.isSet(u"no-gateway"_s);
    line.wantsHelp = parser.isSet(u"help"_s);
    line.wantsVersion = parser.isSet(u"version"_s);
    if (line.isDemo && !line.config.isEmpty())
        return Error{ErrorCode::Invalid,
            u"--demo brings its own configuration; leave out --config or --demo"_s, {}};
    if (parser.isSet(u"listen"_s)) {
        if (const auto read = readListen(parser.value(u"listen"_s), line); !read)
            return read.error();
    }
    return line;
}

QString helpText()
{
    return uR"(Usage: sluice [OPTIONS]

The console of an AI gateway: usage against limits, live, and the limits themselves.

  --config FILE       the configuration; else $SLUICE_CONFIG, ./ai-gateway-config.yaml,
                      or the file of that name in the user's configuration folder,
                      which is created on the first start
  --data-dir FOLDER   where settings, counters, the ledger, raises, blocks and their
                      audit are kept; else a folder of the configuration's own
  --demo              a built-in provider and generated traffic; nothing leaves this machine
  --listen ADDR:PORT  listen there instead of where the configuration says
  --no-gateway        open the window without starting the gateway
  --page NAME         start, requests, usage, policies, review or query
  -v, --version       print the version
  -h, --help          print this

A second start with the same configuration raises the first window.)"_s;
}

} // namespace sluice::console
