// SPDX-License-Identifier: GPL-3.0-or-later
// A segment value inside a counter: short ones in place, longer ones in a block of their own. 26
// bytes, for a million of them to stay small. A value; not thread-safe.
#pragma once

#include <QByteArrayView>

#include <array>
#include <cstring>
#include <utility>

namespace sluice::limits {

class SegmentText final
{
public:
    static constexpr qsizetype MostInPlace = 24;

    SegmentText() = default;

    explicit SegmentText(QByteArrayView text)
    {
        if (text.size() <= MostInPlace) {
            m_size = static_cast<quint16>(text.size());
            std::copy(text.begin(), text.end(), m_bytes.begin());
            return;
        }
        m_size = InBlock;
        Block block{new char[static_cast<size_t>(text.size())], text.size()};
        std::copy(text.begin(), text.end(), block.data);
        std::memcpy(m_bytes.data(), &block, sizeof block);
    }

    ~SegmentText()
    {
        if (m_size == InBlock)
            delete[] block().data;
    }

    SegmentText(SegmentText &&other) noexcept
        : m_bytes(other.m_bytes), m_size(std::exchange(other.m_size, quint16{0}))
    {
    }

    SegmentText &operator=(SegmentText &&other) noexcept
    {
        std::swap(m_bytes, other.m_bytes);
        std::swap(m_size, other.m_size);
        return *this;
    }

    Q_DISABLE_COPY(SegmentText)

    [[nodiscard]] QByteArrayView view() const
    {
        if (m_size != InBlock)
            return {m_bytes.data(), static_cast<qsizetype>(m_size)};
        const Block where = block();
        return {where.data, where.size};
    }

private:
    static constexpr quint16 InBlock = 0xFFFF;

    struct Block
    {
        char *data = nullptr;
        qsizetype size = 0;
    };

    [[nodiscard]] Block block() const
    {
        Block result;
        std::memcpy(&result, m_bytes.data(), sizeof result);
        return result;
    }

    std::array<char, MostInPlace> m_bytes{};
    quint16 m_size = 0;
};

} // namespace sluice::limits
