// SPDX-License-Identifier: GPL-3.0-or-later
// The cells of one sliding window in a single block of memory behind a single pointer: a window
// with one cell takes what one allocation takes. As std::vector, as far as windows need it. A
// value.
#pragma once

#include <QtGlobal>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <utility>

namespace sluice::limits {

/// What was charged in a sixtieth of a window.
struct WindowCell
{
    qint64 index = 0; ///< floor(time / (period / 60))
    qint64 amount = 0; ///< micro-units

    friend bool operator==(const WindowCell &, const WindowCell &) = default;
};

class CellList final
{
public:
    using iterator = WindowCell *;
    using const_iterator = const WindowCell *;

    CellList() = default;

    CellList(const CellList &other) { assign(other.begin(), other.end()); }

    CellList(CellList &&other) noexcept : m_block(std::exchange(other.m_block, nullptr)) { }

    CellList(std::initializer_list<WindowCell> cells) { assign(cells.begin(), cells.end()); }

    ~CellList() { std::free(m_block); }

    CellList &operator=(CellList other) noexcept
    {
        std::swap(m_block, other.m_block);
        return *this;
    }

    [[nodiscard]] size_t size() const { return m_block != nullptr ? m_block->size : 0; }

    [[nodiscard]] bool empty() const { return size() == 0; }

    [[nodiscard]] iterator begin() { return m_block != nullptr ? m_block->cells() : nullptr; }

    [[nodiscard]] iterator end() { return begin() + size(); }

    [[nodiscard]] const_iterator begin() const
    {
        return m_block != nullptr ? m_block->cells() : nullptr;
    }

    [[nodiscard]] const_iterator end() const { return begin() + size(); }

    [[nodiscard]] const_iterator cbegin() const { return begin(); }

    [[nodiscard]] const_iterator cend() const { return end(); }

    [[nodiscard]] WindowCell &back() { return end()[-1]; }

    [[nodiscard]] const WindowCell &back() const { return end()[-1]; }

    void append(const WindowCell &cell) { insert(end(), cell); }

    iterator insert(const_iterator before, const WindowCell &cell)
    {
        const auto place = before - cbegin();
        if (m_block == nullptr || m_block->size == m_block->capacity)
            grow();
        iterator at = begin() + place;
        std::copy_backward(at, end(), end() + 1);
        *at = cell;
        ++m_block->size;
        return at;
    }

    void erase(const_iterator from, const_iterator to)
    {
        if (from == to)
            return;
        std::copy(to, cend(), begin() + (from - cbegin()));
        m_block->size -= static_cast<quint32>(to - from);
    }

    void erase(const_iterator at) { erase(at, at + 1); }

    void clear() { std::free(std::exchange(m_block, nullptr)); }

    friend bool operator==(const CellList &a, const CellList &b)
    {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

private:
    /// Followed by its cells.
    struct Block
    {
        quint32 size = 0;
        quint32 capacity = 0;

        [[nodiscard]] WindowCell *cells() { return reinterpret_cast<WindowCell *>(this + 1); }
    };

    static_assert(sizeof(Block) % alignof(WindowCell) == 0);

    void assign(const_iterator from, const_iterator to)
    {
        if (from == to)
            return;
        resize(static_cast<quint32>(to - from));
        std::copy(from, to, m_block->cells());
        m_block->size = m_block->capacity;
    }

    /// Windows grow by a cell at a time, up to 61: little more is taken than they need.
    void grow()
    {
        const auto used = static_cast<quint32>(size());
        resize(used + 1 + used / 4);
    }

    void resize(quint32 capacity)
    {
        const bool isNew = m_block == nullptr;
        void *memory = std::realloc(m_block, sizeof(Block) + capacity * sizeof(WindowCell));
        Q_CHECK_PTR(memory);
        m_block = static_cast<Block *>(memory);
        if (isNew)
            m_block->size = 0;
        m_block->capacity = capacity;
    }

    Block *m_block = nullptr; ///< from malloc(); null = empty
};

} // namespace sluice::limits
