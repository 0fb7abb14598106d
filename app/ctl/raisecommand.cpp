// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl raise: so much more for a while, for one value of a limit.
#include "app/ctl/command.h"
#include "app/ctl/gatewayclient.h"
#include "app/ctl/rowprinter.h"

#include "core/base/units.h"

#include <QJsonArray>

namespace sluice::ctl {

using namespace Qt::StringLiterals;

namespace {

int list(GatewayClient &client, RowFormat format)
{
    const auto raises = client.get(u"raises"_s);
    if (!raises)
        return fail(raises.error());
    printRows(tableOf(raises->toArray(),
                  {u"id"_s, u"limit"_s, u"value"_s, u"amount"_s, u"unit"_s, u"until"_s}),
        format);
    return Success;
}

int end(GatewayClient &client, const QString &limit, const QString &value)
{
    const auto raises = client.get(u"raises"_s);
    if (!raises)
        return fail(raises.error());
    for (const auto &raise : raises->toArray()) {
        if (raise[u"limit"_s].toString() != limit || raise[u"value"_s].toString() != value)
            continue;
        const auto ended = client.remove(u"raises/"_s + raise[u"id"_s].toString());
        if (!ended)
            return fail(ended.error());
        printLine(u"the raise of %1%2 has ended"_s.arg(
            limit, value.isEmpty() ? QString() : u" for "_s + value));
        return Success;
    }
    return fail({ErrorCode::NotFound,
        u"%1 is not raised%2"_s.arg(limit, value.isEmpty() ? QString() : u" for "_s + value), {}});
}

int raise(GatewayClient &client, const QStringList &words, const QString &duration)
{
    const auto answer = client.post(u"raises"_s,
        {{u"limit"_s, words[0]}, {u"value"_s, words[1]}, {u"amount"_s, words[2]},
            {u"for"_s, duration}});
    if (!answer)
        return fail(answer.error());
    const bool isMoney = (*answer)[u"unit"_s].toString() == "micro-cent"_L1;
    const qint64 amount = (*answer)[u"amount"_s].toInteger();
    printLine(u"raised %1%2 by %3 %4 until %5"_s.arg(words[0],
        words[1].isEmpty() ? QString() : u" for "_s + words[1],
        isMoney ? QString::fromLatin1(formatAmount(amount)) : QString::number(amount),
        isMoney ? u"cents"_s : (*answer)[u"unit"_s].toString() + (amount == 1 ? u""_s : u"s"_s),
        (*answer)[u"until"_s].toString()));
    return Success;
}

void addOptions(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Admits so much more at once for a while, for one value of a limit, at the same refill. "
        u"It "
        u"replaces the raise before, survives a restart and is audited.\n\n"
        u"  raise LIMIT VALUE AMOUNT --for 2h\n"
        u"  raise LIMIT VALUE --end             ends it early\n"
        u"  raise --list                        the raises in force"_s);
    parser.addPositionalArgument(u"LIMIT"_s, u"The limit's name, see \"sluicectl limits\"."_s);
    parser.addPositionalArgument(
        u"VALUE"_s, u"Whose: a key, user, team, ...; \"\" for a shared limit."_s);
    parser.addPositionalArgument(
        u"AMOUNT"_s, u"In the limit's unit: 500, or cents like 2.50."_s, u"[AMOUNT]"_s);
    parser.addOption({u"for"_s, u"How long, like 2h or 1h 30m."_s, u"DURATION"_s});
    parser.addOption({u"end"_s, u"End the raise."_s});
    parser.addOption({u"list"_s, u"List the raises in force; money in micro-cents."_s});
    parser.addOption({u"format"_s, u"--list: table (default), json, jsonl or csv."_s,
        u"table|json|jsonl|csv"_s, u"table"_s});
    GatewayClient::addOptions(parser);
}

} // namespace

int runRaise(const QStringList &arguments)
{
    QCommandLineParser parser;
    addOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const QStringList words = parser.positionalArguments();
    const auto format = rowFormat(parser.value(u"format"_s));
    const bool isList = parser.isSet(u"list"_s);
    const bool isEnd = parser.isSet(u"end"_s);
    const bool hasDuration = parser.isSet(u"for"_s);
    const qsizetype wanted = isList ? 0 : isEnd ? 2 : 3;
    if (!format || words.size() != wanted || (isList && isEnd)
        || hasDuration == (isList || isEnd)) {
        printError(
            u"write raise LIMIT VALUE AMOUNT --for DURATION, raise LIMIT VALUE --end, or raise "
            u"--list"_s);
        return Usage;
    }
    const auto client = GatewayClient::open(parser, u"sluicectl raise"_s,
        isList || isEnd ? GatewayClient::Access::Read : GatewayClient::Access::Change);
    if (!client)
        return fail(client.error());
    if (isList)
        return list(**client, *format);
    return isEnd ? end(**client, words[0], words[1])
                 : raise(**client, words, parser.value(u"for"_s));
}

} // namespace sluice::ctl
