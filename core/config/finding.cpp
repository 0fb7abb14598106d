// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/finding.h"

#include <algorithm>

namespace sluice::config {

bool hasErrors(const Findings &findings)
{
    return std::any_of(findings.cbegin(), findings.cend(),
        [](const Finding &finding) { return finding.severity == Severity::Error; });
}

} // namespace sluice::config
