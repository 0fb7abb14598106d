// SPDX-License-Identifier: GPL-3.0-or-later
// An UpstreamSink that remembers everything, for tests. On the Upstream's thread.
#pragma once

#include "core/gateway/upstream/upstream.h"

#include <QString>

#include <functional>

namespace sluice::test {

using gateway::Header;
using gateway::Headers;
using gateway::UpstreamFailure;

/// Remembers everything; onEvent runs inside each callback.
class RecordingSink final : public gateway::UpstreamSink
{
public:
    enum class Event { Began, Data, Ended, Failed };

    void upstreamBegan(int newStatus, Headers &&newHeaders, qint64 length) override
    {
        ++began;
        status = newStatus;
        headers = std::move(newHeaders);
        contentLength = length;
        tell(Event::Began);
    }

    void upstreamData(QByteArrayView chunk) override
    {
        ++chunks;
        bytes += chunk.size();
        if (keepsBody)
            body += chunk;
        tell(Event::Data);
    }

    void upstreamEnded() override
    {
        ++ended;
        tell(Event::Ended);
    }

    void upstreamFailed(UpstreamFailure newFailure, const QString &text) override
    {
        ++failed;
        failure = newFailure;
        message = text;
        tell(Event::Failed);
    }

    [[nodiscard]] QByteArray header(QByteArrayView name) const
    {
        for (const Header &entry : headers) {
            if (entry.name.compare(name, Qt::CaseInsensitive) == 0)
                return entry.value;
        }
        return {};
    }

    int began = 0;
    int chunks = 0;
    int ended = 0;
    int failed = 0;
    int status = 0;
    qint64 contentLength = -2;
    qint64 bytes = 0;
    bool keepsBody = true;
    Headers headers;
    QByteArray body;
    UpstreamFailure failure{};
    QString message;
    std::function<void(Event)> onEvent;

private:
    void tell(Event event)
    {
        if (onEvent)
            onEvent(event);
    }
};

} // namespace sluice::test
