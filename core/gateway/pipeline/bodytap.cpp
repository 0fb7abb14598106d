// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/bodytap.h"

#include <algorithm>

namespace sluice::gateway {

using insight::MostKeptBytes;
using insight::RecordedBody;

namespace {

constexpr qsizetype LongestType = 256; ///< of a content-type that is kept

QByteArray typeOf(const Headers &headers)
{
    return headerValue(headers, "content-type").left(LongestType);
}

} // namespace

BodyTap::BodyTap(const Request &request)
{
    RecordedBody &body = m_bodies.request;
    body.type = typeOf(request.head.headers);
    body.size = request.body.size();
    // Sharing a long one would hold all of it, and copy all of it as soon as it is rewritten.
    body.bytes = body.size <= MostKeptBytes ? request.body : request.body.first(MostKeptBytes);
}

void BodyTap::begin(const Headers &headers)
{
    m_bodies.answer.emplace().type = typeOf(headers);
}

void BodyTap::append(QByteArrayView chunk)
{
    RecordedBody &body = *m_bodies.answer;
    body.size += chunk.size();
    body.bytes.append(chunk.first(std::min(chunk.size(), MostKeptBytes - body.bytes.size())));
}

insight::RecordedBodies BodyTap::take(const insight::RequestRecord &record)
{
    m_bodies.requestId = record.requestId;
    m_bodies.at = record.at;
    m_bodies.key = record.subject.apiKey;
    m_bodies.user = record.subject.endUser;
    if (m_bodies.answer)
        m_bodies.answer->bytes.squeeze(); // it may wait, and has grown by doubling
    return std::move(m_bodies);
}

} // namespace sluice::gateway
