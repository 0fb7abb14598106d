// SPDX-License-Identifier: GPL-3.0-or-later
// Texts and numbers in the SQL and the COPY data of PostgreSQL. A text of a stranger comes as it
// is, or without what the server would refuse (zero bytes, no UTF-8). Pure, any thread.
#pragma once

#include <QByteArray>
#include <QString>
#include <optional>

namespace sluice::stores {

/// What PostgreSQL can keep of a text: UTF-8 without zero bytes.
QByteArray storable(QByteArrayView text);

/// The same of JSON, which PostgreSQL does not read if there is a zero byte in it, written as
/// \u0000.
QByteArray storableJson(QByteArrayView json);

/// A literal for SQL with standard_conforming_strings.
QByteArray sqlLiteral(QByteArrayView text);

/// An array of texts or of numbers, as a literal for SQL.
class SqlArray final
{
public:
    void add(QByteArrayView text); ///< storable() is applied
    void add(qint64 number);

    /// With its quotes: '{1,2}'.
    [[nodiscard]] QByteArray literal() const { return m_text + "}'"; }

private:
    void separate();

    QByteArray m_text = "'{";
};

/// Lines for COPY ... FROM STDIN.
class CopyLines final
{
public:
    void add(QByteArrayView text);
    void add(qint64 number);
    void add(const std::optional<qint64> &number);
    void endLine();

    [[nodiscard]] const QByteArray &text() const { return m_text; }

private:
    void separate();

    QByteArray m_text;
    bool m_isInLine = false;
};

} // namespace sluice::stores
