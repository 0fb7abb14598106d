// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/policyheader.h"

#include "core/base/bytehash.h"

#include <algorithm>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr int MaxPolicies = 8;
constexpr int MaxNameLength = 64;
constexpr std::chrono::seconds MinWindow{60};
constexpr std::chrono::seconds MaxWindow{31'536'000};

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isNameCharacter(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

bool isBlank(char c)
{
    return c == ' ' || c == '\t';
}

/// Reads one item after the other; m_error is set at the first thing that is not understood.
class Parser
{
public:
    explicit Parser(QByteArrayView text) : m_text(text) { }

    std::variant<std::vector<Policy>, PolicyError> run();

private:
    bool parseItem(Policy &policy);
    bool parseQuota(Policy &policy);
    bool parseParameter(Policy &policy);
    bool parseWindow(Policy &policy);
    bool parseUnit(Policy &policy);
    bool parseSegment(Policy &policy);
    bool finishItem(const Policy &policy);
    QByteArrayView word();
    bool once(bool &seen, qsizetype at);

    [[nodiscard]] bool atEnd() const { return m_pos >= m_text.size(); }

    [[nodiscard]] bool sees(char c) const { return !atEnd() && m_text[m_pos] == c; }

    void skipBlanks();
    bool fail(qsizetype at, const QString &message);

    QByteArrayView m_text;
    qsizetype m_pos = 0;
    qsizetype m_quotaAt = 0;
    bool m_hasWindow = false;
    bool m_hasUnit = false;
    bool m_hasSegment = false;
    PolicyError m_error;
};

std::variant<std::vector<Policy>, PolicyError> Parser::run()
{
    std::vector<Policy> policies;
    skipBlanks();
    if (atEnd())
        return policies;
    while (true) {
        skipBlanks();
        if (policies.size() == MaxPolicies) {
            fail(m_pos, u"a request may carry at most %1 policies"_s.arg(MaxPolicies));
            return m_error;
        }
        Policy policy;
        if (!parseItem(policy))
            return m_error;
        policies.push_back(policy);
        if (atEnd())
            return policies;
        ++m_pos; // the comma that parseItem() stopped at
    }
}

bool Parser::parseItem(Policy &policy)
{
    m_hasWindow = m_hasUnit = m_hasSegment = false;
    if (!parseQuota(policy))
        return false;
    skipBlanks();
    while (sees(';')) {
        ++m_pos;
        skipBlanks();
        if (!parseParameter(policy))
            return false;
        skipBlanks();
    }
    if (!atEnd() && !sees(','))
        return fail(m_pos, u"expected \";\" or the end of the policy"_s);
    return finishItem(policy);
}

bool Parser::parseQuota(Policy &policy)
{
    m_quotaAt = m_pos;
    while (!atEnd() && isDigit(m_text[m_pos]))
        ++m_pos;
    if (m_pos == m_quotaAt)
        return fail(m_pos, u"a policy starts with its quota, a positive decimal number"_s);
    if (sees('.')) {
        const qsizetype fraction = ++m_pos;
        while (!atEnd() && isDigit(m_text[m_pos]))
            ++m_pos;
        if (m_pos == fraction)
            return fail(m_pos, u"expected digits after the decimal point"_s);
    }
    const auto amount = parseAmount(m_text.sliced(m_quotaAt, m_pos - m_quotaAt));
    if (!amount)
        return fail(m_quotaAt, u"the quota is too large or has more than six decimals"_s);
    if (*amount <= 0)
        return fail(m_quotaAt, u"the quota must be greater than zero"_s);
    policy.quota = *amount;
    return true;
}

bool Parser::parseParameter(Policy &policy)
{
    const qsizetype at = m_pos;
    const QByteArrayView name = word();
    const bool isKnown = name == "w" || name == "u" || name == "s";
    if (!isKnown)
        return fail(at, u"expected one of w=, u= and s="_s);
    if (!sees('='))
        return fail(m_pos, u"expected \"=\""_s);
    ++m_pos;
    if (name == "w")
        return once(m_hasWindow, at) && parseWindow(policy);
    if (name == "u")
        return once(m_hasUnit, at) && parseUnit(policy);
    return once(m_hasSegment, at) && parseSegment(policy);
}

bool Parser::parseWindow(Policy &policy)
{
    const qsizetype at = m_pos;
    std::chrono::seconds window{0};
    for (; !atEnd() && isDigit(m_text[m_pos]); ++m_pos) {
        // Past the maximum the value no longer matters, only that it cannot overflow.
        if (window <= MaxWindow)
            window = window * 10 + std::chrono::seconds(m_text[m_pos] - '0');
    }
    if (m_pos == at)
        return fail(at, u"the window w is a whole number of seconds"_s);
    if (window < MinWindow || window > MaxWindow)
        return fail(at, u"the window w must be from 60 to 31536000 seconds"_s);
    policy.window = window;
    return true;
}

bool Parser::parseUnit(Policy &policy)
{
    const qsizetype at = m_pos;
    const QByteArray unit = word().toByteArray().toLower();
    if (unit == "request" || unit == "requests")
        policy.unit = Unit::Request;
    else if (unit == "token" || unit == "tokens")
        policy.unit = Unit::Token;
    else if (unit == "cent" || unit == "cents" || unit == "cost" || unit == "costs")
        policy.unit = Unit::Cents;
    else
        return fail(at, u"the unit u must be request, tokens or cents"_s);
    return true;
}

bool Parser::parseSegment(Policy &policy)
{
    const qsizetype at = m_pos;
    const QByteArray name = word().toByteArray().toLower();
    if (name.isEmpty())
        return fail(at, u"the segment s must be global, user or the name of a property"_s);
    if (name.size() > MaxNameLength)
        return fail(at, u"the name of a property has at most %1 characters"_s.arg(MaxNameLength));
    if (name == "global")
        policy.segment = {SegmentKind::ApiKey, {}};
    else if (name == "user")
        policy.segment = {SegmentKind::EndUser, {}};
    else
        policy.segment = {SegmentKind::Property, name};
    return true;
}

bool Parser::finishItem(const Policy &policy)
{
    if (!m_hasWindow)
        return fail(m_pos, u"the window is missing: add ;w= and the seconds"_s);
    if (policy.unit != Unit::Cents && policy.quota % MicroPerUnit != 0)
        return fail(m_quotaAt, u"only a quota in cents may have a fraction"_s);
    return true;
}

QByteArrayView Parser::word()
{
    const qsizetype at = m_pos;
    while (!atEnd() && isNameCharacter(m_text[m_pos]))
        ++m_pos;
    return m_text.sliced(at, m_pos - at);
}

bool Parser::once(bool &seen, qsizetype at)
{
    if (seen)
        return fail(at, u"each parameter may be given only once"_s);
    seen = true;
    return true;
}

void Parser::skipBlanks()
{
    while (!atEnd() && isBlank(m_text[m_pos]))
        ++m_pos;
}

bool Parser::fail(qsizetype at, const QString &message)
{
    // Columns count characters, so the continuation bytes of UTF-8 do not.
    const auto characters = std::count_if(m_text.begin(), m_text.begin() + at,
        [](char c) { return (static_cast<uchar>(c) & 0xC0U) != 0x80U; });
    m_error = {static_cast<int>(characters) + 1, message};
    return false;
}

QByteArray segmentText(const Segment &segment)
{
    switch (segment.kind) {
    case SegmentKind::EndUser:
        return "user"_ba;
    case SegmentKind::Property:
        return segment.property;
    default:
        return {};
    }
}

} // namespace

size_t qHash(const Policy &policy, size_t seed)
{
    return qHashMulti(seed, policy.quota, static_cast<qint64>(policy.window.count()),
        static_cast<int>(policy.unit), static_cast<int>(policy.segment.kind),
        ByteHasher()(policy.segment.property));
}

std::variant<std::vector<Policy>, PolicyError> parsePolicies(QByteArrayView text)
{
    return Parser(text).run();
}

QByteArray canonical(const Policy &policy)
{
    QByteArray text = formatAmount(policy.quota);
    text += ";w=";
    text += QByteArray::number(static_cast<qint64>(policy.window.count()));
    if (policy.unit == Unit::Cents)
        text += ";u=cents";
    else if (policy.unit != Unit::Request)
        text += ";u=tokens";
    const QByteArray segment = segmentText(policy.segment);
    if (!segment.isEmpty())
        text += ";s=" + segment;
    return text;
}

} // namespace sluice::config
