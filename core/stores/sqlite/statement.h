// SPDX-License-Identifier: GPL-3.0-or-later
// A statement that is prepared once and run often. On the thread of its connection, which may be
// closed before it: the file goes with the last of them.
#pragma once

#include "core/base/result.h"

#include <QByteArrayView>
#include <QVariant>

#include <memory>
#include <optional>

struct sqlite3_stmt;

namespace sluice::stores::sqlite {

class Statement final
{
public:
    /// Who keeps a bound text alive.
    enum class Lifetime : quint8 {
        Copied, ///< SQLite
        Static, ///< the caller, until the place is bound anew or the statement is gone
    };

    /// Empty: nothing but isValid() may be asked.
    Statement() = default;

    /// Takes a prepared statement over.
    explicit Statement(sqlite3_stmt *prepared);

    [[nodiscard]] bool isValid() const { return m_handle != nullptr; }

    // Places count from 1. A value that cannot be bound is told by the next step() or run(). What
    // was bound stays bound over reset().

    void bind(int place, qint64 value);
    void bind(int place, const std::optional<qint64> &value); ///< absent: NULL
    void bindText(int place, QByteArrayView utf8, Lifetime lifetime = Lifetime::Copied);
    void bindBlob(int place, QByteArrayView bytes, Lifetime lifetime = Lifetime::Copied);
    void bindNull(int place);

    /// A number as such, everything else as text.
    void bindValue(int place, const QVariant &value);

    /// True: there is a row, its columns can be read until the next call; false: the end. Errors as
    /// of errorOf(); after one and after the end the statement begins anew.
    [[nodiscard]] Result<bool> step();

    /// Calls `read` at each row, to the end, and begins anew.
    template <typename Read> Result<void> eachRow(Read &&read)
    {
        for (;;) {
            const auto row = step();
            if (!row)
                return row.error();
            if (!*row)
                return {};
            read();
        }
    }

    /// Steps to the end, and begins anew.
    Result<void> run();

    void reset();

    [[nodiscard]] int columns() const;
    [[nodiscard]] QString columnName(int column) const;

    // Of the row that step() has come to; columns count from 0.

    [[nodiscard]] bool isNull(int column) const;
    [[nodiscard]] qint64 number(int column) const;
    [[nodiscard]] QByteArrayView text(int column) const; ///< UTF-8; valid until the next step
    [[nodiscard]] QByteArrayView blob(int column) const; ///< valid until the next step
    [[nodiscard]] QVariant value(int column) const; ///< null, qint64, double, QString, QByteArray

private:
    struct Finalizer
    {
        void operator()(sqlite3_stmt *handle) const;
    };

    void note(int code);

    std::unique_ptr<sqlite3_stmt, Finalizer> m_handle;
    int m_bindError = 0; ///< of SQLite; 0: none since the last step
};

} // namespace sluice::stores::sqlite
