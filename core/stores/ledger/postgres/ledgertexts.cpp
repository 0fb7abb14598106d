// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/postgres/ledgertexts.h"

#include <QString>

#include <optional>

namespace sluice::stores {

QByteArray storable(QByteArrayView text)
{
    QByteArray bytes = text.isValidUtf8() ? text.toByteArray() : QString::fromUtf8(text).toUtf8();
    if (bytes.contains('\0'))
        bytes.replace('\0', "");
    return bytes;
}

QByteArray storableJson(QByteArrayView json)
{
    constexpr QByteArrayView zero = "\\u0000";
    if (!json.contains(zero))
        return json.toByteArray();
    QByteArray kept;
    for (qsizetype i = 0; i < json.size(); ++i) {
        if (json.sliced(i).startsWith(zero)) {
            i += zero.size() - 1;
            continue;
        }
        kept += json[i];
        if (json[i] == '\\' && i + 1 < json.size())
            kept += json[++i]; // what is escaped, a backslash too
    }
    return kept;
}

QByteArray sqlLiteral(QByteArrayView text)
{
    return '\'' + storable(text).replace("'", "''") + '\'';
}

void SqlArray::separate()
{
    if (m_text.size() > 2)
        m_text += ',';
}

void SqlArray::add(QByteArrayView text)
{
    separate();
    m_text += '"';
    const QByteArray bytes = storable(text);
    for (const char c : bytes) {
        if (c == '"' || c == '\\')
            m_text += '\\';
        m_text += c;
        if (c == '\'')
            m_text += c;
    }
    m_text += '"';
}

void SqlArray::add(qint64 number)
{
    separate();
    m_text += QByteArray::number(number);
}

void CopyLines::separate()
{
    if (m_isInLine)
        m_text += '\t';
    m_isInLine = true;
}

void CopyLines::add(QByteArrayView text)
{
    separate();
    const auto append = [this](QByteArrayView bytes) {
        for (const char c : bytes) {
            switch (c) {
            case '\0':
                break; // PostgreSQL has no such texts
            case '\\':
                m_text += "\\\\";
                break;
            case '\t':
                m_text += "\\t";
                break;
            case '\n':
                m_text += "\\n";
                break;
            case '\r':
                m_text += "\\r";
                break;
            default:
                m_text += c;
            }
        }
    };
    if (text.isValidUtf8())
        append(text);
    else
        append(storable(text));
}

void CopyLines::add(qint64 number)
{
    separate();
    m_text += QByteArray::number(number);
}

void CopyLines::add(const std::optional<qint64> &number)
{
    if (number)
        return add(*number);
    separate();
    m_text += "\\N";
}

void CopyLines::endLine()
{
    m_text += '\n';
    m_isInLine = false;
}

} // namespace sluice::stores
