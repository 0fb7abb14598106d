// SPDX-License-Identifier: GPL-3.0-or-later
// Handling of gateway keys: only their hash is ever stored. Pure, any thread.
#pragma once

#include <QByteArray>

namespace sluice {

/// Lower-case hex SHA-256 of "Bearer " + key: the form that configuration files hold
/// (reference: Helicone AI Gateway's key list).
QByteArray hashApiKey(QByteArrayView key);

/// Compares without telling by its duration where the texts differ.
bool equalInConstantTime(QByteArrayView a, QByteArrayView b);

/// "sk-...a1b2": enough to recognise a key, too little to use it.
QString maskSecret(QByteArrayView secret);

/// A line of a file for a screen: passwords in URLs as dots, as many as they have letters; what
/// comes from the environment, "${NAME}", stays.
QString maskPasswords(const QString &line);

} // namespace sluice
