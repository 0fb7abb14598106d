-- SPDX-License-Identifier: GPL-3.0-or-later
-- The counter step of the engine inside of Redis: the same integer rules (core/limits: gcra,
-- slidingwindow, calendarwindow, and what CounterBook does with holds), by the server's clock, all
-- counters of one request at once. docs/stores.md describes the keys.
--
-- KEYS[1]  the gateways and until when each is taken for alive; KEYS[2..]  the counters (of open:
--          the version of the layout)
-- ARGV[1]  reserve | settle | undo | merge | reset | lease | open
-- ARGV[2]  this gateway; ARGV[3]  its lease in ms
-- ARGV[4]  not after, in us of the server's clock, or empty
-- ARGV[5]  the time in us, for tests; empty: the server's clock
-- ARGV[6..]  what the command takes
-- A decision writes nothing before everything has been read, so one that fails leaves no trace.

local call, floor, fmod, max, min = redis.call, math.floor, math.fmod, math.max, math.min
local sub, format, rep, gmatch = string.sub, string.format, string.rep, string.gmatch
local match, concat = string.match, table.concat

local CELLS = 60
local CREDITS = 64 -- kept without looking which are still of use
local BLOCK = 32 -- of so many numbers the sum of the credits is kept as well
local GONE = -1000000000000000 -- a cell of long ago
local HOLD_MS = 86400000 -- holds keep their counter for a day after its last charge
local MERGED_MS = 604800000 -- a week: what was merged is not merged again by who got no answer
local GRACE_MS = 3600000 -- calendar counters stay for so long, should clocks disagree
local MOST_MS = 100000000000000

-- Functions are made in each run, which costs more than most of them do: what few commands need is
-- made when it is first asked for.

local makers, made = {}, {}

local function part(name)
    local found = made[name]
    if not found then
        found = makers[name]()
        made[name] = found
    end
    return found
end

-- Lua counts in doubles, so larger numbers are lists of limbs of 7 decimal digits, least first,
-- without leading zeros: {} is 0. Natural numbers only.

local B = 10000000
local ZERO = {}

local function big(digits)
    local n, size = {}, 0
    for last = #digits, 1, -7 do
        size = size + 1
        n[size] = tonumber(sub(digits, last > 6 and last - 6 or 1, last))
    end
    while size > 0 and n[size] == 0 do
        n[size] = nil
        size = size - 1
    end
    return n
end

local function text(n)
    local size = #n
    if size == 0 then
        return '0'
    elseif size == 1 then
        return format('%d', n[1])
    end
    local limbs = {}
    for i = 1, size do
        limbs[i] = n[size + 1 - i]
    end
    return format('%d' .. rep('%07d', size - 1), unpack(limbs))
end

-- As a double, for what need not be exact.
local function about(n)
    local value = 0
    for i = #n, 1, -1 do
        value = value * B + n[i]
    end
    return value
end

local function trim(n)
    local size = #n
    while size > 0 and n[size] == 0 do
        n[size] = nil
        size = size - 1
    end
    return n
end

local function compare(a, b)
    local size = #a
    if size ~= #b then
        return size - #b
    end
    for i = size, 1, -1 do
        if a[i] ~= b[i] then
            return a[i] - b[i]
        end
    end
    return 0
end

local function add(a, b)
    local n, carry = {}, 0
    for i = 1, max(#a, #b) do
        local limb = (a[i] or 0) + (b[i] or 0) + carry
        if limb >= B then
            n[i], carry = limb - B, 1
        else
            n[i], carry = limb, 0
        end
    end
    if carry > 0 then
        n[#n + 1] = carry
    end
    return n
end

-- a - b, or 0 if that is less.
local function minus(a, b)
    if compare(a, b) <= 0 then
        return ZERO
    end
    local n, borrow = {}, 0
    for i = 1, #a do
        local limb = a[i] - (b[i] or 0) - borrow
        if limb < 0 then
            n[i], borrow = limb + B, 1
        else
            n[i], borrow = limb, 0
        end
    end
    return trim(n)
end

local function times(a, b)
    local n, wide = {}, #b
    for i = 1, #a + wide do
        n[i] = 0
    end
    for i = 1, #a do
        local factor, carry = a[i], 0
        for j = 1, wide do
            local limb = n[i + j - 1] + factor * b[j] + carry
            carry = floor(limb / B)
            n[i + j - 1] = limb - carry * B
        end
        n[i + wide] = carry
    end
    return trim(n)
end

-- n, or the largest number of 128 bits.
local function clamp128(n)
    if #n < 6 then
        return n
    end
    local most = big('170141183460469231731687303715884105727')
    return compare(n, most) > 0 and most or n
end

-- n, or the largest number of 64 bits.
local function clamp64(n)
    if #n < 3 then
        return n
    end
    local most = big('9223372036854775807')
    return compare(n, most) > 0 and most or n
end
