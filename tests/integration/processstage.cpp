// SPDX-License-Identifier: GPL-3.0-or-later
#include "processstage.h"

#include "core/base/secrets.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

#include <csignal>

namespace sluice::test {

using namespace Qt::StringLiterals;

QByteArray keyOf(const QByteArray &name)
{
    return "key-" + name + "-0123456789";
}

QByteArray question(const QByteArray &model, bool isStream)
{
    return R"({"model":")" + model + R"(","stream":)" + (isStream ? "true" : "false")
        + R"(,"messages":[{"role":"user","content":"hi"}]})";
}

ProcessStage::ProcessStage()
{
    mock = std::make_unique<CtlProcess>();
    if (!mock->start({u"mock"_s, u"--tokens"_s, u"20"_s}))
        qFatal("the mock provider did not start");
    write();
}

ProcessStage::~ProcessStage()
{
    client.reset();
    server.reset();
}

void ProcessStage::write(const QByteArray &more) const
{
    QFile file(path(u"gw.yaml"_s));
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate))
        qFatal("no configuration");
    file.write("server: {port: 0, workers: 2}\nhelicone: {features: auth}\napi-keys:\n"
               "  - {name: ci, hash: \"sha256:"
        + hashApiKey(keyOf("ci")) + "\"}\n  - {name: app, hash: \"sha256:"
        + hashApiKey(keyOf("app")) + "\"}\nproviders:\n  openai: {base-url: \"" + mock->url()
        + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY}\n" + more);
}

bool ProcessStage::serve()
{
    server = std::make_unique<CtlProcess>();
    server->setEnvironment(u"SLUICE_TEST_PROVIDER_KEY"_s, u"sk-provider-secret"_s);
    if (!server->start({u"serve"_s, u"--config"_s, path(u"gw.yaml"_s), u"--data-dir"_s, dataDir()}))
        return false;
    client = std::make_unique<TestClient>(server->url());
    client->setHeaders({{"Authorization", "Bearer " + keyOf("ci")}});
    return true;
}

int ProcessStage::stop()
{
    client.reset();
    server->signal(SIGTERM);
    return server->wait();
}

bool ProcessStage::kill()
{
    server->signal(SIGKILL);
    return server->wait() == -1;
}

int ProcessStage::run(const QStringList &arguments)
{
    return command.run(
        arguments + QStringList{u"--config"_s, path(u"gw.yaml"_s), u"--data-dir"_s, dataDir()});
}

QJsonArray ProcessStage::rows(const QStringList &arguments)
{
    const int code = run(arguments + QStringList{u"--format"_s, u"json"_s});
    return code == 0 ? QJsonDocument::fromJson(command.output()).array() : QJsonArray();
}

qint64 ProcessStage::used(const QString &limit) const
{
    const QJsonObject mine = client->send("GET", "/-/me").json();
    for (const auto &item : mine["limits"_L1].toArray()) {
        if (item["name"_L1].toString() == limit)
            return item["used"_L1].toInteger(-1);
    }
    return -1;
}

qint64 ProcessStage::recorded()
{
    return rows({u"usage"_s}).at(0)["requests"_L1].toInteger(-1);
}

} // namespace sluice::test
