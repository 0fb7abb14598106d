// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/gatewayhome.h"

#include "core/base/logging.h"
#include "core/session/adminapi.h"
#include "core/session/auditlog.h"
#include "core/session/configaudit.h"
#include "core/session/configdraft.h"
#include "core/session/configpath.h"
#include "core/session/datafolder.h"
#include "core/session/gatewaysession.h"
#include "core/session/limitoperations.h"

#include <QFileInfo>

namespace sluice::session {

using namespace Qt::StringLiterals;
using State = GatewaySession::State;

class GatewayHome::Private
{
public:
    Private(GatewayHome &owner, GatewaySession &session, LimitOperations &limitOperations,
        const ConfigDraft &configuration)
        : q(owner),
          gateway(session),
          operations(limitOperations),
          draft(configuration),
          api(session.limiter(), limitOperations)
    {
    }

    /// Before each start of the gateway.
    Result<void> prepare()
    {
        const QString path = findDataFolder(dataDir, draft.path());
        if (folder && folder->isHeld() && folder->path() == path)
            return {};
        if (const QString notice = formerDataNotice(path); !notice.isEmpty())
            qCWarning(lcGateway, "%ls", qUtf16Printable(notice));
        folder = std::make_unique<DataFolder>(path);
        auto taken = folder->acquire(program, DataFolder::Use::Gateway);
        isTaken = !taken && taken.error().code == ErrorCode::Busy;
        // What would be done meanwhile would neither be in force nor be kept.
        operations.setEnabled(!isTaken);
        if (isTaken)
            return taken;
        if (!taken) {
            // A gateway that keeps nothing is better than none.
            tell(u"%1; nothing is kept, neither counters nor requests nor blocks"_s.arg(
                taken.error().message));
            return {};
        }
        if (const auto noted = folder->noteConfiguration(draft.path()); !noted)
            qCWarning(lcGateway, "%ls; commands need --config beside --data-dir",
                qUtf16Printable(noted.error().message));
        openApi();
        auto opened = openKept();
        if (!opened)
            folder.reset(); // the next start tries all of it again
        return opened;
    }

    void openApi()
    {
        api.setPlace(folder->path(), QFileInfo(draft.path()).fileName());
        const auto token = folder->adminToken();
        if (token)
            gateway.serveAdmin(&api, *token);
        else
            qCWarning(
                lcGateway, "%ls; there is no admin API", qUtf16Printable(token.error().message));
    }

    Result<void> openKept()
    {
        gateway.keepLearned(folder->path());
        gateway.keepCounters(folder->path());
        gateway.keepLedger(folder->path());
        auto opened = operations.open(folder->path());
        const bool isBroken = !opened && opened.error().code == ErrorCode::Invalid;
        if (isBroken && onBroken == OnBroken::Refuse)
            return opened;
        if (!opened)
            tell(u"%1; raises and blocks are not kept"_s.arg(opened.error().message));
        return {};
    }

    void tell(const QString &problem)
    {
        qCWarning(lcGateway, "%ls", qUtf16Printable(problem));
        Q_EMIT q.notKept(problem);
    }

    /// The listener may have moved.
    void announce()
    {
        if (!folder || !folder->isHeld() || gateway.state() != State::Running
            || announced == gateway.baseUrl())
            return;
        announced = gateway.baseUrl();
        if (const auto told = folder->announce(announced); !told)
            qCWarning(lcGateway, "%ls; commands will not find the gateway",
                qUtf16Printable(told.error().message));
    }

    /// What another configuration changes; the first one of a run changes nothing.
    void audit()
    {
        const auto before = std::exchange(applied, gateway.configuration());
        if (!before || !folder || !folder->isHeld())
            return;
        AuditLog log;
        auto written = log.open(folder->path());
        const QString fileName = QFileInfo(draft.path()).fileName();
        for (const QJsonObject &entry : configaudit::entries(*before, *applied, fileName)) {
            if (written)
                written = log.append(entry, gateway.clock().wall());
        }
        if (!written)
            qCWarning(lcGateway, "what the configuration changes is not in the audit: %ls",
                qUtf16Printable(written.error().message));
    }

    void withdraw()
    {
        if (gateway.state() == State::Running)
            return;
        announced.clear();
        applied.reset();
        if (folder)
            folder->withdraw();
    }

    GatewayHome &q;
    GatewaySession &gateway;
    LimitOperations &operations;
    const ConfigDraft &draft;
    AdminApi api;
    std::unique_ptr<DataFolder> folder;
    std::shared_ptr<const config::Configuration> applied; ///< for the audit
    QString dataDir;
    QString program;
    OnBroken onBroken = OnBroken::Refuse;
    QByteArray announced;
    bool isTaken = false;
};

GatewayHome::GatewayHome(
    GatewaySession &gateway, LimitOperations &operations, const ConfigDraft &draft, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(*this, gateway, operations, draft))
{
    connect(&gateway, &GatewaySession::configurationApplied, this, [this] {
        d->announce();
        d->audit();
    });
    connect(&gateway, &GatewaySession::stateChanged, this, [this] { d->withdraw(); });
    connect(&operations, &LimitOperations::wasReset, &gateway, &GatewaySession::resetInStore);
}

GatewayHome::~GatewayHome()
{
    // Its threads know the API.
    d->gateway.stop(std::chrono::milliseconds::zero());
    d->gateway.prepareWith({});
    d->gateway.serveAdmin(nullptr, {});
}

void GatewayHome::use(const QString &dataDir, const QString &program, OnBroken onBroken)
{
    d->dataDir = dataDir;
    d->program = program;
    d->onBroken = onBroken;
    d->operations.setEnabled(false);
    d->gateway.prepareWith([this] { return d->prepare(); });
}

bool GatewayHome::isTakenByOther() const
{
    return d->isTaken;
}

} // namespace sluice::session
