// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl block: lets no request of somebody through.
#include "app/ctl/command.h"
#include "app/ctl/gatewayclient.h"
#include "app/ctl/rowprinter.h"

#include <QJsonArray>

namespace sluice::ctl {

using namespace Qt::StringLiterals;

namespace {

int list(GatewayClient &client, RowFormat format)
{
    const auto blocks = client.get(u"blocks"_s);
    if (!blocks)
        return fail(blocks.error());
    printRows(tableOf(blocks->toArray(), {u"id"_s, u"segment"_s, u"value"_s, u"until"_s}), format);
    return Success;
}

} // namespace

int runBlock(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Refuses every request of a key, user, team, member or property value with 403, for a "
        u"while "
        u"or until \"sluicectl unblock\". Survives a restart; audited.\n\n"
        u"  block SEGMENT VALUE [--for 2h]\n"
        u"  block --list                      the blocks in force"_s);
    parser.addPositionalArgument(u"SEGMENT"_s,
        u"api-key, end-user, team, team-member or property:NAME; key, user and "
        u"member are short for them."_s);
    parser.addPositionalArgument(u"VALUE"_s, u"Who; of a member TEAM/MEMBER."_s);
    parser.addOption({u"for"_s, u"How long, like 2h."_s, u"DURATION"_s});
    parser.addOption({u"list"_s, u"List the blocks in force."_s});
    parser.addOption({u"format"_s, u"--list: table (default), json, jsonl or csv."_s,
        u"table|json|jsonl|csv"_s, u"table"_s});
    GatewayClient::addOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const QStringList words = parser.positionalArguments();
    const auto format = rowFormat(parser.value(u"format"_s));
    const bool isList = parser.isSet(u"list"_s);
    const bool hasDuration = parser.isSet(u"for"_s);
    if (!format || words.size() != (isList ? 0 : 2) || (isList && hasDuration)) {
        printError(u"write block SEGMENT VALUE [--for DURATION], or block --list"_s);
        return Usage;
    }
    const auto client = GatewayClient::open(parser, u"sluicectl block"_s,
        isList ? GatewayClient::Access::Read : GatewayClient::Access::Change);
    if (!client)
        return fail(client.error());
    if (isList)
        return list(**client, *format);
    const QString segment = segmentName(words[0]);
    QJsonObject body{{u"segment"_s, segment}, {u"value"_s, words[1]}};
    if (hasDuration)
        body.insert(u"for"_s, parser.value(u"for"_s));
    const auto answer = (*client)->post(u"blocks"_s, body);
    if (!answer)
        return fail(answer.error());
    const QString until = (*answer)[u"until"_s].toString();
    printLine(u"blocked %1 %2 until %3"_s.arg(
        segment, words[1], until.isEmpty() ? u"it is unblocked"_s : until));
    return Success;
}

} // namespace sluice::ctl
