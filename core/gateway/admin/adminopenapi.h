// SPDX-License-Identifier: GPL-3.0-or-later
// GET /-/api/v1/openapi.json: the admin API described to programs, made of the table that requests
// are read by. Pure; any thread.
#pragma once

#include <QJsonObject>

namespace sluice::gateway {

/// An OpenAPI 3.0 document.
QJsonObject adminOpenApi();

} // namespace sluice::gateway
