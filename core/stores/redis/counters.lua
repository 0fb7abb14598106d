-- SPDX-License-Identifier: GPL-3.0-or-later
-- The counter step of the engine inside of Redis: the same integer rules (core/limits: gcra,
-- slidingwindow, calendarwindow, and what CounterBook does with holds), by the server's clock, all
-- counters of one request at once. docs/stores.md describes the keys.
--
-- KEYS[1]  the gateways and until when each is taken for alive; KEYS[2..]  the counters (of open:
--          the version of the layout)
-- ARGV[1]  reserve | settle | merge | reset | lease | open
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
local GRACE_MS = 3600000 -- calendar counters stay for so long, should clocks disagree
local MOST_MS = 100000000000000

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
local function divide(a, b)
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
    local quotient, hasRest = divide(a, b)
    return hasRest and add(quotient, {1}) or quotient
end

local MOST128 = big('170141183460469231731687303715884105727')
local MOST64 = big('9223372036854775807')

local function clamp128(n)
    return #n >= 6 and compare(n, MOST128) > 0 and MOST128 or n
end

local function clamp64(n)
    return #n >= 3 and compare(n, MOST64) > 0 and MOST64 or n
end

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
        found = about((divide(times(ns, {CELLS}), big(period))))
    end
    cellCache[period] = found
    return found
end

local function isLive(cell, period)
    return cell >= cellNow(period) - CELLS
end

local function scaleUp(value, numerator, denominator)
    return clamp128(divideUp(times(value, big(numerator)), big(denominator)))
end

-- The cell of another period that what was charged in this one counts in.
local function movedCell(cell, from, to)
    if not isLive(cell, from) then
        return GONE
    end
    local ends = times(big(format('%.0f', cell + 1)), big(from))
    return min(about(divideUp(ends, big(to))) - 1, cellNow(to))
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

local function hold(c, id, mark)
    local number = (c.number or 0) + 1
    local owner = ownerOf(c, gateway)
    owner.count = owner.count + 1
    owner.amount = add(owner.amount, big(c.cost))
    c.holds = c.holds + 1
    c.held = add(c.held, big(c.cost))
    set(c, 'q', format('%.0f', number))
    set(c, 'h:' .. id, holdText({number = number, amount = c.cost, mark = mark, owner = gateway,
        given = c.given or '0'}))
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

-- The four algorithms. read(c, all) finds out how the counter stands in the terms that are asked,
-- admits(c) whether the cost fits, charge(c) adds it and returns the mark of a hold, state(c) is
-- what the gateway is told.

local function setBucket(c, tat)
    c.tat = tat
    c.tatText = text(tat)
    c.ahead = minus(tat, ticks(c.quota))
    c.lives = #c.ahead > 0
    c.ttl = about(c.ahead) / tonumber(c.quota) / 1000000
    set(c, 't', c.tatText)
    if not c.exists or c.isMoved then
        set(c, 'n', c.quota)
        set(c, 'r', c.period)
    end
end

-- TAT of the same used units in the terms that are asked.
local function movedTat(c, tat)
    local ahead = minus(tat, ticks(c.n))
    if c.r ~= c.period and #ahead > 0 then
        ahead = scaleUp(ahead, c.period, c.r)
    end
    return clamp128(add(ticks(c.quota), ahead))
end

local bucket = {}

function bucket.read(c, all)
    local v = call('HMGET', c.key, 't', 'n', 'r', 'q', 'o', 'g')
    c.exists = v[1] or v[5]
    c.number = v[4]
    readOwners(c, v[5], all)
    c.tatText, c.n, c.r = v[1], v[2], v[3]
    c.given = v[6] or '0'
    c.isMoved = v[1] and c.quota and (c.n ~= c.quota or c.r ~= c.period)
    if not c.quota then
        c.quota, c.period = c.n, c.r -- as it is
    end
    local rest = c.quota and ticks(c.quota)
    if not v[1] then
        c.tat = rest
    elseif c.isMoved then
        c.tat = movedTat(c, big(v[1]))
    else
        c.tat = big(v[1])
    end
    c.ahead = rest and minus(c.tat, rest)
end

function bucket.admits(c)
    return c.room ~= '' and compare(c.ahead, big(c.room)) <= 0
end

-- A credit lowers the marks of all holds made after the one that it is given for. Instead of
-- writing them all, the counter knows in `g` the sum of all credits, each hold what that was when
-- it was made, and `e:NUMBER` is what was credited for the hold of that number, `f:BLOCK` for all of
-- a block of numbers. So a mark has been lowered by all credits since, but those for newer holds.

local function newestFirst(a, b)
    return a.number > b.number
end

-- Calls change(h, mark) for each hold with its mark as it is now.
local function eachMark(c, holds, credits, change)
    table.sort(holds, newestFirst)
    table.sort(credits, newestFirst)
    local given, newer, at = big(c.given), ZERO, 1
    for _, h in ipairs(holds) do
        while credits[at] and credits[at].number > h.number do
            newer = add(newer, big(credits[at].amount))
            at = at + 1
        end
        local lowered = minus(given, big(h.given))
        change(h, minus(add(big(h.mark), newer), lowered))
    end
end

-- Holds follow their counter into other terms, and credits end up in them.
local function moveBucketMarks(c)
    if not c.isMoved then
        return
    end
    if c.holds > 0 then
        local holds, credits, blocks = readHolds(c)
        eachMark(c, holds, credits, function(h, mark)
            h.mark, h.given = text(movedTat(c, mark)), '0'
            set(c, h.field, holdText(h))
        end)
        for _, credit in ipairs(credits) do
            c.drops[credit.field] = true
        end
        for _, block in ipairs(blocks) do
            c.drops[block.field] = true
        end
    end
    c.given = '0'
    set(c, 'g', '0')
    set(c, 'k', '0/0')
end

-- Forgets the credits that no mark depends on any more: of the blocks older than any hold that
-- still occupies something. `known`: how many there are, and how many were left the last time.
local function forgetCredits(c, known, added)
    local count, left = match(known or '0/0', '^(%d+)/(%d+)$')
    count, left = count + added, tonumber(left)
    if count <= 2 * left + CREDITS and c.holds > 0 then
        set(c, 'k', format('%.0f/%.0f', count, left))
        return
    end
    local holds, credits, blocks = readHolds(c)
    local oldest = math.huge
    for _, h in ipairs(holds) do
        if h.number < oldest and compare(big(h.mark), ticks(c.quota)) > 0 then
            oldest = h.number
        end
    end
    count = added
    oldest = floor(oldest / BLOCK)
    for _, credit in ipairs(credits) do
        if credit.number < oldest * BLOCK then
            c.drops[credit.field] = true
        else
            count = count + 1
        end
    end
    for _, block in ipairs(blocks) do
        if block.number < oldest then
            c.drops[block.field] = true
        end
    end
    set(c, 'k', format('%.0f/%.0f', count, count))
    if c.holds == 0 then
        set(c, 'g', '0')
    end
end

-- Remembers what was credited for a hold, if others remain that this matters to.
local function keepCredit(c, h, credit)
    local isKept = #credit > 0 and c.holds > 0
    if not isKept and c.given == '0' then
        return
    end
    local block = 'f:' .. format('%.0f', floor(h.number / BLOCK))
    local v = call('HMGET', c.key, 'k', block)
    forgetCredits(c, v[1], isKept and 1 or 0)
    if isKept then
        c.drops[block] = nil
        set(c, 'g', text(add(big(c.given), credit)))
        set(c, 'e:' .. format('%.0f', h.number), text(credit))
        set(c, block, text(add(big(v[2] or '0'), credit)))
    end
end

-- The sum of all credits for holds that are newer than this one.
local function creditsAfter(c, h)
    local newest, block = tonumber(c.number), floor(h.number / BLOCK)
    local fields, sum = {}, ZERO
    for number = h.number + 1, min(newest, (block + 1) * BLOCK - 1) do
        fields[#fields + 1] = 'e:' .. format('%.0f', number)
    end
    for number = block + 1, floor(newest / BLOCK) do
        fields[#fields + 1] = 'f:' .. format('%.0f', number)
    end
    for i = 1, #fields, 4000 do
        local found = call('HMGET', c.key, unpack(fields, i, min(i + 3999, #fields)))
        for j = 1, #found do
            if found[j] then
                sum = add(sum, big(found[j]))
            end
        end
    end
    return sum
end

function bucket.charge(c)
    moveBucketMarks(c)
    setBucket(c, clamp128(add(add(ticks(c.quota), c.ahead), big(c.step))))
    return c.tatText
end

function bucket.state(c)
    if #c.ahead == 0 then
        return text(ticks(c.quota)) .. ' ' .. c.quota .. ' ' .. c.period
    elseif c.isMoved and c.keepsLast and not c.isCharged then
        return c.tatText .. ' ' .. c.n .. ' ' .. c.r
    elseif c.isMoved and not c.isCharged then
        return text(c.tat) .. ' ' .. c.quota .. ' ' .. c.period
    end
    return c.tatText .. ' ' .. c.quota .. ' ' .. c.period
end

-- What a hold still occupies, as far as it matters for a credit of `wanted`.
local function occupiedBy(c, h, wanted)
    local rest = ticks(c.quota)
    local mark = big(h.mark)
    local lowered = minus(big(c.given), big(h.given))
    -- All credits since may have lowered it, or none.
    local least, most = minus(minus(mark, lowered), rest), minus(mark, rest)
    if #lowered == 0 or #most == 0 or compare(least, wanted) >= 0 then
        return least
    end
    return minus(minus(add(mark, creditsAfter(c, h)), lowered), rest)
end

-- Gives back no more than the hold still occupies; what was admitted behind it moves up as much.
function bucket.giveBack(c, amount, h)
    local credit = times(amount, big(c.period))
    local occupied = occupiedBy(c, h, credit)
    if compare(credit, occupied) > 0 then
        credit = occupied
    end
    keepCredit(c, h, credit)
    setBucket(c, minus(c.tat, credit))
end

function bucket.chargeMore(c, amount)
    local from = #c.ahead > 0 and c.tat or ticks(c.quota)
    setBucket(c, clamp128(add(from, times(amount, big(c.period)))))
end

local window = {}

local function sumOf(cells)
    local small, large = 0, ZERO
    for _, cell in ipairs(cells) do
        if #cell.amount <= 14 then
            small = small + tonumber(cell.amount)
        else
            large = add(large, big(cell.amount))
        end
    end
    return add(large, big(format('%.0f', small)))
end

-- Adds to the cell of that index, which is made in its place if it is not there.
local function addToCell(cells, index, amount)
    local at = #cells
    while at > 0 and cells[at].index > index do
        at = at - 1
    end
    local cell = cells[at]
    if not cell or cell.index ~= index then
        cell = {index = index, amount = '0'}
        table.insert(cells, at + 1, cell)
    end
    cell.amount = text(clamp64(add(big(cell.amount), amount)))
end

-- The cells of a text that still count in the period that is asked.
local function readCells(cellText, from, to)
    local cells, first = {}, cellNow(from) - CELLS
    for index, amount in gmatch(cellText, '(%d+)=(%d+)') do
        index = tonumber(index)
        if index >= first then
            if from == to then
                cells[#cells + 1] = {index = index, amount = amount}
            else
                index = movedCell(index, from, to)
                if isLive(index, to) then
                    addToCell(cells, index, big(amount))
                end
            end
        end
    end
    return cells
end

local function cellText(cells)
    local list = {}
    for i, cell in ipairs(cells) do
        list[i] = format('%.0f', cell.index) .. '=' .. cell.amount
    end
    return concat(list, ' ')
end

local function setWindow(c)
    c.lives = #c.cells > 0
    c.ttl = tonumber(c.period) / 1000000 * 62 / CELLS
    set(c, 'w', cellText(c.cells))
    set(c, 'p', c.period)
end

function window.read(c, all)
    local v = call('HMGET', c.key, 'w', 'p', 'q', 'o')
    c.exists = v[1] or v[4]
    c.number = v[3]
    readOwners(c, v[4], all)
    c.period = c.period or v[2] -- or as it is
    c.from = v[2]
    c.cells = v[1] and readCells(v[1], v[2], c.period) or {}
end

function window.admits(c)
    local capacity = big(c.capacity)
    return compare(add(sumOf(c.cells), big(c.cost)), capacity) <= 0
end

local function moveWindowMarks(c)
    if c.from and c.from ~= c.period and c.holds > 0 then
        for _, h in ipairs((readHolds(c))) do
            h.mark = format('%.0f', movedCell(tonumber(h.mark), c.from, c.period))
            set(c, h.field, holdText(h))
        end
    end
end

function window.charge(c)
    moveWindowMarks(c)
    -- Should time have run back, the units stay in the later cell.
    local last = c.cells[#c.cells]
    local cell = max(cellNow(c.period), last and last.index or 0)
    if c.cost ~= '0' then
        addToCell(c.cells, cell, big(c.cost))
    end
    setWindow(c)
    return format('%.0f', cell)
end

function window.state(c)
    return cellText(c.cells)
end

function window.giveBack(c, amount, h)
    local mark = tonumber(h.mark)
    for i, cell in ipairs(c.cells) do
        if cell.index == mark then
            cell.amount = text(minus(big(cell.amount), amount))
            if cell.amount == '0' then
                table.remove(c.cells, i)
            end
            break
        end
    end
    setWindow(c)
end

function window.chargeMore(c, amount, h)
    local mark = tonumber(h.mark)
    addToCell(c.cells, isLive(mark, c.period) and mark or cellNow(c.period), amount)
    setWindow(c)
end

local calendar = {}

local function setCalendar(c)
    c.lives = #c.used > 0
    c.ttl = max(0, tonumber(c.ends) - ms) + GRACE_MS
    set(c, 'u', text(c.used))
end

function calendar.read(c, all)
    local v = call('HMGET', c.key, 'u', 'q', 'o')
    c.exists = v[1] or v[3]
    c.number = v[2]
    readOwners(c, v[3], all)
    c.used = v[1] and big(v[1]) or ZERO
end

function calendar.admits(c)
    return compare(add(c.used, big(c.cost)), big(c.capacity)) <= 0
end

function calendar.chargeMore(c, amount)
    c.used = clamp64(add(c.used, amount))
    setCalendar(c)
end

function calendar.charge(c)
    calendar.chargeMore(c, big(c.cost))
    return '-'
end

function calendar.state(c)
    return text(c.used)
end

function calendar.giveBack(c, amount)
    c.used = minus(c.used, amount)
    setCalendar(c)
end

-- What is taken is what gateways hold that are alive.
local slots = {}

function slots.read(c, all)
    local v = call('HMGET', c.key, 'q', 'o')
    c.exists = v[2]
    c.number = v[1]
    readOwners(c, v[2], all)
end

function slots.admits(c)
    return compare(add(c.held, big(c.cost)), big(c.capacity)) <= 0
end

function slots.charge()
    return '-'
end

function slots.state(c)
    return text(clamp64(c.held))
end

function slots.giveBack() end

function slots.chargeMore() end

local algorithms = {g = bucket, w = window, c = calendar, s = slots}

-- The commands.

local function open()
    local version = call('GET', KEYS[2])
    if version and not match(version, '^%d+$') then
        return {us, 'foreign'}
    elseif version and tonumber(version) > tonumber(ARGV[6]) then
        return {us, 'newer', version}
    end
    -- Migrations go here, oldest first: there is only one version yet.
    if version ~= ARGV[6] then
        call('SET', KEYS[2], ARGV[6])
    end
    renewLease()
    return {us, 'open'}
end

local function lease()
    call('ZREMRANGEBYSCORE', KEYS[1], '-inf', format('%.0f', ms))
    renewLease()
    return {us, 'leased'}
end

-- ARGV from 6: reservation; for each counter algorithm, flags (1 shadow, 2 held, 4 keeps its last
-- rate), quota, period in ns, capacity, cost, and
--   g: (capacity - cost) * period or empty if that is less than 0; cost * period
--   c: the end of the period in ms; unused
local function readStep(i)
    local at = 6 + (i - 2) * 8
    local flags = tonumber(ARGV[at + 2])
    local c = {key = KEYS[i], kind = algorithms[ARGV[at + 1]], fields = {}, drops = {}}
    c.isShadow = flags % 2 == 1
    c.isHeld = c.kind == slots or flags % 4 >= 2
    c.keepsLast = flags >= 4
    c.quota, c.period = ARGV[at + 3], ARGV[at + 4]
    c.capacity, c.cost = ARGV[at + 5], ARGV[at + 6]
    c.room, c.step, c.ends = ARGV[at + 7], ARGV[at + 8], ARGV[at + 7]
    c.kind.read(c)
    c.admits = c.kind.admits(c)
    return c
end

local function chargeStep(c)
    if c.hasDead then
        dropDead(c)
    end
    local mark = c.kind.charge(c)
    c.isCharged = true
    if c.isHeld then
        hold(c, ARGV[6], mark)
    end
    if c.isHeld or c.hasDead then
        setOwners(c)
    end
    return c.isHeld
end

local function reserve()
    local steps, admits, holds = {}, true, false
    for i = 2, #KEYS do
        local c = readStep(i)
        steps[i - 1] = c
        admits = admits and (c.admits or c.isShadow)
    end
    for _, c in ipairs(steps) do
        if admits and c.admits then
            holds = chargeStep(c) or holds
        end
    end
    local answer = {us, admits and 1 or 0}
    for _, c in ipairs(steps) do
        if c.isCharged then
            write(c)
        end
        answer[#answer + 1] = (c.admits and 1 or 0) + (c.isCharged and 2 or 0)
        answer[#answer + 1] = c.kind.state(c)
        answer[#answer + 1] = text(clamp64(c.held))
    end
    if holds then
        keepLease()
    end
    return answer
end

local function settleOne(c, id, actual)
    local value = call('HGET', c.key, 'h:' .. id)
    if not value then
        return
    end
    c.kind.read(c, true)
    local h = readHold(value)
    local amount = big(h.amount)
    local owner = ownerOf(c, h.owner)
    owner.count = owner.count - 1
    owner.amount = minus(owner.amount, amount)
    c.holds = c.holds - 1
    c.drops['h:' .. id] = true
    if compare(actual, amount) > 0 then
        c.kind.chargeMore(c, minus(actual, amount), h)
    else
        c.kind.giveBack(c, minus(amount, actual), h)
    end
    setOwners(c)
    write(c)
end

-- ARGV from 6: reservation; for each counter algorithm, actual, the end of a calendar's period.
local function settle()
    for i = 2, #KEYS do
        local at = 6 + (i - 2) * 3
        local c = {key = KEYS[i], kind = algorithms[ARGV[at + 1]], fields = {}, drops = {}}
        c.ends = ARGV[at + 3]
        settleOne(c, ARGV[6], big(ARGV[at + 2]))
    end
    return {us, 'settled'}
end

-- ARGV from 6: for each counter algorithm, quota, period, the surplus as state() writes it, the end
-- of a calendar's period.
local function mergeOne(c, kind, surplus)
    c.kind.read(c, true)
    if kind == 'g' then
        local other = {quota = c.quota, period = c.period}
        local tat
        tat, other.n, other.r = match(surplus, '^(%d+) (%d+) (%d+)$')
        local added = minus(movedTat(other, big(tat)), ticks(c.quota))
        moveBucketMarks(c)
        setBucket(c, clamp128(add(add(ticks(c.quota), c.ahead), added)))
    elseif kind == 'w' then
        moveWindowMarks(c)
        for _, cell in ipairs(readCells(surplus, c.period, c.period)) do
            addToCell(c.cells, cell.index, big(cell.amount))
        end
        setWindow(c)
    elseif kind == 'c' then
        c.kind.chargeMore(c, big(surplus))
    end
    write(c)
end

local function merge()
    for i = 2, #KEYS do
        local at = 5 + (i - 2) * 5
        local kind = ARGV[at + 1]
        local c = {key = KEYS[i], kind = algorithms[kind], fields = {}, drops = {}}
        c.quota, c.period, c.ends = ARGV[at + 2], ARGV[at + 3], ARGV[at + 5]
        if c.kind ~= slots then
            mergeOne(c, kind, ARGV[at + 4])
        end
    end
    return {us, 'merged'}
end

local function reset()
    for i = 2, #KEYS do
        call('DEL', KEYS[i])
    end
    return {us, 'reset'}
end

local commands = {open = open, lease = lease, reserve = reserve, settle = settle, merge = merge,
    reset = reset}
return commands[ARGV[1]]()
