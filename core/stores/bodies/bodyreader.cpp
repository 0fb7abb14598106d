// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/bodies/bodyreader.h"

#include "core/stores/bodies/bodyschema.h"

#include <QFileInfo>

namespace sluice::stores {

using insight::RecordedBodies;
using sqlite::Database;
using sqlite::Statement;

namespace {

constexpr std::chrono::milliseconds BusyTimeout{2'000};

RecordedBodies read(const Statement &row)
{
    RecordedBodies bodies;
    bodies.requestId = row.text(0).toByteArray();
    bodies.at = std::chrono::milliseconds(row.number(1));
    bodies.key = row.text(2).toByteArray();
    bodies.user = row.text(3).toByteArray();
    bodies.request = {row.text(4).toByteArray(), row.blob(5).toByteArray(), row.number(6)};
    if (!row.isNull(8))
        bodies.answer = {row.text(7).toByteArray(), row.blob(8).toByteArray(), row.number(9)};
    return bodies;
}

} // namespace

Result<std::optional<RecordedBodies>> readBodies(const QString &path, const QByteArray &requestId)
{
    std::optional<RecordedBodies> found;
    if (!QFileInfo::exists(path))
        return found;
    Database::Options options;
    options.access = Database::Access::ReadOnly;
    options.busyTimeout = BusyTimeout;
    auto database = Database::open(path, options);
    if (!database)
        return database.error();
    const auto version = bodyschema::version(*database);
    if (!version)
        return version.error();
    if (*version == 0) // it is being made
        return found;
    auto select = database->prepare(
        "SELECT request_id, time_ms, key, user, request_type, request, request_bytes, "
        "answer_type, answer, answer_bytes FROM bodies WHERE request_id = ?");
    if (!select)
        return select.error();
    select->bindText(1, requestId);
    const auto row = select->step();
    if (!row)
        return row.error();
    if (*row)
        found = read(*select);
    return found;
}

} // namespace sluice::stores
