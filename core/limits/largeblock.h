// SPDX-License-Identifier: GPL-3.0-or-later
// Zeroed memory for the big tables of the engine. Blocks of 2 MB and more come in pages of 2 MB
// where the system has them: a random look-up among a million counters then waits for one read of
// memory instead of two, and giving a table back takes no time. A value that owns its memory.
#pragma once

#include <QtGlobal>

#include <cstddef>

namespace sluice::limits {

class LargeBlock final
{
public:
    static constexpr size_t PageSize = size_t{2} << 20U;

    LargeBlock() = default;

    /// Throws std::bad_alloc if there is no memory.
    explicit LargeBlock(size_t size);

    ~LargeBlock();

    LargeBlock(LargeBlock &&other) noexcept;
    LargeBlock &operator=(LargeBlock &&other) noexcept;
    Q_DISABLE_COPY(LargeBlock)

    [[nodiscard]] void *data() const { return m_data; }

private:
    void *m_data = nullptr;
    size_t m_size = 0;
};

} // namespace sluice::limits
