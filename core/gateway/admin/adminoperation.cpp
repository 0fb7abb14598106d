// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/admin/adminoperation.h"

#include <array>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

// --- what is sent --------------------------------------------------------------------------------

constexpr auto MostRows = 100'000;

constexpr std::array ListLimitsQuery{
    AdminParameter{"limit"_L1, AdminType::Text, false, "only the counters of this limit"_L1},
    AdminParameter{"max"_L1, AdminType::Number, false,
        "so many counters at most, the tightest; default 10000"_L1, MostRows},
};

constexpr std::array ListCountersQuery{
    AdminParameter{"max"_L1, AdminType::Number, false,
        "so many counters at most, the tightest; default 10000"_L1, MostRows},
};

constexpr std::array ResetBody{
    AdminParameter{"value"_L1, AdminType::Text, false,
        "whose counter: a key, user, team, team/member or property value, empty for the shared "
        "one; without it all counters of the limit"_L1},
};

constexpr std::array RaiseBody{
    AdminParameter{"limit"_L1, AdminType::Text, true, "the limit's name"_L1},
    AdminParameter{
        "value"_L1, AdminType::Text, false, "whose counter; absent or empty for a shared limit"_L1},
    AdminParameter{"amount"_L1, AdminType::Amount, true,
        "so much more at once, in the limit's unit: \"500\", or cents like \"2.50\""_L1},
    AdminParameter{"for"_L1, AdminType::Duration, true, "how long: \"2h\""_L1},
};

constexpr std::array BlockBody{
    AdminParameter{"segment"_L1, AdminType::Text, true,
        "api-key, end-user, team, team-member or property:NAME"_L1},
    AdminParameter{"value"_L1, AdminType::Text, true, "who; of a member team/member"_L1},
    AdminParameter{
        "for"_L1, AdminType::Duration, false, "how long; without it until it is lifted"_L1},
};

constexpr std::array UsageQuery{
    AdminParameter{"by"_L1, AdminType::Text, false,
        "key, owner, team, user, provider, model, router, status, property:NAME; several with "
        "commas"_L1},
    AdminParameter{"where"_L1, AdminType::Texts, false,
        "FIELD=VALUE; of one field any, of different fields all must hold"_L1},
    AdminParameter{"since"_L1, AdminType::Text, false,
        "how long ago (24h), or an ISO 8601 time, in UTC unless it names a zone"_L1},
    AdminParameter{"until"_L1, AdminType::Text, false, "the same; not included"_L1},
};

constexpr std::array SqlBody{
    AdminParameter{"sql"_L1, AdminType::Text, true,
        "one statement that reads: SELECT, WITH, VALUES or EXPLAIN; 30 s at most"_L1},
    AdminParameter{"max"_L1, AdminType::Number, false, "rows at most; default 10000"_L1, MostRows},
};

constexpr std::array ForgetBody{
    AdminParameter{"user"_L1, AdminType::Text, false, "an end user; either this or a key"_L1},
    AdminParameter{"key"_L1, AdminType::Text, false, "the name of an API key"_L1},
};

// --- what is answered ----------------------------------------------------------------------------

constexpr std::array CounterFields{
    AdminField{"limit"_L1, "string"_L1, "name; of a policy header its text"_L1},
    AdminField{"scope"_L1, "string"_L1, "global, unified-api, router:NAME or policy-header"_L1},
    AdminField{"segment"_L1, "string"_L1,
        "shared, api-key, end-user, team, team-member or property:NAME"_L1},
    AdminField{"value"_L1, "string"_L1, "whose counter"_L1},
    AdminField{"unit"_L1, "string"_L1,
        "request, token, input-token, output-token, micro-cent or concurrent-request"_L1},
    AdminField{"quota"_L1, "integer"_L1, "raises included"_L1},
    AdminField{"used"_L1, "integer"_L1, "settled"_L1},
    AdminField{"reserved"_L1, "integer"_L1, "by open requests"_L1},
    AdminField{"remaining"_L1, "integer"_L1, "never negative"_L1},
    AdminField{"resets_at"_L1, "string?"_L1,
        "when nothing is used any more (RFC 3339); null: nothing is, or nobody can tell"_L1},
    AdminField{"mode"_L1, "string"_L1, "enforce or shadow"_L1},
    AdminField{"store"_L1, "string"_L1, "where it is counted"_L1},
    AdminField{"source"_L1, "string"_L1, "file and line, or policy header"_L1},
    AdminField{"api_key"_L1, "string?"_L1, "the key that a policy counts apart"_L1},
};

constexpr std::array ResetFields{
    AdminField{"limit"_L1, "string"_L1, "name"_L1},
    AdminField{"value"_L1, "string?"_L1, "as asked for"_L1},
    AdminField{"is_reset"_L1, "boolean"_L1, "false: nothing had been counted"_L1},
};

constexpr std::array RaiseFields{
    AdminField{"id"_L1, "string"_L1, "to end it by"_L1},
    AdminField{"limit"_L1, "string"_L1, "name"_L1},
    AdminField{"value"_L1, "string"_L1, "whose counter"_L1},
    AdminField{"unit"_L1, "string?"_L1, "as of a counter; null if the limit is gone"_L1},
    AdminField{"amount"_L1, "integer"_L1, "in that unit; in millionths of one without a unit"_L1},
    AdminField{"until"_L1, "string"_L1, "RFC 3339"_L1},
};

constexpr std::array BlockFields{
    AdminField{"id"_L1, "string"_L1, "to lift it by"_L1},
    AdminField{"segment"_L1, "string"_L1, "as of a counter"_L1},
    AdminField{"value"_L1, "string"_L1, "who"_L1},
    AdminField{"until"_L1, "string?"_L1, "RFC 3339; null: until it is lifted"_L1},
};

constexpr std::array UsageFields{
    AdminField{"rows"_L1, "array"_L1, "as sluicectl usage prints them"_L1},
    AdminField{"is_cut"_L1, "boolean"_L1, "there were more rows"_L1},
    AdminField{
        "lost_requests"_L1, "integer"_L1, "of that time, that came too fast to be recorded"_L1},
};

constexpr std::array SqlFields{
    AdminField{"columns"_L1, "array"_L1, "names, in the statement's order"_L1},
    AdminField{"rows"_L1, "array"_L1, "objects"_L1},
    AdminField{"is_cut"_L1, "boolean"_L1, "there were more rows"_L1},
};

constexpr std::array ForgottenFields{
    AdminField{"removed_requests"_L1, "integer"_L1, "rows that are gone"_L1},
    AdminField{"anonymous_sums"_L1, "integer"_L1, "sums that have lost the name"_L1},
    AdminField{"is_wiped"_L1, "boolean"_L1,
        "false: somebody reads the ledger, whose log has the old text for a while"_L1},
};

constexpr AdminShape Counter{"Counter"_L1, CounterFields};
constexpr AdminShape Reset{"Reset"_L1, ResetFields};
constexpr AdminShape Raise{"Raise"_L1, RaiseFields};
constexpr AdminShape Block{"Block"_L1, BlockFields};
constexpr AdminShape Usage{"Usage"_L1, UsageFields};
constexpr AdminShape SqlAnswer{"SqlAnswer"_L1, SqlFields};

constexpr AdminShape Forgotten{"Forgotten"_L1, ForgottenFields};

constexpr std::array Operations{
    AdminOperation{AdminCall::ListLimits, "GET", "limits"_L1,
        "the live counters of all limits, the tightest first"_L1, ListLimitsQuery, &Counter, true},
    AdminOperation{AdminCall::ListCounters, "GET", "limits/{name}/counters"_L1,
        "the live counters of one limit, the tightest first"_L1, ListCountersQuery, &Counter, true},
    AdminOperation{AdminCall::ResetCounters, "POST", "limits/{name}/reset"_L1,
        "empties one counter of a limit, or all of them"_L1, ResetBody, &Reset, false},
    AdminOperation{
        AdminCall::ListRaises, "GET", "raises"_L1, "the raises in force"_L1, {}, &Raise, true},
    AdminOperation{AdminCall::Raise, "POST", "raises"_L1,
        "raises a limit for a while; replaces the raise of the same counter"_L1, RaiseBody, &Raise,
        false},
    AdminOperation{AdminCall::EndRaise, "DELETE", "raises/{id}"_L1,
        "ends a raise and answers with it"_L1, {}, &Raise, false},
    AdminOperation{
        AdminCall::ListBlocks, "GET", "blocks"_L1, "the blocks in force"_L1, {}, &Block, true},
    AdminOperation{AdminCall::Block, "POST", "blocks"_L1,
        "lets no request of somebody through; replaces the block before"_L1, BlockBody, &Block,
        false},
    AdminOperation{AdminCall::Unblock, "DELETE", "blocks/{id}"_L1,
        "lifts a block and answers with it"_L1, {}, &Block, false},
    AdminOperation{AdminCall::Usage, "GET", "usage"_L1, "sums of the recorded requests"_L1,
        UsageQuery, &Usage, false},
    AdminOperation{AdminCall::Sql, "POST", "sql"_L1, "one statement that reads the ledger"_L1,
        SqlBody, &SqlAnswer, false},
    AdminOperation{AdminCall::Forget, "POST", "forget"_L1,
        "removes what is recorded about one end user or API key; sums stay, without the name"_L1,
        ForgetBody, &Forgotten, false},
    AdminOperation{
        AdminCall::Document, "GET", "openapi.json"_L1, "this document"_L1, {}, nullptr, false},
};

} // namespace

std::span<const AdminOperation> adminOperations()
{
    return Operations;
}

} // namespace sluice::gateway
