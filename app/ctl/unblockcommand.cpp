// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl unblock: lifts a block.
#include "app/ctl/command.h"
#include "app/ctl/gatewayclient.h"

#include <QJsonArray>

namespace sluice::ctl {

using namespace Qt::StringLiterals;

namespace {

/// Property names do not know case.
bool isSegment(const QJsonValue &block, const QString &segment)
{
    return block[u"segment"_s].toString().compare(segment, Qt::CaseInsensitive) == 0;
}

Result<void> lift(GatewayClient &client, const QString &segment, const QString &value)
{
    const auto blocks = client.get(u"blocks"_s);
    if (!blocks)
        return blocks.error();
    for (const auto &block : blocks->toArray()) {
        if (!isSegment(block, segment) || block[u"value"_s].toString() != value)
            continue;
        const auto lifted = client.remove(u"blocks/"_s + block[u"id"_s].toString());
        return lifted ? Result<void>() : lifted.error();
    }
    return Error{ErrorCode::NotFound, u"%1 %2 is not blocked"_s.arg(segment, value), {}};
}

} // namespace

int runUnblock(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(u"Lifts a block; \"sluicectl block --list\" names them."_s);
    parser.addPositionalArgument(u"SEGMENT"_s,
        u"api-key, end-user, team, team-member or property:NAME; key, user and "
        u"member are short for them."_s);
    parser.addPositionalArgument(u"VALUE"_s, u"Who; of a member TEAM/MEMBER."_s);
    GatewayClient::addOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const QStringList words = parser.positionalArguments();
    if (words.size() != 2) {
        printError(u"write unblock SEGMENT VALUE"_s);
        return Usage;
    }
    const auto client =
        GatewayClient::open(parser, u"sluicectl unblock"_s, GatewayClient::Access::Read);
    if (!client)
        return fail(client.error());
    const QString segment = segmentName(words[0]);
    if (const auto lifted = lift(**client, segment, words[1]); !lifted)
        return fail(lifted.error());
    printLine(u"%1 %2 is no longer blocked"_s.arg(segment, words[1]));
    return Success;
}

} // namespace sluice::ctl
