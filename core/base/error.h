// SPDX-License-Identifier: GPL-3.0-or-later
// The one error type of the core. Values, no exceptions, any thread.
#pragma once

#include <QString>

namespace sluice {

/// What kind of thing went wrong; callers branch on this, people read the message.
enum class ErrorCode : quint8 {
    Invalid, ///< input that cannot be what it claims to be
    NotFound,
    Refused, ///< understood, and not allowed
    Conflict, ///< the thing changed since it was read
    Unsupported, ///< known, and not in this version
    Io, ///< the operating system said no
    Busy, ///< an address or file is in use
    Timeout,
    Cancelled,
};

/// A failure with one clear sentence. No secret ever enters message or detail.
struct Error
{
    ErrorCode code = ErrorCode::Invalid;
    QString message; ///< one sentence: what, where, what to do
    QString detail; ///< optional, for the log

    friend bool operator==(const Error &, const Error &) = default;
};

} // namespace sluice
