// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/sharedstores/storeboard.h"

#include "core/base/logging.h"

#include <QUrl>

#include <algorithm>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

QString storeName(const config::Store &store)
{
    const QUrl url(store.url);
    const QString kind =
        store.type == config::Store::Type::Redis ? u"Redis at "_s : u"PostgreSQL at "_s;
    const QString host = url.host().isEmpty() ? u"this machine"_s : url.host();
    return url.port() < 0 ? QString(kind + host)
                          : QString(kind + host + u':' + QString::number(url.port()));
}

void StoreBoard::note(const config::Store &store, quint32 worker, const QString &problem)
{
    const StoreProblems before = problems();
    change(store, worker, problem);
    const StoreProblems now = problems();
    log(before, now);
    if (m_listener && now != before)
        m_listener(now);
}

void StoreBoard::change(const config::Store &store, quint32 worker, const QString &problem)
{
    const std::scoped_lock lock(m_mutex);
    auto found = std::find_if(m_watched.begin(), m_watched.end(),
        [&store](const Watched &watched) { return watched.store == store; });
    if (found == m_watched.end()) {
        if (problem.isEmpty())
            return;
        found = m_watched.insert(found, {store, {}});
        ++m_failures[storeName(store)];
    }
    if (problem.isEmpty())
        found->problems.erase(worker);
    else
        found->problems[worker] = problem;
    if (found->problems.empty())
        m_watched.erase(found);
}

void StoreBoard::forget(const config::Store &store, quint32 worker)
{
    const StoreProblems before = problems();
    change(store, worker, {});
    if (const StoreProblems now = problems(); m_listener && now != before)
        m_listener(now);
}

bool StoreBoard::isUp(const config::Store &store) const
{
    const std::scoped_lock lock(m_mutex);
    return std::none_of(m_watched.begin(), m_watched.end(),
        [&store](const Watched &watched) { return watched.store == store; });
}

StoreProblems StoreBoard::problems() const
{
    const std::scoped_lock lock(m_mutex);
    StoreProblems problems;
    for (const Watched &watched : m_watched)
        problems.push_back({storeName(watched.store), watched.problems.begin()->second});
    return problems;
}

std::map<QString, qint64> StoreBoard::failures() const
{
    const std::scoped_lock lock(m_mutex);
    return m_failures;
}

void StoreBoard::log(const StoreProblems &before, const StoreProblems &now)
{
    for (const StoreProblem &problem : now) {
        if (std::find(before.begin(), before.end(), problem) == before.end())
            qCWarning(lcGateway,
                "%ls cannot be reached, its limits do what their "
                "on-store-failure says: %ls",
                qUtf16Printable(problem.store), qUtf16Printable(problem.problem));
    }
    for (const StoreProblem &former : before) {
        const bool isBack = std::none_of(now.begin(), now.end(),
            [&former](const StoreProblem &problem) { return problem.store == former.store; });
        if (isBack)
            qCInfo(lcGateway, "%ls is back, what was counted in memory is added there",
                qUtf16Printable(former.store));
    }
}

} // namespace sluice::gateway
