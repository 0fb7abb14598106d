// SPDX-License-Identifier: GPL-3.0-or-later
// The commented configuration file that a first run writes. Pure, any thread.
#pragma once

#include <QByteArray>

namespace sluice::config {

/// The text of resources/ai-gateway-config.yaml: no limits, authentication off, ready to edit.
QByteArray starterTemplate();

} // namespace sluice::config
