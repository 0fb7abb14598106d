-- SPDX-License-Identifier: GPL-3.0-or-later
-- The time.

local us
if ARGV[5] ~= '' then
    us = tonumber(ARGV[5])
else
    local now = call('TIME')
    us = now[1] * 1000000 + now[2]
end
local ms = floor(us / 1000)
if ARGV[4] ~= '' and us > tonumber(ARGV[4]) then
    return {us, 'late'}
end

local ns -- the same as a number of limbs
do
    local low = fmod(us, 10000)
    local high = fmod(us, 100000000000)
    ns = trim({low * 1000, (high - low) / 10000, (us - high) / 100000000000})
end

-- Now in 1/quota ns.
local tickCache = {}
local function ticks(quota)
    local found = tickCache[quota]
    if not found then
        found = times(ns, big(quota))
        tickCache[quota] = found
    end
    return found
end

-- floor(now / (period / 60)).
local cellCache = {}
local function cellNow(period)
    local found = cellCache[period]
    if found then
        return found
    end
    local length = #period <= 15 and tonumber(period) or 1
    if fmod(length, 60000) == 0 then
        length = length / 60000
        found = (us - fmod(us, length)) / length
    else
        found = about((part('division').divide(times(ns, {CELLS}), big(period))))
    end
    cellCache[period] = found
    return found
end

local function isLive(cell, period)
    return cell >= cellNow(period) - CELLS
end

-- Division, and what needs it: numbers in other terms.

function makers.division()
    local division = {}

    -- Takes factor * b off the limbs of n from `at` on; what is missing is left below zero on top.
    local function takeOff(n, b, factor, at)
        local carry = 0
        for i = 1, #b do
            local limb = n[at + i] - factor * b[i] + carry
            carry = floor(limb / B)
            n[at + i] = limb - carry * B
        end
        n[at + #b + 1] = n[at + #b + 1] + carry
    end

    -- Quotient, and whether there is a rest; b > 0. Digits are guessed and put right.
    function division.divide(a, b)
        local rest, quotient, wide = {}, {}, #b
        for i = 1, #a do
            rest[i] = a[i]
        end
        rest[#a + 1] = 0
        local divisor = b[wide] * B + (b[wide - 1] or 0)
        for at = #a - wide, 0, -1 do
            local top = at + wide
            local dividend = (rest[top + 1] * B + rest[top]) * B + (rest[top - 1] or 0)
            local digit = floor(dividend / divisor)
            takeOff(rest, b, digit, at)
            while rest[top + 1] < 0 do
                takeOff(rest, b, -1, at)
                digit = digit - 1
            end
            local part = {}
            for i = 1, wide do
                part[i] = rest[at + i]
            end
            part[wide + 1] = rest[top + 1]
            while compare(trim(part), b) >= 0 do
                takeOff(rest, b, 1, at)
                digit = digit + 1
                part = minus(part, b)
            end
            quotient[at + 1] = digit
        end
        return trim(quotient), #trim(rest) > 0
    end

    local function divideUp(a, b)
        local quotient, hasRest = division.divide(a, b)
        return hasRest and add(quotient, {1}) or quotient
    end

    function division.scaleUp(value, numerator, denominator)
        return clamp128(divideUp(times(value, big(numerator)), big(denominator)))
    end

    -- The cell of another period that what was charged in this one counts in.
    function division.movedCell(cell, from, to)
        if not isLive(cell, from) then
            return GONE
        end
        local ends = times(big(format('%.0f', cell + 1)), big(from))
        return min(about(divideUp(ends, big(to))) - 1, cellNow(to))
    end

    return division
end

-- Gateways.

local gateway = ARGV[2]
local aliveCache = {[gateway] = true}

local function isAlive(name)
    local found = aliveCache[name]
    if found == nil then
        local untilMs = call('ZSCORE', KEYS[1], name)
        found = untilMs and tonumber(untilMs) > ms or false
        aliveCache[name] = found
    end
    return found
end

local function renewLease()
    call('ZADD', KEYS[1], format('%.0f', ms + ARGV[3]), gateway)
    call('PEXPIRE', KEYS[1], HOLD_MS)
end

-- Whoever holds something is alive.
local function keepLease()
    local untilMs = call('ZSCORE', KEYS[1], gateway)
    if not untilMs or tonumber(untilMs) < ms + ARGV[3] / 2 then
        renewLease()
    end
end

-- Holds. A counter `c` knows in `o` how many each gateway has and how much that is; each hold is a
-- field of its own: its number in the order of admission, amount, mark, gateway, and `given`.

-- `all`: those of dead gateways as well.
local function readOwners(c, owners, all)
    c.owners, c.holds, c.held = {}, 0, ZERO
    if not owners then
        return
    end
    for name, count, amount in gmatch(owners, '(%S+)=(%d+):(%d+)') do
        if all or isAlive(name) then
            local owner = {name = name, count = tonumber(count), amount = big(amount)}
            c.owners[#c.owners + 1] = owner
            c.holds = c.holds + owner.count
            c.held = add(c.held, owner.amount)
        else
            c.hasDead = true
        end
    end
end

local function ownerOf(c, name)
    for _, owner in ipairs(c.owners) do
        if owner.name == name then
            return owner
        end
    end
    local owner = {name = name, count = 0, amount = ZERO}
    c.owners[#c.owners + 1] = owner
    return owner
end

local function set(c, field, value)
    local fields = c.fields
    fields[#fields + 1] = field
    fields[#fields + 1] = value
end

local function setOwners(c)
    local list = {}
    for _, owner in ipairs(c.owners) do
        if owner.count > 0 then
            list[#list + 1] = owner.name .. '=' .. format('%d', owner.count) .. ':'
                .. text(owner.amount)
        end
    end
    set(c, 'o', concat(list, ' '))
end

-- `given` is only for buckets: all credit that the counter had given when the hold was made.
local function readHold(value)
    local number, amount, mark, owner, given =
        match(value, '^(%d+) (%d+) (%S+) (%S+) (%d+)$')
    return {number = tonumber(number), amount = amount, mark = mark, owner = owner, given = given}
end

local function holdText(h)
    return concat({format('%.0f', h.number), h.amount, h.mark, h.owner, h.given}, ' ')
end

-- A charge of this gateway, with the next number.
local function newHold(c, mark)
    local number = (c.number or 0) + 1
    set(c, 'q', format('%.0f', number))
    return {number = number, amount = c.cost, mark = mark, owner = gateway,
        given = c.given or '0'}
end

local function hold(c, id, h)
    local owner = ownerOf(c, gateway)
    owner.count = owner.count + 1
    owner.amount = add(owner.amount, big(c.cost))
    c.holds = c.holds + 1
    c.held = add(c.held, big(c.cost))
    set(c, 'h:' .. id, holdText(h))
end

-- All holds that stay, and the credits of buckets and of blocks of them (see below).
local function readHolds(c)
    local holds, credits, blocks, all = {}, {}, {}, call('HGETALL', c.key)
    for i = 1, #all, 2 do
        local kind = sub(all[i], 1, 2)
        if kind == 'h:' and not c.drops[all[i]] then
            local h = readHold(all[i + 1])
            h.field = all[i]
            holds[#holds + 1] = h
        elseif kind == 'e:' then
            credits[#credits + 1] =
                {number = tonumber(sub(all[i], 3)), field = all[i], amount = all[i + 1]}
        elseif kind == 'f:' then
            blocks[#blocks + 1] = {number = tonumber(sub(all[i], 3)), field = all[i]}
        end
    end
    return holds, credits, blocks
end

-- What a dead gateway held is settled at its estimate.
local function dropDead(c)
    for _, h in ipairs((readHolds(c))) do
        if not isAlive(h.owner) then
            c.drops[h.field] = true
        end
    end
end

-- The same for a counter that is written without a charge.
local function forgetDead(c)
    if c.hasDead then
        dropDead(c)
        setOwners(c)
    end
end

-- Writes what has been set; a counter that says nothing any more is deleted.
local function write(c)
    if not c.lives and c.holds == 0 then
        if c.exists then
            call('DEL', c.key)
        end
        return
    end
    for field in pairs(c.drops) do
        call('HDEL', c.key, field)
    end
    local fields = c.fields
    for i = 1, #fields, 4000 do
        call('HSET', c.key, unpack(fields, i, min(i + 3999, #fields)))
    end
    local ttl = c.lives and c.ttl or 0
    if c.holds > 0 then
        ttl = max(ttl, HOLD_MS)
    end
    if ARGV[5] ~= '' then
        ttl = max(ttl, HOLD_MS) -- the server's clock is not the one that counts
    end
    call('PEXPIRE', c.key, format('%.0f', min(floor(ttl) + 1000, MOST_MS)))
end
