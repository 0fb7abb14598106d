// SPDX-License-Identifier: GPL-3.0-or-later
// Adds and revokes entries of `api-keys:` in the text of a configuration file. Pure, any thread.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QString>

namespace sluice::config {

/// Appends a key to `api-keys` and returns the new text. hash is hashApiKey() of the key; owner and
/// team may be empty. Conflict if the name is taken, Invalid for an empty name or a malformed hash,
/// otherwise as yamlpatch.
Result<QByteArray> addApiKey(const QByteArray &text, const QString &name, const QByteArray &hash,
    const QString &owner = {}, const QString &team = {});

/// Sets `disabled: true` on every key with this name: the entry stays, so that its history keeps a
/// name. The text is unchanged if it was revoked before. NotFound if there is no such key.
Result<QByteArray> revokeApiKey(const QByteArray &text, const QString &name);

} // namespace sluice::config
