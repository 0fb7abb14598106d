// SPDX-License-Identifier: GPL-3.0-or-later
// Raises and blocks as JSON: in the data directory, and as entries of the audit. Pure but for
// read() and write(); main thread.
#pragma once

#include "core/base/result.h"
#include "core/limits/operations.h"

#include <QJsonObject>

#include <optional>

namespace sluice::session::operationsfile {

/// A file that is not there holds nothing. One that is broken is an error that names it; it is left
/// as it is.
Result<limits::Operations> read(const QString &path);

/// Replaces the file as a whole; only its owner may read it.
Result<void> write(const QString &path, const limits::Operations &operations);

/// The segment that config::segmentName() calls so; nothing for "shared" and what is none.
std::optional<limits::Segment> segmentOf(const QString &name);

/// What the audit says of an operation.
QJsonObject entry(const QString &operation, const QByteArray &limit, const QByteArray &value);
QJsonObject entry(const limits::Raise &raise, const QString &operation);
QJsonObject entry(const limits::Block &block, const QString &operation);

} // namespace sluice::session::operationsfile
