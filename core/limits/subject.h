// SPDX-License-Identifier: GPL-3.0-or-later
// Who a request is for and where it entered: all that limits look at. A value; byte arrays are
// implicitly shared, so copies are cheap.
#pragma once

#include "core/config/policyheader.h"

#include <QByteArray>

namespace sluice::limits {

using config::Policy;

enum class Entry : quint8 { Direct, Unified, Router };

struct Property
{
    QByteArray name; ///< lower case
    QByteArray value;

    friend bool operator==(const Property &, const Property &) = default;
};

/// Where a request may end up.
struct Candidate
{
    QByteArray provider;
    QByteArray model; ///< as that provider is asked for it

    friend bool operator==(const Candidate &, const Candidate &) = default;
};

struct Subject
{
    QByteArray apiKey; ///< the key's name; "anonymous" with authentication off
    QByteArray member;
    QByteArray team;
    QByteArray endUser; ///< empty = none given
    std::vector<Property> properties;
    Entry entry = Entry::Direct;
    QByteArray router; ///< for Entry::Router
    std::vector<Policy> policies; ///< from the request's policy header
    QByteArray model; ///< as asked
    std::vector<Candidate> candidates; ///< empty if no limit asks for them

    friend bool operator==(const Subject &, const Subject &) = default;
};

} // namespace sluice::limits
