// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/sqlite/brokenfile.h"

#include "core/base/logging.h"

#include <QDateTime>
#include <QFile>

namespace sluice::stores::sqlite {

using namespace Qt::StringLiterals;

Result<QString> putAside(const QString &path, std::chrono::milliseconds now)
{
    const QString aside = path + u".broken-"_s
        + QDateTime::fromMSecsSinceEpoch(now.count(), Qt::UTC).toString(u"yyyyMMdd-HHmmss-zzz"_s);
    if (!QFile::rename(path, aside))
        return Error{ErrorCode::Io, u"%1 cannot be renamed to %2"_s.arg(path, aside), {}};
    // What belongs to the old file must not be taken for the new one's.
    QFile::rename(path + u"-wal"_s, aside + u"-wal"_s);
    QFile::remove(path + u"-shm"_s);
    return aside;
}

Error putAsideIfBroken(
    const Error &failure, const QString &path, std::chrono::milliseconds now, const char *instead)
{
    if (failure.code != ErrorCode::Invalid)
        return failure;
    const auto aside = putAside(path, now);
    if (!aside)
        return {ErrorCode::Io, failure.message + u"; "_s + aside.error().message, {}};
    qCWarning(lcLedger, "%ls; it is kept as %ls, and %s begins", qUtf16Printable(failure.message),
        qUtf16Printable(*aside), instead);
    return failure;
}

} // namespace sluice::stores::sqlite
