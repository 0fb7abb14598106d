// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the text format of Prometheus, version 0.0.4, and forgives nothing: neither what the format
// forbids nor what its conventions advise against. Pure.
#pragma once

#include "core/base/result.h"

#include <QByteArray>

#include <map>

namespace sluice::test {

/// The values of all samples, by name and labels as they are written: `a_total{b="c"}`.
using Metrics = std::map<QByteArray, double>;

/// An error names the line and what is wrong with it.
Result<Metrics> parseMetrics(const QByteArray &text);

} // namespace sluice::test
