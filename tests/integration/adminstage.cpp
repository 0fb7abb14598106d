// SPDX-License-Identifier: GPL-3.0-or-later
#include "adminstage.h"

#include "core/base/secrets.h"

#include <QFile>
#include <QJsonDocument>

#include <csignal>

namespace sluice::test {

using namespace Qt::StringLiterals;

namespace {

QByteArray keyOf(const QByteArray &name)
{
    return "key-" + name + "-0123456789";
}

const QByteArray Question = R"({"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]})";

const QByteArray Limits = R"(
global:
  rate-limit:
    per-api-key: {name: keys, capacity: 10, refill-frequency: 1h}
    shared: {name: all, capacity: 100, refill-frequency: 1h}
    spend-limits:
      - {name: money, per: api-key, cents: 500, period: month}
    policies:
      - {name: users, policy: "20;w=3600;s=user"}
)";

} // namespace

AdminStage::AdminStage()
{
    mock = std::make_unique<CtlProcess>();
    if (!mock->start({u"mock"_s, u"--tokens"_s, u"20"_s}))
        qFatal("the mock provider did not start");
    write();
}

AdminStage::~AdminStage() = default;

void AdminStage::write() const
{
    QFile file(path(u"gw.yaml"_s));
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate))
        qFatal("no configuration");
    file.write("server: {port: 0, workers: 2}\nhelicone: {features: auth}\napi-keys:\n"
               "  - {name: ci, hash: \"sha256:"
        + hashApiKey(keyOf("ci")) + "\"}\n  - {name: app, hash: \"sha256:"
        + hashApiKey(keyOf("app")) + "\"}\nproviders:\n  openai: {base-url: \"" + mock->url()
        + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY}\n" + Limits);
}

bool AdminStage::serve()
{
    server = std::make_unique<CtlProcess>();
    server->setEnvironment(u"SLUICE_TEST_PROVIDER_KEY"_s, u"sk-provider-secret"_s);
    if (!server->start({u"serve"_s, u"--config"_s, path(u"gw.yaml"_s), u"--data-dir"_s, dataDir()}))
        return false;
    client = std::make_unique<TestClient>(server->url());
    return true;
}

int AdminStage::stop()
{
    client.reset();
    server->signal(SIGTERM);
    return server->wait();
}

int AdminStage::spend(const QByteArray &key)
{
    return client
        ->post("/openai/v1/chat/completions", Question,
            {{"Authorization", "Bearer " + keyOf(key)}, {"Helicone-User-Id", "alice"}})
        .status;
}

Reply AdminStage::ask(const QByteArray &method, const QByteArray &path, const QByteArray &body,
    const gateway::Headers &more)
{
    gateway::Headers headers = more;
    headers.push_back({"Authorization", "Bearer " + token()});
    return client->send(method, "/-/api/v1/" + path, body, headers);
}

int AdminStage::run(const QStringList &arguments)
{
    return command.run(
        arguments + QStringList{u"--config"_s, path(u"gw.yaml"_s), u"--data-dir"_s, dataDir()});
}

QJsonArray AdminStage::rows(const QStringList &arguments)
{
    const int code = run(arguments + QStringList{u"--format"_s, u"json"_s});
    return code == 0 ? QJsonDocument::fromJson(command.output()).array() : QJsonArray();
}

QByteArray AdminStage::token() const
{
    QFile file(path(u"data/admin-token"_s));
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed() : QByteArray();
}

} // namespace sluice::test
