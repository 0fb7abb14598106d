// SPDX-License-Identifier: GPL-3.0-or-later
// Asks for the recorded bodies of one request: asked and answered on the main thread, read and made
// readable on a thread of its own with a connection that cannot write. Nothing here blocks. A newer
// question takes the place of the older, which is never answered. Owned by LedgerQueries.
#pragma once

#include "core/base/result.h"
#include "core/session/shownbodies.h"

#include <QObject>
#include <QThreadPool>

#include <functional>

namespace sluice::session {

class BodyQueries final : public QObject
{
    Q_OBJECT

public:
    /// What was recorded; nothing if that is nothing. Called on the main thread, once. Errors:
    /// Unsupported: the file is newer than this program. Invalid: it is broken. Busy, Io.
    using Callback = std::function<void(const Result<std::optional<ShownBodies>> &)>;

    explicit BodyQueries(QObject *parent = nullptr);

    /// Waits for what runs.
    ~BodyQueries() override;
    Q_DISABLE_COPY_MOVE(BodyQueries)

    /// The data directory; before it is set nothing is found.
    void setFolder(const QString &folder);

    /// By the `helicone-id`. Without the context the answer is dropped.
    void ask(const QByteArray &requestId, QObject *context, const Callback &callback);

private:
    QString m_path;
    quint64 m_number = 0; ///< of the last question
    QThreadPool m_pool; ///< of one thread
};

} // namespace sluice::session
