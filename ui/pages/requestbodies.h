// SPDX-License-Identifier: GPL-3.0-or-later
// The recorded bodies of the request whose details are shown: asks for them when somebody looks,
// and says in a sentence why there are none. GUI thread; owned by the detail pane of Requests.
#pragma once

#include "core/insight/requestrecord.h"
#include "core/session/bodyqueries.h"

#include <QObject>
#include <QPointer>
#include <QTimer>

namespace sluice::ui {

class BodyView;

class RequestBodies final : public QObject
{
    Q_OBJECT

public:
    /// The views must outlive it.
    RequestBodies(BodyView &request, BodyView &answer, QObject *parent);

    /// Without it nothing is recorded.
    void readFrom(session::BodyQueries *queries) { m_queries = queries; }

    /// isRecording: the running configuration wants bodies recorded.
    void showRecord(const insight::RequestRecord &record, bool isRecording);

    /// Whether one of the views is looked at; until then nothing is read.
    void setWanted(bool isWanted);

private:
    void ask();
    void show(const Result<std::optional<session::ShownBodies>> &bodies);
    void showFound(const session::ShownBodies &bodies);
    void showNone();
    void say(const QString &sentence);

    BodyView &m_request;
    BodyView &m_answer;
    QPointer<session::BodyQueries> m_queries;
    insight::RequestRecord m_record;
    QTimer m_retry; ///< a body may be on its way to the disk
    int m_tries = 0;
    bool m_isRecording = false;
    bool m_isWanted = false;
    bool m_isShown = false; ///< what the views say is of m_record
};

} // namespace sluice::ui
