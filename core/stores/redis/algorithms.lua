-- SPDX-License-Identifier: GPL-3.0-or-later
-- The four algorithms. read(c, all) finds out how the counter stands in the terms that are asked,
-- admits(c) whether the cost fits; charge(c) adds it and returns the mark of a hold; state(c) is
-- what the gateway is told; giveBack(c, amount, hold) and chargeMore(c, amount, hold) settle;
-- moveMarks(c) takes holds along into other terms, move(c) the whole counter, if it says anything.

-- A token bucket.

function makers.g()
    local bucket = {}

    function bucket.set(c, tat)
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
    function bucket.movedTat(c, tat)
        local ahead = minus(tat, ticks(c.n))
        if c.r ~= c.period and #ahead > 0 then
            ahead = part('division').scaleUp(ahead, c.period, c.r)
        end
        return clamp128(add(ticks(c.quota), ahead))
    end

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
            c.tat = bucket.movedTat(c, big(v[1]))
        else
            c.tat = big(v[1])
        end
        c.ahead = rest and minus(c.tat, rest)
    end

    function bucket.admits(c)
        return c.room ~= '' and compare(c.ahead, big(c.room)) <= 0
    end

    function bucket.moveMarks(c)
        if c.isMoved then
            part('credits').moveMarks(c)
        end
    end

    -- An edited limit takes its counter along with the first request that looks at it, whatever
    -- becomes of the request: from then on it leaks as its answer says. True: there is something to
    -- write.
    function bucket.move(c)
        if not c.isMoved or c.keepsLast then
            return false
        end
        forgetDead(c)
        bucket.moveMarks(c)
        bucket.set(c, c.tat)
        c.isMoved = false
        return true
    end

    function bucket.charge(c)
        bucket.moveMarks(c)
        bucket.set(c, clamp128(add(add(ticks(c.quota), c.ahead), big(c.step))))
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

    function bucket.giveBack(c, amount, h)
        part('credits').giveBack(c, amount, h)
    end

    function bucket.chargeMore(c, amount)
        part('credits').chargeMore(c, amount)
    end

    return bucket
end

-- What settling does to a bucket.

function makers.credits()
    local credits, bucket = {}, part('g')

    -- A credit lowers the marks of all holds made after the one that it is given for. Instead of
    -- writing them all, the counter knows in `g` the sum of all credits, each hold what that was
    -- when it was made, and `e:NUMBER` is what was credited for the hold of that number, `f:BLOCK`
    -- for all of a block of numbers. So a mark has been lowered by all credits since, but those for
    -- newer holds.

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
    function credits.moveMarks(c)
        if c.holds > 0 then
            local holds, credits, blocks = readHolds(c)
            eachMark(c, holds, credits, function(h, mark)
                h.mark, h.given = text(bucket.movedTat(c, mark)), '0'
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

    -- Gives back no more than the hold still occupies; what was admitted behind it moves up as
    -- much.
    function credits.giveBack(c, amount, h)
        local credit = times(amount, big(c.period))
        local occupied = occupiedBy(c, h, credit)
        if compare(credit, occupied) > 0 then
            credit = occupied
        end
        keepCredit(c, h, credit)
        bucket.set(c, minus(c.tat, credit))
    end

    function credits.chargeMore(c, amount)
        local from = #c.ahead > 0 and c.tat or ticks(c.quota)
        bucket.set(c, clamp128(add(from, times(amount, big(c.period)))))
    end

    return credits
end

-- A sliding window. Beside its cells it knows their sum, so that a decision needs to look at them
-- only when one has left: `s` is the first cell, the last one, what is in that, and the sum.

function makers.w()
    local window = {}

    -- Adds to the cell of that index, which is made in its place if it is not there.
    function window.add(cells, index, amount)
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

    -- The cells of a text that still count, in the period that is asked.
    function window.parse(cellText, from, to)
        local cells, first = {}, cellNow(from) - CELLS
        for index, amount in gmatch(cellText, '(%d+)=(%d+)') do
            index = tonumber(index)
            if index >= first then
                if from == to then
                    cells[#cells + 1] = {index = index, amount = amount}
                else
                    index = part('division').movedCell(index, from, to)
                    if isLive(index, to) then
                        window.add(cells, index, big(amount))
                    end
                end
            end
        end
        return cells
    end

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

    -- c.cells has been changed, or is to be looked at: all else follows from it.
    local function settled(c)
        local list, last = {}, c.cells[#c.cells]
        for i, cell in ipairs(c.cells) do
            list[i] = format('%.0f', cell.index) .. '=' .. cell.amount
        end
        c.text = concat(list, ' ')
        c.first = last and c.cells[1].index
        c.last, c.lastAmount = last and last.index, last and last.amount
        c.sum = sumOf(c.cells)
    end

    function window.set(c)
        c.lives = c.last ~= nil
        c.ttl = tonumber(c.period) / 1000000 * 62 / CELLS
        set(c, 'w', c.text)
        set(c, 'p', c.period)
        set(c, 's', c.last and concat({format('%.0f', c.first), format('%.0f', c.last),
            c.lastAmount, text(c.sum)}, ' ') or '')
    end

    function window.change(c)
        settled(c)
        window.set(c)
    end

    function window.read(c, all)
        local v = call('HMGET', c.key, 'w', 'p', 'q', 'o', 's')
        c.exists = v[1] or v[4]
        c.number = v[3]
        readOwners(c, v[4], all)
        c.period = c.period or v[2] -- or as it is
        c.from = v[2]
        local first, last, amount, sum = match(v[5] or '', '^(%d+) (%d+) (%d+) (%d+)$')
        if not all and first and c.from == c.period and isLive(tonumber(first), c.period) then
            c.text, c.first, c.last = v[1], tonumber(first), tonumber(last)
            c.lastAmount, c.sum = amount, big(sum)
            return
        end
        c.cells = v[1] and window.parse(v[1], v[2], c.period) or {}
        settled(c)
    end

    function window.admits(c)
        return compare(add(c.sum, big(c.cost)), big(c.capacity)) <= 0
    end

    function window.moveMarks(c)
        if c.from and c.from ~= c.period and c.holds > 0 then
            for _, h in ipairs((readHolds(c))) do
                local cell = part('division').movedCell(tonumber(h.mark), c.from, c.period)
                h.mark = format('%.0f', cell)
                set(c, h.field, holdText(h))
            end
        end
    end

    function window.move(c)
        if not c.from or c.from == c.period then
            return false
        end
        forgetDead(c)
        window.moveMarks(c)
        window.set(c)
        c.from = c.period
        return true
    end

    function window.charge(c)
        window.moveMarks(c)
        -- Should time have run back, the units stay in the later cell.
        local cell = max(cellNow(c.period), c.last or 0)
        local cost = big(c.cost)
        if #cost > 0 and cell == c.last then
            local amount = text(clamp64(add(big(c.lastAmount), cost)))
            c.text = sub(c.text, 1, -#c.lastAmount - 1) .. amount
            c.sum = add(minus(c.sum, big(c.lastAmount)), big(amount))
            c.lastAmount = amount
        elseif #cost > 0 then
            c.text = c.text .. (c.last and ' ' or '') .. format('%.0f', cell) .. '=' .. c.cost
            c.first, c.last, c.lastAmount = c.first or cell, cell, c.cost
            c.sum = add(c.sum, cost)
        end
        window.set(c)
        return format('%.0f', cell)
    end

    function window.state(c)
        return c.text
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
        window.change(c)
    end

    function window.chargeMore(c, amount, h)
        local mark = tonumber(h.mark)
        window.add(c.cells, isLive(mark, c.period) and mark or cellNow(c.period), amount)
        window.change(c)
    end

    return window
end

-- A calendar window.

function makers.c()
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

    return calendar
end

-- Concurrency: what is taken is what gateways hold that are alive.

function makers.s()
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

    return slots
end
