// SPDX-License-Identifier: GPL-3.0-or-later
// A disk that is full, as far as this process can tell. For as long as the object lives; any
// thread.
#pragma once

#include <QtGlobal>

#include <csignal>

#include <sys/resource.h>

namespace sluice::test {

/// No file of this process can grow beyond so many bytes.
class FullDisk final
{
public:
    explicit FullDisk(qint64 bytes)
    {
        m_handler = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{static_cast<rlim_t>(bytes), m_before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }

    ~FullDisk()
    {
        ::setrlimit(RLIMIT_FSIZE, &m_before);
        std::signal(SIGXFSZ, m_handler);
    }

    Q_DISABLE_COPY_MOVE(FullDisk)

private:
    rlimit m_before{};
    void (*m_handler)(int) = nullptr;
};

} // namespace sluice::test
