// SPDX-License-Identifier: GPL-3.0-or-later
// Request ids and random texts. Any thread (each has its own generator).
#pragma once

#include <QByteArray>

namespace sluice {

/// A random UUID (RFC 4122 version 4) in its 36-character lower-case form, for `helicone-id`.
QByteArray makeRequestId();

/// A fresh gateway key: "sk-sluice-" and 40 characters [a-z0-9] from the system's secure source.
QByteArray makeApiKey();

/// So many random bits (a multiple of 32) from the system's secure source, in lower-case
/// hexadecimal.
QByteArray makeSecret(int bits);

} // namespace sluice
