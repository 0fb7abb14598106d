// SPDX-License-Identifier: GPL-3.0-or-later
// A ledger's file for tests of what reads one, written as a gateway writes it.
#pragma once

#include "core/insight/activity.h"
#include "core/insight/recordedbodies.h"

namespace sluice::test {

class LiveFixture;

/// Adds the requests to the ledger of a data directory; they are on the disk afterwards.
void writeLedger(const QString &folder, const std::vector<insight::RequestRecord> &records);

/// The same for everything that a feed lists and that has ended.
void writeLedger(const QString &folder, const LiveFixture &live);

/// Adds bodies to those that are recorded in a data directory.
void writeBodies(const QString &folder, const std::vector<insight::RecordedBodies> &bodies);

/// Days before what a feed lists, made of the same requests: more by day, fewer by night.
std::vector<insight::RequestRecord> earlierDays(const LiveFixture &live, int days);

} // namespace sluice::test
