// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/ledgerqueries.h"

#include "core/session/ledgerreading.h"
#include "core/session/ledgerthread.h"
#include "core/stores/ledger/ledgerreader.h"

#include <utility>

namespace sluice::session {

using namespace Qt::StringLiterals;
using stores::LedgerReader;

LedgerQueries::LedgerQueries(QObject *parent) : QObject(parent) { }

LedgerQueries::~LedgerQueries() = default;

void LedgerQueries::setFolder(const QString &folder, const QString &url)
{
    m_folder = folder;
    m_url = url;
    m_bodies.setFolder(folder);
}

namespace {

Result<History> work(
    LedgerReader &reader, const HistoryQuestion &question, const ledgerreading::Watch &watch)
{
    return ledgerreading::history(reader, question, watch);
}

Result<OlderRequests> work(
    LedgerReader &reader, const OlderQuestion &question, const ledgerreading::Watch &watch)
{
    return ledgerreading::older(reader, question, watch);
}

Result<SqlAnswer> work(
    LedgerReader &reader, const SqlQuestion &question, const ledgerreading::Watch &watch)
{
    return ledgerreading::sql(reader, question, watch);
}

} // namespace

template <typename Answer, typename Question>
void LedgerQueries::ask(
    Purpose purpose, const Question &question, QObject *context, const Callback<Answer> &callback)
{
    Lane &asked = lane(purpose);
    const quint64 number = ++asked.number;
    asked.context = context;
    asked.fail = [callback](const Error &error) { callback(error); };
    if (!asked.thread)
        asked.thread = std::make_unique<LedgerThread>();
    const auto deliver = [this, purpose, number, callback](const Result<Answer> &answer) {
        Lane &answered = lane(purpose);
        if (answered.number != number || !answered.fail)
            return; // replaced or cancelled
        answered.fail = nullptr;
        if (answered.context)
            callback(answer);
    };
    asked.thread->start(stores::LedgerPlace::in(m_folder, m_url),
        [this, question, deliver](
            const Result<LedgerReader *> &reader, const ledgerreading::Watch &watch) {
            Result<Answer> answer =
                reader ? work(**reader, question, watch) : Result<Answer>(reader.error());
            QMetaObject::invokeMethod(
                this, [deliver, answer = std::move(answer)] { deliver(answer); },
                Qt::QueuedConnection);
        });
}

void LedgerQueries::askHistory(
    const HistoryQuestion &question, QObject *context, const Callback<History> &callback)
{
    ask(Purpose::History, question, context, callback);
}

void LedgerQueries::askOlder(
    const OlderQuestion &question, QObject *context, const Callback<OlderRequests> &callback)
{
    ask(Purpose::Older, question, context, callback);
}

void LedgerQueries::askSql(
    const SqlQuestion &question, QObject *context, const Callback<SqlAnswer> &callback)
{
    ask(Purpose::Sql, question, context, callback);
}

void LedgerQueries::cancel(Purpose purpose)
{
    Lane &running = lane(purpose);
    if (!running.fail)
        return;
    running.thread->interrupt();
    const auto fail = std::exchange(running.fail, nullptr);
    if (running.context)
        fail({ErrorCode::Cancelled, u"cancelled"_s, {}});
}

bool LedgerQueries::isRunning(Purpose purpose) const
{
    return bool(m_lanes[size_t(purpose)].fail);
}

qint64 LedgerQueries::rowsSoFar(Purpose purpose) const
{
    const Lane &asked = m_lanes[size_t(purpose)];
    return asked.fail ? asked.thread->rows() : 0;
}

} // namespace sluice::session
