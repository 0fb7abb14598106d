// SPDX-License-Identifier: GPL-3.0-or-later
// A policy header is understood and has one canonical form, or there is an error at a place in it.
#include "core/config/policyheader.h"
#include "tests/fuzz/fuzzinput.h"

#include <algorithm>

using namespace sluice::config;
using namespace sluice::test;

namespace {

void checkPolicy(const Policy &policy)
{
    promise(policy.quota > 0, "a quota is more than nothing");
    promise(policy.window.count() >= 60 && policy.window.count() <= 31'536'000,
        "a window is a minute to a year");
    const QByteArray &property = policy.segment.property;
    const bool isProperty = policy.segment.kind == SegmentKind::Property;
    promise(isProperty != property.isEmpty(), "only a property has a name");
    promise(property.size() <= 64 && property == property.toLower(), "names are short and lower");
}

void checkPolicies(const std::vector<Policy> &policies)
{
    promise(policies.size() <= 8, "there are at most eight policies");
    QByteArrayList texts;
    for (const Policy &policy : policies) {
        checkPolicy(policy);
        texts.append(canonical(policy));
    }
    const auto again = parsePolicies(texts.join(','));
    promise(again.index() == 0 && std::get<0>(again) == policies, "canonical forms mean the same");
    for (qsizetype i = 0; i < texts.size(); ++i) {
        promise(canonical(std::get<0>(again)[static_cast<size_t>(i)]) == texts[i],
            "a canonical form is its own");
        promise(qHash(std::get<0>(again)[static_cast<size_t>(i)])
                == qHash(policies[static_cast<size_t>(i)]),
            "equal policies have equal hashes");
    }
}

void checkError(QByteArrayView text, const PolicyError &error)
{
    const auto characters = std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<uchar>(c) & 0xC0U) != 0x80U; });
    promise(!error.message.isEmpty(), "an error says what is wrong");
    promise(error.column >= 1 && error.column <= characters + 1, "an error is in the text");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArrayView text = bytesOf(data, size);
    const auto parsed = parsePolicies(text);
    if (const auto *policies = std::get_if<0>(&parsed))
        checkPolicies(*policies);
    else
        checkError(text, std::get<1>(parsed));
    return 0;
}
