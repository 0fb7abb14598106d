// SPDX-License-Identifier: GPL-3.0-or-later
// Streams through sluicectl serve, with metering and without, and what they cost the gateway.
#pragma once

#include <QByteArray>

namespace sluice::bench {

/// Relays `streams` streams of an event in each of `rounds` pairs, once to a path that is metered
/// and once to one that is not, and prints the gateway's processor time. 0 if metering adds at most
/// a tenth in the median of the pairs, else 1. Needs an event loop's thread.
int compareStreams(const QByteArray &event, int rounds, int streams);

} // namespace sluice::bench
