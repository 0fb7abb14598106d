// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/adminquestions.h"

namespace sluice::session {

using namespace Qt::StringLiterals;
using gateway::AdminTicketPtr;
using gateway::Failure;
using gateway::Response;

namespace {

constexpr int AtOnce = 2; ///< a long one leaves room for a short one
constexpr int Patience = 20; ///< milliseconds between two interruptions

Failure failureOf(const Error &error)
{
    switch (error.code) {
    case ErrorCode::NotFound:
        return {404, "invalid_request_error", "not_found", error.message};
    case ErrorCode::Invalid:
    case ErrorCode::Refused:
        return {400, "invalid_request_error", "invalid_field", error.message};
    case ErrorCode::Timeout:
        return {408, "invalid_request_error", "query_timeout", error.message};
    case ErrorCode::Busy:
    case ErrorCode::Cancelled:
        return {503, "server_error", "admin_unavailable", error.message};
    default:
        return {500, "server_error", "internal_error", error.message};
    }
}

} // namespace

AdminQuestions::AdminQuestions()
{
    m_pool.setMaxThreadCount(AtOnce);
}

AdminQuestions::~AdminQuestions()
{
    m_isEnding = true;
    m_pool.clear();
    // One that was about to begin hears of it the next time.
    do
        interruptAll();
    while (!m_pool.waitForDone(Patience));
}

Response AdminQuestions::failed(const Error &error)
{
    return gateway::failureResponse(failureOf(error), config::Dialect::OpenAi);
}

void AdminQuestions::ask(const stores::LedgerPlace &place, const AdminTicketPtr &ticket, Ask ask)
{
    m_pool.start([this, place, ticket, ask = std::move(ask)] { answer(place, ticket, ask); });
}

void AdminQuestions::run(const AdminTicketPtr &ticket, std::function<Response()> work)
{
    m_pool.start([ticket, work = std::move(work)] {
        if (ticket->isWanted())
            ticket->answer(work());
    });
}

void AdminQuestions::answer(
    const stores::LedgerPlace &place, const AdminTicketPtr &ticket, const Ask &ask)
{
    if (!ticket->isWanted())
        return;
    auto opened = stores::LedgerReader::open(place);
    if (!opened)
        return ticket->answer(failed(opened.error()));
    const ReaderPtr reader = std::move(*opened);
    const std::weak_ptr<stores::LedgerReader> weak = reader;
    {
        const std::lock_guard lock(m_mutex);
        std::erase_if(m_readers, [](const auto &known) { return known.expired(); });
        m_readers.push_back(weak);
    }
    ticket->whenAbandoned([weak] {
        if (const ReaderPtr running = weak.lock())
            running->interrupt();
    });
    if (ticket->isWanted())
        ticket->answer(ask(*reader));
}

void AdminQuestions::interruptAll()
{
    const std::lock_guard lock(m_mutex);
    for (const auto &weak : m_readers) {
        if (const ReaderPtr reader = weak.lock())
            reader->interrupt();
    }
}

} // namespace sluice::session
