// SPDX-License-Identifier: GPL-3.0-or-later
// What a policy header does, in words, before anybody sends it. Pure; any thread. English source
// text, translatable.
#pragma once

#include "core/config/policyheader.h"

#include <QString>

namespace sluice::insight {

/// A header that an answer carries whatever has been used.
struct PolicyAnswerHeader
{
    QByteArray name;
    QByteArray value;
};

/// One policy explained.
struct PolicyText
{
    config::Policy policy;
    QByteArray canonical;
    QString meaning; ///< "Each API key may make 100 requests in any 60 seconds (1m)."
    QString counter; ///< what identifies its counters
    QString source; ///< what a request must bring so that it is counted; empty if only its key
    int sharesCounterWith = 0; ///< the first policy of the header with the same counters, from 1; 0
                               ///< = none
    std::vector<PolicyAnswerHeader> headers;
};

/// Explains the policies of one header in their order.
std::vector<PolicyText> explainPolicies(const std::vector<config::Policy> &policies);

/// "column 5: the window is missing: ...", the header and a caret below that column, on three
/// lines.
QString policyErrorText(const QString &header, const config::PolicyError &error);

} // namespace sluice::insight
