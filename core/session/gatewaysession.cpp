// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/gatewaysession.h"

#include "core/base/logging.h"
#include "core/gateway/gateway.h"
#include "core/metering/tokens/learnedmodels.h"
#include "core/session/keptstores.h"
#include "core/session/learnedfile.h"

#include <QElapsedTimer>
#include <QThread>
#include <QTimer>

#include <sys/resource.h>

namespace sluice::session {

using namespace Qt::StringLiterals;
using gateway::Gateway;
using gateway::Snapshot;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds DrainPoll{50};

/// Every client and every provider connection is a descriptor; the usual soft limit of 1024 would
/// stop the gateway long before server.max-connections does.
void raiseDescriptorLimit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool hasSameListener(const config::Server &a, const config::Server &b)
{
    return a.address == b.address && a.port == b.port && a.workers == b.workers;
}

} // namespace

class GatewaySession::Private
{
public:
    Private(GatewaySession &session, Clock &systemClock)
        : q(session),
          clock(systemClock),
          limiter(systemClock),
          learnedFile(learned, systemClock),
          kept(
              limiter, systemClock,
              [this](Store store, const QString &problem) { tell(store, problem); },
              [this] {
                  QMetaObject::invokeMethod(
                      &q, &GatewaySession::limitsSeeded, Qt::QueuedConnection);
              })
    {
    }

    std::shared_ptr<const Snapshot> compile(
        const std::shared_ptr<const config::Configuration> &values) const
    {
        return Snapshot::compile(
            withOverride(values), QProcessEnvironment::systemEnvironment(), fileName);
    }

    std::shared_ptr<const config::Configuration> withOverride(
        const std::shared_ptr<const config::Configuration> &values) const
    {
        if (!listenOverride)
            return values;
        auto changed = std::make_shared<config::Configuration>(*values);
        changed->server.address = listenOverride->first;
        changed->server.port = listenOverride->second;
        return changed;
    }

    std::unique_ptr<Gateway> makeGateway()
    {
        const auto report = [this](const insight::ActivityBatchPtr &batch) {
            kept.append(batch->finished);
            // From a gateway thread; the session may only be touched on its own.
            QMetaObject::invokeMethod(
                &q, [this, batch] { take(batch); }, Qt::QueuedConnection);
        };
        auto made = std::make_unique<Gateway>(limiter, learned, report);
        kept.equip(*made);
        made->serveAdmin(admin);
        return made;
    }

    /// From any thread.
    void tell(Store store, const QString &problem)
    {
        QMetaObject::invokeMethod(
            &q, [this, store, problem] { Q_EMIT q.storeProblem(store, problem); },
            Qt::QueuedConnection);
    }

    void take(const insight::ActivityBatchPtr &batch)
    {
        learnedFile.saveIfDue(); // a report comes at least once a second
        Q_EMIT q.activityReported(batch);
    }

    Result<void> open(const std::shared_ptr<const Snapshot> &snapshot, bool joinPort)
    {
        auto next = makeGateway();
        if (gateway)
            next->continueRecordsOf(*gateway);
        const Result<quint16> port = next->start(snapshot, joinPort);
        if (!port)
            return port.error();
        if (gateway)
            retire(std::move(gateway), snapshot->configuration().server.shutdownTimeout);
        gateway = std::move(next);
        const config::Server &server = snapshot->configuration().server;
        const QString host = server.address.contains(u':') ? u'[' + server.address + u']'
            : server.address == "0.0.0.0"_L1               ? u"127.0.0.1"_s
                                                           : server.address;
        baseUrl = u"http://%1:%2"_s.arg(host).arg(*port).toUtf8();
        return {};
    }

    /// Lets an old listener's requests end, without waiting here.
    void retire(std::unique_ptr<Gateway> old, milliseconds grace)
    {
        old->stopAccepting();
        retired.push_back({std::move(old), clock.now() + grace});
        drainTimer.start(DrainPoll);
    }

    void drain()
    {
        std::erase_if(retired, [this](const Retired &old) {
            return old.gateway->isIdle() || clock.now() >= old.deadline;
        });
        if (retired.empty())
            drainTimer.stop();
    }

    void setState(State next)
    {
        if (state == next)
            return;
        state = next;
        Q_EMIT q.stateChanged(next);
    }

    struct Retired
    {
        std::unique_ptr<Gateway> gateway;
        EngineTime deadline;
    };

    GatewaySession &q;
    Clock &clock;
    limits::Limiter limiter; ///< outlives every gateway; counters survive a moved listener
    metering::LearnedModels learned; ///< outlives them too
    LearnedFile learnedFile;
    std::function<Result<void>()> prepare;
    gateway::AdminService admin;
    KeptStores kept; ///< outlives the gateways of one run
    std::unique_ptr<Gateway> gateway;
    std::vector<Retired> retired;
    QTimer drainTimer;
    std::shared_ptr<const config::Configuration> configuration;
    std::optional<std::pair<QString, quint16>> listenOverride;
    QString fileName;
    QString error;
    QByteArray baseUrl;
    State state = State::Stopped;
};

GatewaySession::GatewaySession(Clock &clock, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(*this, clock))
{
    connect(&d->drainTimer, &QTimer::timeout, this, [this] { d->drain(); });
}

GatewaySession::~GatewaySession()
{
    stop(milliseconds::zero());
}

void GatewaySession::overrideListener(const QString &address, quint16 port)
{
    d->listenOverride = {address, port};
}

void GatewaySession::prepareWith(std::function<Result<void>()> prepare)
{
    d->prepare = std::move(prepare);
}

void GatewaySession::serveAdmin(gateway::AdminHandler *handler, const QByteArray &token)
{
    d->admin = {handler, token};
}

void GatewaySession::keepLearned(const QString &folder)
{
    d->learnedFile.open(folder);
}

void GatewaySession::keepLedger(const QString &folder)
{
    d->kept.keepLedger(folder);
}

void GatewaySession::keepCounters(const QString &folder)
{
    d->kept.keepCounters(folder);
}

void GatewaySession::rememberLimits(const std::optional<QSet<QByteArray>> &known)
{
    d->kept.rememberLimits(known);
}

QSet<QByteArray> GatewaySession::waitingLimits() const
{
    return d->kept.waitingLimits();
}

Result<void> GatewaySession::start(
    std::shared_ptr<const config::Configuration> configuration, const QString &fileName)
{
    d->fileName = fileName;
    d->setState(State::Starting);
    raiseDescriptorLimit();
    const auto snapshot = d->compile(configuration);
    Result<void> opened = d->prepare ? d->prepare() : Result<void>();
    if (opened) {
        d->limiter.apply(snapshot->limits());
        d->kept.open(*configuration, *snapshot->limits());
        opened = d->open(snapshot, false);
    }
    if (!opened) {
        d->error = opened.error().message;
        d->setState(State::Failed);
        return opened;
    }
    d->error.clear();
    d->configuration = std::move(configuration);
    qCInfo(lcGateway, "listening on %s", d->baseUrl.constData());
    d->setState(State::Running);
    Q_EMIT configurationApplied();
    return {};
}

Result<void> GatewaySession::apply(
    std::shared_ptr<const config::Configuration> configuration, const limits::Renames &renames)
{
    if (d->state != State::Running)
        return start(std::move(configuration), d->fileName);
    const auto snapshot = d->compile(configuration);
    const config::Server now = d->withOverride(d->configuration)->server;
    const config::Server &next = snapshot->configuration().server;
    if (!hasSameListener(now, next)) {
        const bool joinPort = next.port != 0 && next.port == now.port;
        if (auto opened = d->open(snapshot, joinPort); !opened)
            return opened;
        qCInfo(lcGateway, "listening on %s", d->baseUrl.constData());
    }
    d->kept.expect(*snapshot->limits(), renames);
    d->limiter.apply(snapshot->limits(), renames);
    d->gateway->apply(snapshot);
    d->kept.apply(*configuration);
    d->configuration = std::move(configuration);
    if (!renames.empty())
        Q_EMIT limitsRenamed(renames);
    Q_EMIT configurationApplied();
    return {};
}

void GatewaySession::stop(milliseconds grace)
{
    if (!d->gateway && d->retired.empty())
        return;
    d->setState(State::Stopping);
    if (d->gateway)
        d->retire(std::move(d->gateway), grace);
    QElapsedTimer waited;
    waited.start();
    while (!d->retired.empty() && milliseconds(waited.elapsed()) < grace) {
        d->drain();
        if (!d->retired.empty())
            QThread::msleep(10); // stopping only: the gateway threads wind down meanwhile
    }
    d->retired.clear();
    d->drainTimer.stop();
    d->kept.close();
    d->learnedFile.save();
    d->baseUrl.clear();
    d->setState(State::Stopped);
}

GatewaySession::State GatewaySession::state() const
{
    return d->state;
}

QString GatewaySession::error() const
{
    return d->error;
}

QByteArray GatewaySession::baseUrl() const
{
    return d->baseUrl;
}

std::shared_ptr<const config::Configuration> GatewaySession::configuration() const
{
    return d->configuration;
}

const Clock &GatewaySession::clock() const
{
    return d->clock;
}

void GatewaySession::resetInStore(const QByteArray &limit)
{
    if (d->gateway)
        d->gateway->resetInStore(limit);
}

limits::Limiter &GatewaySession::limiter()
{
    return d->limiter;
}

metering::LearnedModels &GatewaySession::learnedModels()
{
    return d->learned;
}

} // namespace sluice::session
