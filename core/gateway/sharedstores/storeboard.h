// SPDX-License-Identifier: GPL-3.0-or-later
// Which shared stores can be reached, for all threads of a gateway together: a store is up when it
// is up for each of them, so that no request counts in memory what another one asks the store for.
// Any thread.
#pragma once

#include "core/config/configuration.h"

#include <functional>
#include <map>
#include <mutex>

namespace sluice::gateway {

/// What is wrong with one store.
struct StoreProblem
{
    QString store; ///< "Redis at db.example:6379", without any secret
    QString problem; ///< one sentence with the remedy

    friend bool operator==(const StoreProblem &, const StoreProblem &) = default;
};

using StoreProblems = std::vector<StoreProblem>;

/// "Redis at db.example:6379", "PostgreSQL at db.example": never with a user's password.
QString storeName(const config::Store &store);

class StoreBoard final
{
public:
    /// Told of each change, on the thread that noticed it.
    using Listener = std::function<void(const StoreProblems &)>;

    StoreBoard() = default;
    Q_DISABLE_COPY_MOVE(StoreBoard)

    /// Before there are threads that note.
    void setListener(Listener listener) { m_listener = std::move(listener); }

    /// worker: who sees it so. An empty problem: it is up.
    void note(const config::Store &store, quint32 worker, const QString &problem);

    /// That worker does not look at the store any more.
    void forget(const config::Store &store, quint32 worker);

    [[nodiscard]] bool isUp(const config::Store &store) const;

    /// One for each store that is down.
    [[nodiscard]] StoreProblems problems() const;

    /// How often stores went down so far, by name; none of those that never did.
    [[nodiscard]] std::map<QString, qint64> failures() const;

private:
    struct Watched
    {
        config::Store store;
        std::map<quint32, QString> problems; ///< by worker
    };

    void change(const config::Store &store, quint32 worker, const QString &problem);
    static void log(const StoreProblems &before, const StoreProblems &now);

    mutable std::mutex m_mutex; ///< guards the next two
    std::vector<Watched> m_watched; ///< those with problems
    std::map<QString, qint64> m_failures; ///< by name
    Listener m_listener;
};

} // namespace sluice::gateway
