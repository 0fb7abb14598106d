// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to the ledger, for a user interface: asked and answered on the main thread, worked out
// on threads of its own with connections that cannot write. Nothing here blocks. For each purpose
// one question runs at a time; a newer one takes the place of the older, which is never answered.
#pragma once

#include "core/base/result.h"
#include "core/session/bodyqueries.h"
#include "core/session/ledgeranswers.h"

#include <QObject>
#include <QPointer>

#include <array>
#include <memory>

namespace sluice::session {

class LedgerThread;

class LedgerQueries final : public QObject
{
    Q_OBJECT

public:
    enum class Purpose : quint8 { History, Older, Sql };
    Q_ENUM(Purpose)

    /// Called on the main thread, once. Errors: NotFound: nothing has been recorded yet.
    /// Unsupported: the file is newer than this program. Refused: a statement that does not only
    /// read. Invalid: SQLite does not understand the statement, or the file is broken. Timeout,
    /// Cancelled, Io.
    template <typename Answer> using Callback = std::function<void(const Result<Answer> &)>;

    explicit LedgerQueries(QObject *parent = nullptr);

    /// Interrupts what runs and waits for it.
    ~LedgerQueries() override;
    Q_DISABLE_COPY_MOVE(LedgerQueries)

    /// The data directory, and `recording.url` if there is one; before it is set there is nothing
    /// to read.
    void setFolder(const QString &folder, const QString &url = {});

    /// Sums by steps of time. Without the context the answer is dropped.
    void askHistory(
        const HistoryQuestion &question, QObject *context, const Callback<History> &callback);

    /// A page of older requests.
    void askOlder(
        const OlderQuestion &question, QObject *context, const Callback<OlderRequests> &callback);

    /// One statement of a person.
    void askSql(const SqlQuestion &question, QObject *context, const Callback<SqlAnswer> &callback);

    /// The recorded bodies of one request, which are beside the ledger.
    [[nodiscard]] BodyQueries &bodies() { return m_bodies; }

    /// Ends the question: its callback gets Cancelled, now. Nothing if none runs.
    void cancel(Purpose purpose);

    [[nodiscard]] bool isRunning(Purpose purpose) const;

    /// How many rows the question that runs has found so far.
    [[nodiscard]] qint64 rowsSoFar(Purpose purpose) const;

private:
    static constexpr int PurposeCount = 3;

    struct Lane
    {
        std::unique_ptr<LedgerThread> thread; ///< made with the first question
        quint64 number = 0; ///< of the last question
        QPointer<QObject> context;
        std::function<void(const Error &)> fail; ///< empty: no question runs
    };

    template <typename Answer, typename Question>
    void ask(Purpose purpose, const Question &question, QObject *context,
        const Callback<Answer> &callback);

    [[nodiscard]] Lane &lane(Purpose purpose) { return m_lanes[size_t(purpose)]; }

    QString m_folder;
    QString m_url; ///< of PostgreSQL
    BodyQueries m_bodies;
    std::array<Lane, PurposeCount> m_lanes;
};

} // namespace sluice::session
