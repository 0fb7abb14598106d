// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/ledgerthread.h"

#include "core/stores/ledger/ledgerreader.h"

namespace sluice::session {

using namespace Qt::StringLiterals;
using stores::LedgerReader;

LedgerThread::LedgerThread() : m_context(std::make_unique<QObject>())
{
    m_thread.setObjectName(u"ledger-query"_s);
    m_context->moveToThread(&m_thread);
}

LedgerThread::~LedgerThread()
{
    interrupt();
    m_thread.quit();
    m_thread.wait();
}

void LedgerThread::start(const stores::LedgerPlace &place, const Job &job)
{
    if (!m_thread.isRunning())
        m_thread.start();
    interrupt();
    const quint64 number = m_wanted;
    QMetaObject::invokeMethod(
        m_context.get(), [this, number, place, job] { run(number, place, job); },
        Qt::QueuedConnection);
}

void LedgerThread::interrupt()
{
    ++m_wanted;
    const QMutexLocker locker(&m_mutex);
    if (m_reader != nullptr)
        m_reader->interrupt();
}

void LedgerThread::run(quint64 number, const stores::LedgerPlace &place, const Job &job)
{
    const ledgerreading::Watch watch{
        .isStopped = [this, number] { return m_wanted != number; },
        .tellRows = [this](qint64 rows) { m_rows = rows; },
    };
    if (watch.isStopped())
        return;
    m_rows = 0;
    const auto opened = LedgerReader::open(place);
    if (!opened) {
        job(opened.error(), watch);
        return;
    }
    LedgerReader *reader = opened->get();
    {
        const QMutexLocker locker(&m_mutex);
        m_reader = reader;
    }
    job(reader, watch);
    const QMutexLocker locker(&m_mutex);
    m_reader = nullptr;
}

} // namespace sluice::session
