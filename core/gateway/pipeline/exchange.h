// SPDX-License-Identifier: GPL-3.0-or-later
// One proxied request from its arrival to its record: it only sequences the steps. Owned by its
// GatewayWorker, lives on that gateway thread, dies when its answer has ended or its client has
// gone.
#pragma once

#include "core/gateway/front/responsesink.h"
#include "core/gateway/pipeline/admission.h"
#include "core/gateway/pipeline/bodytap.h"
#include "core/gateway/pipeline/forwarding.h"
#include "core/gateway/pipeline/spending.h"
#include "core/insight/requestrecord.h"
#include "core/metering/usage/usagefilter.h"

namespace sluice::gateway {

class GatewayWorker;

class Exchange final : public ClientListener, public UpstreamSink
{
public:
    /// route: what findRoute() says of the request; started: when it came.
    Exchange(GatewayWorker &worker, std::shared_ptr<const Snapshot> snapshot, Request &&request,
        std::variant<Route, Failure> &&route, ResponseSink &sink, EngineTime started);
    ~Exchange() override;
    Q_DISABLE_COPY_MOVE(Exchange)

    /// Runs the steps. May answer at once; the exchange is destroyed before this returns then.
    void run();

    /// Breaks the exchange off because the gateway stops; destroys it.
    void shutDown();

    void clientGone() override;
    void clientDrained() override;

    void upstreamBegan(int status, Headers &&headers, qint64 contentLength) override;
    void upstreamData(QByteArrayView chunk) override;
    void upstreamEnded() override;
    void upstreamFailed(UpstreamFailure failure, const QString &message) override;

private:
    std::optional<Failure> prepare();
    void expect();
    void decide();
    void decided(limits::Decision &&decision);
    void settle();
    std::function<void()> later(void (Exchange::*next)());
    void answer(insight::Outcome outcome);
    void sendAnswer();
    void leave();
    void forward();
    void fail(const Failure &failure, insight::Outcome outcome);
    void refuse();
    void appendOwnHeaders(Headers &headers);
    void beginStream();
    [[nodiscard]] AnswerEnd endOfAbandoned() const;
    [[nodiscard]] bool mayRefuseUsage() const;
    bool askAgainWithoutUsage();
    void filterIfAsked();
    void pass(QByteArrayView chunk);
    void write(QByteArrayView chunk);
    void pauseIfSlow();
    void seal(insight::Outcome outcome, EngineTime now);
    void finish(insight::Outcome outcome);
    void finish(insight::Outcome outcome, EngineTime now);

    GatewayWorker &m_worker;
    std::shared_ptr<const Snapshot> m_snapshot;
    Request m_request;
    ResponseSink *m_sink; ///< null once the answer has ended or the client has gone
    std::variant<Route, Failure> m_found; ///< until prepare() takes it
    Route m_route;
    Caller m_caller;
    BodyPeek m_body;
    Choice m_choice;
    Spending m_spending;
    Admission m_admission; ///< looks at the record's subject and at m_spending
    std::shared_ptr<void> m_life; ///< whether a call that comes later still finds the exchange
    bool m_isSettled = false;
    bool m_isRecorded = false; ///< the answer waits for the disk, and its record stays as it is
    bool m_isShutDown = false;
    AnswerEnd m_end = AnswerEnd::Complete;
    std::optional<metering::UsageFilter> m_filter; ///< of a stream that has more than was asked for
    std::unique_ptr<BodyTap> m_bodies; ///< null unless bodies are recorded
    std::unique_ptr<Transfer> m_transfer;
    insight::RequestRecord m_record;
    QByteArray m_origin; ///< of an allowed web page
    QByteArray m_externalId; ///< x-request-id
    EngineTime m_started;
    EngineTime m_handedOver{0}; ///< when the provider was asked
    EngineTime m_ended{0}; ///< when the provider had ended
    std::chrono::nanoseconds m_overhead{0};

    int m_status = 0; ///< the provider's
    Headers m_headers; ///< the provider's, for the client
    qint64 m_contentLength = -1;
    QByteArray m_buffer; ///< a short answer that goes out in one write
    std::optional<Response> m_answer; ///< that is about to be sent in one write
    bool m_asksForUsage = false; ///< which the client did not
    std::optional<Request> m_unchanged; ///< while the provider may refuse to be asked for usage
    bool m_hasBegun = false; ///< the client has the head
    bool m_isPaused = false;
};

} // namespace sluice::gateway
