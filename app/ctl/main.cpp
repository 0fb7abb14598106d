// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl: the gateway and its tools without a window.
#include "app/ctl/command.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace {

using namespace Qt::StringLiterals;
using namespace sluice::ctl;

struct Command
{
    QLatin1StringView name;
    QLatin1StringView summary;
    int (*run)(const QStringList &);
};

constexpr std::array Commands{
    Command{"serve"_L1, "run the gateway"_L1, runServe},
    Command{"demo"_L1, "mock provider, gateway, traffic and a live usage table"_L1, runDemo},
    Command{"check"_L1, "validate a configuration file"_L1, runCheck},
    Command{"policy"_L1, "explain a policy header"_L1, runPolicy},
    Command{"keys"_L1, "add, list and revoke API keys"_L1, runKeys},
    Command{"prices"_L1, "tell what models cost, import price lists"_L1, runPrices},
    Command{"usage"_L1, "sum up the recorded requests"_L1, runUsage},
    Command{"sql"_L1, "read the recorded requests with SQL"_L1, runSql},
    Command{"forget"_L1, "remove what is recorded about one end user or key"_L1, runForget},
    Command{"limits"_L1, "show the live counters of a gateway"_L1, runLimits},
    Command{"reset"_L1, "empty counters of a limit"_L1, runReset},
    Command{"raise"_L1, "raise a limit for a while"_L1, runRaise},
    Command{"block"_L1, "refuse all requests of somebody"_L1, runBlock},
    Command{"unblock"_L1, "lift a block"_L1, runUnblock},
    Command{"mock"_L1, "run a mock OpenAI and Anthropic provider"_L1, runMock},
};

QString help()
{
    QString text = u"Usage: sluicectl COMMAND [OPTIONS]\n\nCommands:\n"_s;
    for (const Command &command : Commands)
        text += u"  "_s + QString(command.name).leftJustified(8) + command.summary + u'\n';
    return text
        + u"\n\"sluicectl COMMAND --help\" tells the options of a command.\n"
          u"--version prints the version."_s;
}

int run(const QStringList &arguments)
{
    if (arguments.size() < 2 || arguments[1] == "help"_L1) {
        printLine(help());
        return arguments.size() < 2 ? Usage : Success;
    }
    const QString &name = arguments[1];
    if (name == "--help"_L1 || name == "-h"_L1) {
        printLine(help());
        return Success;
    }
    if (name == "--version"_L1 || name == "-v"_L1) {
        printLine(u"sluicectl "_s + QCoreApplication::applicationVersion());
        return Success;
    }
    const auto *command = std::find_if(Commands.begin(), Commands.end(),
        [&name](const Command &candidate) { return candidate.name == name; });
    if (command == Commands.end()) {
        printError(u"there is no command \"%1\"; \"sluicectl help\" lists them"_s.arg(name));
        return Usage;
    }
    return command->run(arguments.mid(1));
}

} // namespace

int main(int argc, char **argv)
{
    // One application name for console and command line, so that both use the same folders.
    QCoreApplication::setOrganizationName(u"sluice"_s);
    QCoreApplication::setApplicationName(u"sluice"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(SLUICE_VERSION));
    const QCoreApplication application(argc, argv);
    return run(QCoreApplication::arguments());
}
