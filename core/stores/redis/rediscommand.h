// SPDX-License-Identifier: GPL-3.0-or-later
// A command to a Redis server as the bytes of its protocol, written once into one buffer. A value.
#pragma once

#include <QByteArray>

namespace sluice::stores {

class RedisCommand final
{
public:
    RedisCommand() = default;

    template <typename... Words> explicit RedisCommand(const Words &...words)
    {
        (add(QByteArrayView(words)), ...);
    }

    void add(QByteArrayView word)
    {
        ++m_count;
        m_words += '$';
        m_words += QByteArray::number(word.size());
        m_words += "\r\n";
        m_words += word;
        m_words += "\r\n";
    }

    void add(qint64 number) { add(QByteArrayView(QByteArray::number(number))); }

    /// The whole command, behind the words of another one.
    void appendTo(QByteArray &out, const RedisCommand &before) const
    {
        out += '*';
        out += QByteArray::number(before.m_count + m_count);
        out += "\r\n";
        out += before.m_words;
        out += m_words;
    }

private:
    int m_count = 0;
    QByteArray m_words;
};

} // namespace sluice::stores
