// SPDX-License-Identifier: GPL-3.0-or-later
// The way of commands to a gateway: to the running one that has the data directory, or to the one
// that --url names, else to the files of the directory. Main thread.
#pragma once

#include "core/base/result.h"
#include "core/gateway/http.h"
#include "core/session/offlineapi.h"

#include <QCommandLineParser>
#include <QJsonObject>
#include <QNetworkAccessManager>

#include <memory>

namespace sluice::ctl {

class GatewayClient final
{
public:
    /// --config, --data-dir, --url.
    static void addOptions(QCommandLineParser &parser);

    /// Whether a data directory that is not there is made.
    enum class Access : quint8 { Read, Change };

    /// Finds the gateway or takes the directory. program: "sluicectl raise".
    static Result<std::unique_ptr<GatewayClient>> open(
        const QCommandLineParser &parser, const QString &program, Access access);

    /// Whether a gateway answers, and not its files.
    [[nodiscard]] bool isLive() const { return m_files == nullptr; }

    /// One request below /-/api/v1/, and its answer: an object or an array. The error is what the
    /// gateway says, or that it does not answer.
    Result<QJsonValue> get(const QString &path);
    Result<QJsonValue> post(const QString &path, const QJsonObject &body);
    Result<QJsonValue> remove(const QString &path);

    /// A name as one part of a path.
    static QString encoded(const QString &name);

private:
    GatewayClient() = default;

    Result<QJsonValue> call(const QByteArray &method, const QString &path, const QByteArray &body);
    Result<gateway::Response> ask(
        const QByteArray &method, const QByteArray &target, const QByteArray &body);

    QByteArray m_url; ///< of the gateway; empty: the files
    QByteArray m_token;
    std::unique_ptr<QNetworkAccessManager> m_network;
    std::unique_ptr<session::OfflineApi> m_files;
};

} // namespace sluice::ctl
