// SPDX-License-Identifier: GPL-3.0-or-later
#include "adminstage.h"

#include <QFile>

namespace sluice::test {

using namespace Qt::StringLiterals;

AdminStage::AdminStage()
{
    write(R"(
global:
  rate-limit:
    per-api-key: {name: keys, capacity: 10, refill-frequency: 1h}
    shared: {name: all, capacity: 100, refill-frequency: 1h}
    spend-limits:
      - {name: money, per: api-key, cents: 500, period: month}
    policies:
      - {name: users, policy: "20;w=3600;s=user"}
)");
}

bool AdminStage::serve()
{
    if (!ProcessStage::serve())
        return false;
    client->setHeaders({});
    return true;
}

int AdminStage::spend(const QByteArray &key)
{
    return client
        ->post(ChatPath, question(),
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

QByteArray AdminStage::token() const
{
    QFile file(path(u"data/admin-token"_s));
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed() : QByteArray();
}

} // namespace sluice::test
