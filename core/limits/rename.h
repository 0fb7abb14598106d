// SPDX-License-Identifier: GPL-3.0-or-later
// A limit that goes on under another name. Values.
#pragma once

#include <QByteArray>

#include <vector>

namespace sluice::limits {

struct Rename
{
    QByteArray from;
    QByteArray to;

    friend bool operator==(const Rename &, const Rename &) = default;
};

using Renames = std::vector<Rename>;

} // namespace sluice::limits
