// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/demosession.h"

#include "core/config/configfile.h"
#include "core/demo/mockserver.h"
#include "core/demo/scenario.h"
#include "core/demo/traffic.h"
#include "core/session/gatewaysession.h"

#include <QTemporaryDir>

namespace sluice::session {

using namespace Qt::StringLiterals;

class DemoSession::Private
{
public:
    QTemporaryDir folder;
    demo::MockServer mock;
    demo::Traffic traffic;
};

DemoSession::DemoSession(QObject *parent) : QObject(parent), d(std::make_unique<Private>()) { }

DemoSession::~DemoSession()
{
    d->traffic.stop();
    d->mock.stop();
}

void DemoSession::prepareEnvironment()
{
    demo::prepareDemoEnvironment();
}

Result<QString> DemoSession::prepare()
{
    if (!d->folder.isValid())
        return Error{
            ErrorCode::Io, u"Cannot make a temporary folder: "_s + d->folder.errorString(), {}};
    if (const auto port = d->mock.start(demo::demoMockOptions()); !port)
        return port.error();
    const QString path = d->folder.filePath(u"ai-gateway-config.yaml"_s);
    const auto file = config::ConfigFile::create(path, demo::demoConfiguration(d->mock.baseUrl()));
    if (!file)
        return file.error();
    return path;
}

void DemoSession::startTraffic(const GatewaySession &gateway)
{
    demo::TrafficOptions options;
    options.baseUrl = gateway.baseUrl();
    options.clients = demo::demoClients();
    d->traffic.start(options);
    // The window can move the listener; the clients of the demo follow it.
    connect(&gateway, &GatewaySession::configurationApplied, this,
        [this, &gateway] { d->traffic.setBaseUrl(gateway.baseUrl()); });
}

void DemoSession::stopTraffic()
{
    d->traffic.stop();
}

QByteArray DemoSession::visitorKey()
{
    return demo::demoVisitorKey();
}

} // namespace sluice::session
