// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/policylimit.h"

namespace sluice::limits {

LimitPtr policyLimit(const config::Policy &policy, const config::PolicyHeader &header)
{
    const bool isBucket = header.algorithm == config::PolicyHeader::Algorithm::TokenBucket;
    auto limit = std::make_shared<Limit>();
    limit->scope = LimitScope::Header;
    limit->segment = policy.segment;
    limit->algorithm = isBucket ? Algorithm::Gcra : Algorithm::SlidingWindow;
    limit->unit = policy.unit;
    limit->quota = policy.quota;
    limit->period = policy.window;
    limit->onMissing = header.shareMissingSegment ? MissingSegment::Share : MissingSegment::Reject;
    limit->onStoreFailure = config::storeFailureDefault(policy.unit);
    limit->policy = config::canonical(policy);
    limit->name = isBucket ? "policy-header/token-bucket/" : "policy-header/";
    limit->name += limit->policy.mid(limit->policy.indexOf(';') + 1);
    return limit;
}

} // namespace sluice::limits
