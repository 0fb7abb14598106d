// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/bodyqueries.h"

#include "core/stores/bodies/bodyreader.h"
#include "core/stores/bodies/bodystore.h"

#include <QPointer>

namespace sluice::session {

namespace {

using Answer = Result<std::optional<ShownBodies>>;

Answer read(const QString &path, const QByteArray &requestId)
{
    const auto bodies = stores::readBodies(path, requestId);
    if (!bodies)
        return bodies.error();
    return *bodies ? std::optional(shown(**bodies)) : std::nullopt;
}

} // namespace

BodyQueries::BodyQueries(QObject *parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
}

BodyQueries::~BodyQueries()
{
    m_pool.clear();
    m_pool.waitForDone();
}

void BodyQueries::setFolder(const QString &folder)
{
    m_path = stores::BodyStore::pathIn(folder);
}

void BodyQueries::ask(const QByteArray &requestId, QObject *context, const Callback &callback)
{
    const quint64 number = ++m_number;
    const auto deliver = [this, number, callback, who = QPointer<QObject>(context)](
                             const Answer &answer) {
        if (number == m_number && who)
            callback(answer);
    };
    m_pool.clear(); // what waits is of nobody's interest any more
    m_pool.start([this, path = m_path, requestId, deliver] {
        QMetaObject::invokeMethod(
            this, [deliver, answer = read(path, requestId)] { deliver(answer); },
            Qt::QueuedConnection);
    });
}

} // namespace sluice::session
