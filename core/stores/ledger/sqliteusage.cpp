// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/sqliteusage.h"

namespace sluice::stores::sqlite {

using namespace Qt::StringLiterals;

namespace {

class Row final : public UsageRow
{
public:
    explicit Row(const Statement &statement) : m_statement(statement) { }

    [[nodiscard]] qint64 number(int column) const override { return m_statement.number(column); }

    [[nodiscard]] QByteArrayView text(int column) const override
    {
        return m_statement.text(column);
    }

private:
    const Statement &m_statement;
};

} // namespace

Result<void> SqliteUsage::begin()
{
    return m_database.execute("BEGIN");
}

Result<void> SqliteUsage::end()
{
    return m_database.execute("ROLLBACK"); // nothing was changed
}

Result<void> SqliteUsage::each(const QByteArray &sql, const QStringList &values,
    const std::function<void(const UsageRow &)> &row)
{
    auto rows = m_database.prepare(sql);
    if (!rows)
        return rows.error();
    int place = 0;
    for (const QString &value : values)
        rows->bindText(++place, value.toUtf8());
    const Row seen(*rows);
    return rows->eachRow([&] { row(seen); });
}

Result<qint64> SqliteUsage::summedTo()
{
    return m_database.number("SELECT rolled_up_to FROM rollup_state");
}

QByteArray SqliteUsage::propertyField(const QString &name, QStringList &values) const
{
    values.append(u"$.\"%1\""_s.arg(name));
    return "coalesce(json_extract(properties, ?), '')";
}

} // namespace sluice::stores::sqlite
