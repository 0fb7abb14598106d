-- SPDX-License-Identifier: GPL-3.0-or-later
-- The commands.

-- The last of KEYS is where what is charged without a hold is written down, should the answer be
-- lost. ARGV from 6: reservation, the place there; for each counter algorithm, flags (1 shadow,
-- 2 held, 4 keeps its last rate), quota, period in ns, capacity, cost, and
--   g: (capacity - cost) * period or empty if that is less than 0; cost * period
--   c: the end of the period in ms; unused
local function readStep(i)
    local at = 7 + (i - 2) * 8
    local flags = tonumber(ARGV[at + 2])
    local c = {key = KEYS[i], kind = part(ARGV[at + 1]), fields = {}, drops = {}}
    c.isShadow = flags % 2 == 1
    c.isHeld = c.kind == part('s') or flags % 4 >= 2
    c.keepsLast = flags >= 4
    c.quota, c.period = ARGV[at + 3], ARGV[at + 4]
    c.capacity, c.cost = ARGV[at + 5], ARGV[at + 6]
    c.room, c.step, c.ends = ARGV[at + 7], ARGV[at + 8], ARGV[at + 7]
    c.kind.read(c)
    c.admits = c.kind.admits(c)
    return c
end

local function chargeStep(c, place, notes)
    if c.hasDead then
        dropDead(c)
    end
    local mark = c.kind.charge(c)
    c.isCharged = true
    local h = newHold(c, mark)
    if c.isHeld then
        hold(c, ARGV[6], h)
    else
        notes[#notes + 1] = concat({place, c.quota, c.period, holdText(h)}, ' ')
    end
    if c.isHeld or c.hasDead then
        setOwners(c)
    end
    return c.isHeld
end

local function reserve()
    local steps, admits, holds, notes = {}, true, false, {}
    for i = 2, #KEYS - 1 do
        local c = readStep(i)
        steps[i - 1] = c
        admits = admits and (c.admits or c.isShadow)
    end
    for place, c in ipairs(steps) do
        if admits and c.admits then
            holds = chargeStep(c, place, notes) or holds
        end
    end
    local answer = {us, admits and 1 or 0}
    for _, c in ipairs(steps) do
        if c.isCharged or (c.kind.move and c.kind.move(c)) then
            write(c)
        end
        answer[#answer + 1] = (c.admits and 1 or 0) + (c.isCharged and 2 or 0)
        answer[#answer + 1] = c.kind.state(c)
        answer[#answer + 1] = text(clamp64(c.held))
    end
    if holds then
        keepLease()
    end
    if #notes > 0 then
        call('HSET', KEYS[#KEYS], ARGV[7], ARGV[6] .. ';' .. concat(notes, ';'))
        if ARGV[7] % 64 == 0 then
            call('PEXPIRE', KEYS[#KEYS], HOLD_MS)
        end
    end
    return answer
end

-- All but decisions.
function makers.commands()
    local commands = {}

    function commands.open()
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

    function commands.lease()
        call('ZREMRANGEBYSCORE', KEYS[1], '-inf', format('%.0f', ms))
        renewLease()
        return {us, 'leased'}
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
    function commands.settle()
        for i = 2, #KEYS do
            local at = 6 + (i - 2) * 3
            local c = {key = KEYS[i], kind = part(ARGV[at + 1]), fields = {}, drops = {}}
            c.ends = ARGV[at + 3]
            settleOne(c, ARGV[6], big(ARGV[at + 2]))
        end
        return {us, 'settled'}
    end

    -- Where nothing is added, nothing is moved either.
    local function mergeOne(c, kind, surplus)
        c.kind.read(c, true)
        if kind == 'g' then
            local other = {quota = c.quota, period = c.period}
            local tat
            tat, other.n, other.r = match(surplus, '^(%d+) (%d+) (%d+)$')
            local added = minus(c.kind.movedTat(other, big(tat)), ticks(c.quota))
            if #added == 0 then
                return
            end
            c.kind.moveMarks(c)
            c.kind.set(c, clamp128(add(add(ticks(c.quota), c.ahead), added)))
        elseif kind == 'w' then
            local added = c.kind.parse(surplus, c.period, c.period)
            if #added == 0 then
                return
            end
            c.kind.moveMarks(c)
            for _, cell in ipairs(added) do
                c.kind.add(c.cells, cell.index, big(cell.amount))
            end
            c.kind.change(c)
        elseif kind == 'c' then
            c.kind.chargeMore(c, big(surplus))
        end
        write(c)
    end

    -- What was charged without a hold, as chargeStep() has written it down. Not if the counter has
    -- been reset since, or is counted in other terms.
    local function undoOne(c, quota, period, h)
        c.kind.read(c, true)
        local isSame = c.kind == part('c') or (c.period == period
            and (c.kind ~= part('g') or c.quota == quota))
        if isSame and c.number and tonumber(c.number) >= h.number then
            c.kind.giveBack(c, big(h.amount), h)
            write(c)
        end
    end

    -- A reservation whose answer was lost. KEYS and ARGV up to 7 as it was reserved; for each
    -- counter algorithm, the end of a calendar's period.
    function commands.undo()
        local function counter(i)
            local at = 7 + (i - 2) * 2
            return {key = KEYS[i], kind = part(ARGV[at + 1]), ends = ARGV[at + 2], fields = {},
                drops = {}}
        end
        for i = 2, #KEYS - 1 do
            settleOne(counter(i), ARGV[6], ZERO)
        end
        local notes = call('HGET', KEYS[#KEYS], ARGV[7])
        if not notes or sub(notes, 1, #ARGV[6] + 1) ~= ARGV[6] .. ';' then
            return {us, 'undone'}
        end
        call('HDEL', KEYS[#KEYS], ARGV[7])
        notes = sub(notes, #ARGV[6] + 1)
        for place, quota, period, h in gmatch(notes, ';(%d+) (%d+) (%d+) ([^;]+)') do
            undoOne(counter(tonumber(place) + 1), quota, period, readHold(h))
        end
        return {us, 'undone'}
    end

    -- The last of KEYS says that this has been merged; it is written first, so that a server that
    -- has no room for it adds nothing.
    -- ARGV from 6: for each counter algorithm, quota, period, the surplus as state() writes it, the
    -- end of a calendar's period.
    function commands.merge()
        if not call('SET', KEYS[#KEYS], format('%.0f', ms), 'NX', 'PX', MERGED_MS) then
            return {us, 'merged'}
        end
        for i = 2, #KEYS - 1 do
            local at = 5 + (i - 2) * 5
            local kind = ARGV[at + 1]
            local c = {key = KEYS[i], kind = part(kind), fields = {}, drops = {}}
            c.quota, c.period, c.ends = ARGV[at + 2], ARGV[at + 3], ARGV[at + 5]
            if kind ~= 's' then
                mergeOne(c, kind, ARGV[at + 4])
            end
        end
        return {us, 'merged'}
    end

    function commands.reset()
        for i = 2, #KEYS do
            call('DEL', KEYS[i])
        end
        return {us, 'reset'}
    end

    return commands
end

return ARGV[1] == 'reserve' and reserve() or part('commands')[ARGV[1]]()
