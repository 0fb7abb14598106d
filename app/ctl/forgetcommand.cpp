// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl forget: removes what is recorded about one end user or one API key.
#include "app/ctl/command.h"

#include "core/base/clock.h"
#include "core/session/auditlog.h"
#include "core/stores/bodies/bodyforget.h"
#include "core/stores/bodies/bodystore.h"
#include "core/stores/ledger/ledgerforget.h"

#include <QFileInfo>

namespace sluice::ctl {

using namespace Qt::StringLiterals;
using stores::ForgetRequest;

namespace {

/// Nothing unless exactly one subject is named.
std::optional<ForgetRequest> readRequest(const QCommandLineParser &parser)
{
    const QString user = parser.value(u"user"_s);
    const QString key = parser.value(u"key"_s);
    if (user.isEmpty() == key.isEmpty() || !parser.positionalArguments().isEmpty())
        return std::nullopt;
    ForgetRequest request;
    request.subject = user.isEmpty() ? ForgetRequest::Subject::Key : ForgetRequest::Subject::User;
    request.name = user.isEmpty() ? key : user;
    request.actor = session::localUser();
    request.now = SystemClock().wall();
    return request;
}

void printUnwiped(const QString &file)
{
    printError(u"another program reads %1, whose log has the old text for a while: run this again "
               u"later"_s.arg(file));
}

/// Whether that worked. Without a file of bodies there is nothing to say.
bool removeBodies(const QString &folder, const ForgetRequest &request)
{
    const QString path = stores::BodyStore::pathIn(folder);
    if (!QFileInfo::exists(path))
        return true;
    const auto forgotten = stores::forgetBodies(path, request);
    if (!forgotten) {
        printError(forgotten.error().message);
        return false;
    }
    printLine(u"requests whose bodies are removed: %1"_s.arg(forgotten->requests));
    if (!forgotten->isWiped)
        printUnwiped(u"bodies.sqlite"_s);
    return true;
}

} // namespace

int runForget(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Removes the recorded requests of one end user or one API key, with their bodies. Sums "
        u"stay, without the "
        u"name; the audit stays as it is. Works while a gateway runs; what comes in meanwhile, and "
        u"later, is recorded again."_s);
    parser.addOption({u"user"_s, u"The end user, as requests name it."_s, u"USER"_s});
    parser.addOption({u"key"_s, u"The name of the API key."_s, u"KEY"_s});
    addFolderOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const auto request = readRequest(parser);
    if (!request) {
        printError(u"write forget --user USER or forget --key KEY [--config FILE]"_s);
        return Usage;
    }
    const auto place = ledgerPlace(parser);
    if (!place)
        return fail(place.error());
    const bool areBodiesGone = removeBodies(dataFolder(parser), *request);
    const auto forgotten = stores::forget(*place, *request);
    if (!forgotten)
        return fail(forgotten.error());
    printLine(u"recorded requests that are removed: %1; sums that have lost the name: %2"_s
                  .arg(forgotten->rows)
                  .arg(forgotten->groups));
    if (!forgotten->isWiped)
        printUnwiped(u"the ledger"_s);
    return areBodiesGone ? Success : Failed;
}

} // namespace sluice::ctl
