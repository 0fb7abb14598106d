// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl reset: empties a counter, or all counters of a limit.
#include "app/ctl/command.h"
#include "app/ctl/gatewayclient.h"

namespace sluice::ctl {

using namespace Qt::StringLiterals;

int runReset(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Empties the counter that a limit has for one value, or all counters of the limit. "
        u"Audited. "
        u"What open requests hold is forgotten: they give nothing back."_s);
    parser.addPositionalArgument(u"LIMIT"_s, u"The limit's name, see \"sluicectl limits\"."_s);
    parser.addPositionalArgument(u"VALUE"_s,
        u"Whose counter: a key, user, team, TEAM/MEMBER or property value; without it all."_s,
        u"[VALUE]"_s);
    GatewayClient::addOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const QStringList words = parser.positionalArguments();
    if (words.isEmpty() || words.size() > 2) {
        printError(u"write reset LIMIT [VALUE]"_s);
        return Usage;
    }
    const auto client =
        GatewayClient::open(parser, u"sluicectl reset"_s, GatewayClient::Access::Read);
    if (!client)
        return fail(client.error());
    QJsonObject body;
    if (words.size() > 1)
        body.insert(u"value"_s, words[1]);
    const auto answer =
        (*client)->post(u"limits/%1/reset"_s.arg(GatewayClient::encoded(words[0])), body);
    if (!answer)
        return fail(answer.error());
    const QString whose = words.value(1).isEmpty() ? words[0] : words[0] + u" of "_s + words[1];
    const bool isReset = (*answer)[u"is_reset"_s].toBool();
    printLine((isReset ? u"reset %1"_s : u"nothing had been counted for %1"_s).arg(whose));
    return Success;
}

} // namespace sluice::ctl
