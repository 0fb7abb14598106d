// SPDX-License-Identifier: GPL-3.0-or-later
// The mock's exact accounting, served by `GET /-/books`. Every call from any thread.
#pragma once

#include "core/demo/mockanswer.h"

#include <QMap>
#include <QMutex>

namespace sluice::demo {

/// JSON shape of books():
///   requests: {total, answered, abandoned, in_flight, by_path: {"/v1/...": {"200": n}}}
///   streams:  {started, finished, cancelled, broken, open}
///   tokens:   {input, output, total}            as billed: delivered, not planned
///   users:    {"alice": n}    models: {"gpt-4o": n}
/// total = answered + abandoned + in_flight; abandoned: the client left before the first byte.
/// started = finished + cancelled + broken + open; broken: by the mock itself (`mock-close`).
class MockBooks
{
public:
    MockBooks() = default;
    Q_DISABLE_COPY_MOVE(MockBooks)

    void requestCame();
    void questionUnderstood(const QByteArray &user, const QString &model);
    void answered(const QByteArray &path, int status);
    void abandoned();
    void streamStarted();
    void streamFinished();
    void streamCancelled();
    void streamBroken();
    void billed(qint64 inputTokens, qint64 outputTokens);
    void keep(const MockReceipt &receipt);

    [[nodiscard]] QJsonObject toJson() const;

    /// What keep() was given, in order. Not part of toJson().
    [[nodiscard]] std::vector<MockReceipt> receipts() const;

private:
    struct Figures
    {
        qint64 total = 0;
        qint64 answered = 0;
        qint64 abandoned = 0;
        qint64 streamsStarted = 0;
        qint64 streamsFinished = 0;
        qint64 streamsCancelled = 0;
        qint64 streamsBroken = 0;
        qint64 inputTokens = 0;
        qint64 outputTokens = 0;
        QMap<QByteArray, QMap<int, qint64>> byPath;
        QMap<QByteArray, qint64> users;
        QMap<QString, qint64> models;
        std::vector<MockReceipt> receipts;
    };

    mutable QMutex m_mutex; ///< guards m_figures
    Figures m_figures;
};

} // namespace sluice::demo
