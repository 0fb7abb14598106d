// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/requestbodies.h"

#include "core/session/ledgerrecord.h"
#include "ui/pages/bodyview.h"

namespace sluice::ui {

using insight::Outcome;
using session::ShownBodies;

namespace {

constexpr std::chrono::milliseconds RetryAfter{300};
constexpr int MostTries = 5;

} // namespace

RequestBodies::RequestBodies(BodyView &request, BodyView &answer, QObject *parent)
    : QObject(parent), m_request(request), m_answer(answer)
{
    m_retry.setSingleShot(true);
    m_retry.setInterval(RetryAfter);
    connect(&m_retry, &QTimer::timeout, this, &RequestBodies::ask);
}

void RequestBodies::showRecord(const insight::RequestRecord &record, bool isRecording)
{
    const bool isSame = record.id == m_record.id && record.outcome == m_record.outcome
        && isRecording == m_isRecording;
    if (isSame && m_isShown)
        return; // it is read, or being read
    m_record = record;
    m_isRecording = isRecording;
    m_isShown = false;
    setWanted(m_isWanted);
}

void RequestBodies::setWanted(bool isWanted)
{
    m_isWanted = isWanted;
    if (!isWanted || m_isShown || m_record.id == 0)
        return;
    m_isShown = true;
    m_retry.stop();
    m_tries = 0;
    if (m_record.outcome == Outcome::Streaming) {
        say(tr("Known when the answer has ended."));
        return;
    }
    say({});
    ask();
}

void RequestBodies::ask()
{
    if (!m_queries) {
        showNone();
        return;
    }
    ++m_tries;
    m_queries->ask(m_record.requestId, this,
        [this, id = m_record.id](const Result<std::optional<ShownBodies>> &bodies) {
            if (id == m_record.id)
                show(bodies);
        });
}

void RequestBodies::show(const Result<std::optional<ShownBodies>> &bodies)
{
    if (!bodies)
        say(tr("What was recorded cannot be read: %1").arg(bodies.error().message));
    else if (*bodies)
        showFound(**bodies);
    else if (m_isRecording && !session::isFromLedger(m_record) && m_tries < MostTries)
        m_retry.start();
    else
        showNone();
}

void RequestBodies::showFound(const ShownBodies &bodies)
{
    if (bodies.request.size == 0)
        m_request.showSentence(tr("The request has no body."));
    else
        m_request.showBody(bodies.request);
    if (!bodies.answer)
        m_answer.showSentence(tr(
            "Nothing of a provider's answer went out to the client. Summary says what happened."));
    else if (bodies.answer->size == 0)
        m_answer.showSentence(tr("The answer has no body."));
    else
        m_answer.showBody(*bodies.answer);
}

void RequestBodies::showNone()
{
    if (m_isRecording)
        say(tr("Nothing is recorded of this request: it came before bodies were recorded, was "
               "turned away before its body, or is not kept any more."));
    else
        say(tr("Bodies are not recorded. recording.bodies: true keeps them on this machine."));
}

void RequestBodies::say(const QString &sentence)
{
    m_request.showSentence(sentence);
    m_answer.showSentence(sentence);
}

} // namespace sluice::ui
