// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/mockbooks.h"

namespace sluice::demo {

using namespace Qt::StringLiterals;

void MockBooks::requestCame()
{
    const QMutexLocker lock(&m_mutex);
    ++m_figures.total;
}

void MockBooks::questionUnderstood(const QByteArray &user, const QString &model)
{
    const QMutexLocker lock(&m_mutex);
    if (!user.isEmpty())
        ++m_figures.users[user];
    ++m_figures.models[model];
}

void MockBooks::answered(const QByteArray &path, int status)
{
    const QMutexLocker lock(&m_mutex);
    ++m_figures.answered;
    ++m_figures.byPath[path][status];
}

void MockBooks::abandoned()
{
    const QMutexLocker lock(&m_mutex);
    ++m_figures.abandoned;
}

void MockBooks::streamStarted()
{
    const QMutexLocker lock(&m_mutex);
    ++m_figures.streamsStarted;
}

void MockBooks::streamFinished()
{
    const QMutexLocker lock(&m_mutex);
    ++m_figures.streamsFinished;
}

void MockBooks::streamCancelled()
{
    const QMutexLocker lock(&m_mutex);
    ++m_figures.streamsCancelled;
}

void MockBooks::streamBroken()
{
    const QMutexLocker lock(&m_mutex);
    ++m_figures.streamsBroken;
}

void MockBooks::billed(qint64 inputTokens, qint64 outputTokens)
{
    const QMutexLocker lock(&m_mutex);
    m_figures.inputTokens += inputTokens;
    m_figures.outputTokens += outputTokens;
}

void MockBooks::keep(const MockReceipt &receipt)
{
    const QMutexLocker lock(&m_mutex);
    m_figures.receipts.push_back(receipt);
}

std::vector<MockReceipt> MockBooks::receipts() const
{
    const QMutexLocker lock(&m_mutex);
    return m_figures.receipts;
}

QJsonObject MockBooks::toJson() const
{
    // To the end: a copy would share its maps with the figures that go on changing.
    const QMutexLocker lock(&m_mutex);
    const Figures &f = m_figures;
    QJsonObject byPath;
    for (auto path = f.byPath.cbegin(); path != f.byPath.cend(); ++path) {
        QJsonObject statuses;
        for (auto status = path->cbegin(); status != path->cend(); ++status)
            statuses.insert(QString::number(status.key()), status.value());
        byPath.insert(QString::fromUtf8(path.key()), statuses);
    }
    QJsonObject users;
    for (auto user = f.users.cbegin(); user != f.users.cend(); ++user)
        users.insert(QString::fromUtf8(user.key()), user.value());
    QJsonObject models;
    for (auto model = f.models.cbegin(); model != f.models.cend(); ++model)
        models.insert(model.key(), model.value());
    const QJsonObject requests{{u"total"_s, f.total}, {u"answered"_s, f.answered},
        {u"abandoned"_s, f.abandoned}, {u"in_flight"_s, f.total - f.answered - f.abandoned},
        {u"by_path"_s, byPath}};
    const qint64 closed = f.streamsFinished + f.streamsCancelled + f.streamsBroken;
    const QJsonObject streams{{u"started"_s, f.streamsStarted}, {u"finished"_s, f.streamsFinished},
        {u"cancelled"_s, f.streamsCancelled}, {u"broken"_s, f.streamsBroken},
        {u"open"_s, f.streamsStarted - closed}};
    const QJsonObject tokens{{u"input"_s, f.inputTokens}, {u"output"_s, f.outputTokens},
        {u"total"_s, f.inputTokens + f.outputTokens}};
    return {{u"requests"_s, requests}, {u"streams"_s, streams}, {u"tokens"_s, tokens},
        {u"users"_s, users}, {u"models"_s, models}};
}

} // namespace sluice::demo
