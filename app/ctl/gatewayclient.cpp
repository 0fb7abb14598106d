// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/ctl/gatewayclient.h"

#include "app/ctl/command.h"

#include "core/gateway/admin/adminoperation.h"
#include "core/session/datafolder.h"

#include <QEventLoop>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLoggingCategory>
#include <QNetworkProxy>
#include <QNetworkReply>
#include <QUrl>

namespace sluice::ctl {

using namespace Qt::StringLiterals;
using session::DataFolder;

namespace {

constexpr int Patience = 30'000; ///< milliseconds for one answer

Result<QByteArray> readUrl(const QString &text)
{
    const QUrl url(text, QUrl::StrictMode);
    const bool isHttp = url.scheme() == "http"_L1 || url.scheme() == "https"_L1;
    const bool isBare = url.path().isEmpty() || url.path() == "/"_L1;
    if (!isHttp || url.host().isEmpty() || !isBare || url.hasQuery() || url.hasFragment())
        return Error{ErrorCode::Invalid,
            u"--url is the gateway's address, like http://127.0.0.1:8080"_s, {}};
    return url.adjusted(QUrl::RemovePath).toEncoded();
}

Error notRunning(const DataFolder::Holder &holder, const QString &folder)
{
    return {ErrorCode::Busy,
        u"%1 is in use by %2 (process %3), and its gateway does not run: start it there, or end "
        u"that "
        u"program"_s.arg(folder, holder.program)
            .arg(holder.pid),
        {}};
}

} // namespace

void GatewayClient::addOptions(QCommandLineParser &parser)
{
    addFolderOptions(parser);
    parser.addOption({u"url"_s,
        u"The gateway's address, if it is not the one that its data directory tells."_s, u"URL"_s});
}

Result<std::unique_ptr<GatewayClient>> GatewayClient::open(
    const QCommandLineParser &parser, const QString &program, Access access)
{
    std::unique_ptr<GatewayClient> client(new GatewayClient);
    const QString folder = dataFolder(parser);
    if (parser.isSet(u"url"_s)) {
        const auto url = readUrl(parser.value(u"url"_s));
        if (!url)
            return url.error();
        client->m_url = *url;
    } else if (const auto holder = DataFolder::holderOf(folder);
               holder && holder->use == DataFolder::Use::Gateway) {
        if (holder->url.isEmpty())
            return notRunning(*holder, folder);
        client->m_url = holder->url;
    }
    if (client->m_url.isEmpty() && access == Access::Read && !QFileInfo::exists(folder))
        return Error{ErrorCode::NotFound,
            u"%1 is not there: no gateway has run with this data directory"_s.arg(folder), {}};
    if (client->m_url.isEmpty()) {
        // Of errors the command says itself, in one line.
        QLoggingCategory::setFilterRules(u"sluice.*=false"_s);
        auto files = session::OfflineApi::open(folder, configPath(parser), program);
        if (!files)
            return files.error();
        client->m_files = std::move(*files);
        return client;
    }
    const auto token = DataFolder::readToken(folder);
    if (!token)
        return token.error();
    client->m_token = *token;
    client->m_network = std::make_unique<QNetworkAccessManager>();
    // The way to this machine leads through no proxy, whatever the environment says.
    client->m_network->setProxy(QNetworkProxy::NoProxy);
    client->m_network->setTransferTimeout(Patience);
    return client;
}

Result<QJsonValue> GatewayClient::get(const QString &path)
{
    return call("GET", path, {});
}

Result<QJsonValue> GatewayClient::post(const QString &path, const QJsonObject &body)
{
    return call("POST", path, QJsonDocument(body).toJson(QJsonDocument::Compact));
}

Result<QJsonValue> GatewayClient::remove(const QString &path)
{
    return call("DELETE", path, {});
}

QString GatewayClient::encoded(const QString &name)
{
    return QString::fromLatin1(QUrl::toPercentEncoding(name));
}

Result<QJsonValue> GatewayClient::call(
    const QByteArray &method, const QString &path, const QByteArray &body)
{
    const QByteArray target =
        gateway::AdminOperation::Prefix.toByteArray() + QByteArray(path.toLatin1());
    const auto answer = m_files ? Result<gateway::Response>(m_files->call(method, target, body))
                                : ask(method, target, body);
    if (!answer)
        return answer.error();
    const QJsonDocument document = QJsonDocument::fromJson(answer->body);
    const bool isGood = answer->status == 200 && !document.isNull();
    if (isGood && document.isArray())
        return QJsonValue(document.array());
    if (isGood)
        return QJsonValue(document.object());
    const QString message = document[u"error"_s][u"message"_s].toString();
    const QString where = m_files ? QString() : QString::fromUtf8(m_url);
    return Error{ErrorCode::Refused,
        message.isEmpty()
            ? u"What answers at %1 is no gateway of this kind (status %2)"_s.arg(where).arg(
                answer->status)
            : message,
        {}};
}

Result<gateway::Response> GatewayClient::ask(
    const QByteArray &method, const QByteArray &target, const QByteArray &body)
{
    QNetworkRequest request(QUrl::fromEncoded(m_url + target, QUrl::StrictMode));
    request.setRawHeader("Authorization", "Bearer " + m_token);
    if (!body.isEmpty())
        request.setHeader(QNetworkRequest::ContentTypeHeader, u"application/json"_s);
    // The token is for the gateway alone.
    request.setAttribute(
        QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    const std::unique_ptr<QNetworkReply> reply(m_network->sendCustomRequest(request, method, body));
    QEventLoop loop;
    QObject::connect(reply.get(), &QNetworkReply::finished, &loop, &QEventLoop::quit);
    if (!reply->isFinished())
        loop.exec();
    const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (status == 0)
        return Error{ErrorCode::Io,
            u"The gateway at %1 does not answer: %2"_s.arg(
                QString::fromUtf8(m_url), reply->errorString()),
            {}};
    return gateway::Response{status, {}, reply->readAll(), false};
}

} // namespace sluice::ctl
