// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/largeblock.h"

#include <cstdlib>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace sluice::limits {

namespace {

/// Untouched pages of zeros, aligned for the kernel to make large pages of them; null if there are
/// none.
void *mapLarge(size_t size)
{
    const size_t whole = size + LargeBlock::PageSize;
    void *mapped = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return nullptr;
    auto *start = static_cast<char *>(mapped);
    const auto past = reinterpret_cast<quintptr>(start) % LargeBlock::PageSize;
    const size_t before = past == 0 ? 0 : LargeBlock::PageSize - past;
    if (before > 0)
        munmap(start, before);
    munmap(start + before + size, whole - before - size);
    madvise(start + before, size, MADV_HUGEPAGE); // a wish: without it only speed is lost
    return start + before;
}

} // namespace

LargeBlock::LargeBlock(size_t size)
    : m_data(size >= PageSize ? mapLarge(size) : std::calloc(size, 1)), m_size(size)
{
    if (m_data == nullptr)
        throw std::bad_alloc();
}

LargeBlock::~LargeBlock()
{
    if (m_data != nullptr && m_size >= PageSize)
        munmap(m_data, m_size);
    else
        std::free(m_data);
}

LargeBlock::LargeBlock(LargeBlock &&other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)), m_size(std::exchange(other.m_size, 0))
{
}

LargeBlock &LargeBlock::operator=(LargeBlock &&other) noexcept
{
    std::swap(m_data, other.m_data);
    std::swap(m_size, other.m_size);
    return *this;
}

} // namespace sluice::limits
