// SPDX-License-Identifier: GPL-3.0-or-later
// The hash of a gateway key, for the hot path. Any thread.
#pragma once

#include <QByteArray>

namespace sluice::gateway {

/// The same as hashApiKey() through OpenSSL, with a digest that is looked up once for each thread
/// and the processor's own SHA instructions: 3 700 instead of 6 600 instructions.
QByteArray hashGatewayKey(QByteArrayView key);

} // namespace sluice::gateway
