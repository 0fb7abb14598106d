-- SPDX-License-Identifier: GPL-3.0-or-later
-- Everything that the gateways keep in PostgreSQL, version {version}: tables, and the
-- functions that decide. Run it as a whole, in any client; it does nothing where it has run
-- before. docs/stores.md explains it.
--
-- Times are nanoseconds since 1970 unless their name says otherwise, amounts micro-units. The
-- functions say what core/limits/gcra.cpp, slidingwindow.cpp and calendarwindow.cpp say, integer by
-- integer; all numbers that may exceed 64 bits are numeric.
DO $migration$
DECLARE
    installed integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('sluice migration {schema}', 0));
    IF to_regnamespace('{schema}') IS NULL THEN
        CREATE SCHEMA {schema};
    END IF;
    IF to_regclass('{schema}.meta') IS NULL THEN
        CREATE TABLE {schema}.meta (version integer NOT NULL);
        INSERT INTO {schema}.meta VALUES (0);
    END IF;
    SELECT version INTO installed FROM {schema}.meta;
    IF installed >= {version} THEN
        RETURN;
    END IF;

    -- --- tables, version by version --------------------------------------------------------------

    IF installed < 1 THEN
        CREATE TABLE {schema}.gateways (
            id text PRIMARY KEY,
            lease_until bigint NOT NULL -- later, its slots are free again
        );

        CREATE TABLE {schema}.counters (
            key bytea PRIMARY KEY, -- the limit, its owner, its segment value, each with its length
            algorithm text NOT NULL, -- gcra, window, calendar; slots are holds and nothing else
            quota bigint NOT NULL, -- what the state was counted in
            period bigint NOT NULL,
            tat numeric, -- gcra: theoretical arrival time in 1/quota ns
            cells bigint[] NOT NULL, -- window: numbers of its cells of period/60, ascending,
            amounts bigint[] NOT NULL, -- and what they hold
            period_start bigint NOT NULL, -- calendar: milliseconds since 1970
            period_end bigint NOT NULL,
            amount bigint NOT NULL, -- calendar
            credited numeric NOT NULL, -- gcra: all that was given back since the rate was set
            expires integer NOT NULL -- minutes since 1970: says nothing any more, unless it is held
        ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
        CREATE INDEX counters_expires ON {schema}.counters (expires);

        CREATE TABLE {schema}.holds (
            id bigint GENERATED ALWAYS AS IDENTITY, -- the order of admission
            counter bytea NOT NULL,
            reservation bytea NOT NULL,
            gateway text NOT NULL,
            amount bigint NOT NULL,
            mark numeric NOT NULL, -- gcra: the TAT after the charge; window: its cell
            PRIMARY KEY (counter, reservation)
        ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

        -- What a call has charged without a hold.
        CREATE TYPE {schema}.charge AS (
            key bytea,
            amount bigint,
            mark numeric, -- as of holds
            quota bigint, -- the counter's
            period bigint,
            credited numeric,
            last_hold bigint -- that is older
        );

        -- The last calls of each gateway thread: if an answer is lost, the charges are given back.
        CREATE TABLE {schema}.calls (
            store text NOT NULL, -- of the thread
            slot integer NOT NULL, -- the number modulo a few
            number bigint NOT NULL,
            gateway text NOT NULL,
            charges {schema}.charge[] NOT NULL,
            PRIMARY KEY (store, slot)
        ) WITH (fillfactor = 50);

        -- What one step of a reservation was told.
        CREATE TYPE {schema}.reading AS (
            at bigint,
            admitted boolean, -- the whole reservation; null: the call came too late and did nothing
            admits boolean,
            charged boolean,
            reserved bigint,
            quota bigint,
            period bigint,
            tat numeric,
            cells bigint[],
            amounts bigint[],
            amount bigint
        );
    END IF;
    IF installed < 2 THEN
        -- What was counted elsewhere and has been added: whoever got no answer asks once more.
        CREATE TABLE {schema}.merges (
            id text PRIMARY KEY,
            at bigint NOT NULL
        );
        CREATE INDEX merges_at ON {schema}.merges (at);
    END IF;

    -- --- functions, always those of this version -------------------------------------------------

    IF installed = 1 THEN
        -- It has got another parameter.
        DROP FUNCTION {schema}.merge(bigint, bigint, bytea[], text[], bigint[], bigint[], bigint[],
            bigint[], boolean[], bigint[], bigint[], numeric[], text[], text[], bigint[]);
    END IF;

    -- --- small things ----------------------------------------------------------------------------

    CREATE OR REPLACE FUNCTION {schema}.clock() RETURNS bigint LANGUAGE sql VOLATILE AS $f$
        SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000
    $f$;

    CREATE OR REPLACE FUNCTION {schema}.lock_of(key bytea)
        RETURNS bigint LANGUAGE sql IMMUTABLE AS $f$
        SELECT hashtextextended('{schema}' || encode(key, 'hex'), 0)
    $f$;

    -- Calls that share a counter follow one another; always in the same order, so none waits in a
    -- circle. The locks go with the transaction, and a refusal leaves nothing behind.
    CREATE OR REPLACE FUNCTION {schema}.lock_counters(keys bytea[])
        RETURNS void LANGUAGE plpgsql AS $f$
    BEGIN
        IF cardinality(keys) = 1 THEN
            PERFORM pg_advisory_xact_lock({schema}.lock_of(keys[1]));
            RETURN;
        END IF;
        PERFORM pg_advisory_xact_lock(l.number)
        FROM (SELECT DISTINCT {schema}.lock_of(k) AS number FROM unnest(keys) AS k
              ORDER BY 1 OFFSET 0) AS l;
    END $f$;

    CREATE OR REPLACE FUNCTION {schema}.clamp64(value numeric)
        RETURNS bigint LANGUAGE sql IMMUTABLE AS $f$
        SELECT least(greatest(value, -9223372036854775808), 9223372036854775807)::bigint
    $f$;

    CREATE OR REPLACE FUNCTION {schema}.clamp128(value numeric)
        RETURNS numeric LANGUAGE sql IMMUTABLE AS $f$
        SELECT least(value, 170141183460469231731687303715884105727)
    $f$;

    -- Rounded towards plus infinity; b > 0.
    CREATE OR REPLACE FUNCTION {schema}.ceil_div(a numeric, b numeric) RETURNS numeric
        LANGUAGE sql IMMUTABLE AS $f$
        SELECT div(a, b) + CASE WHEN mod(a, b) > 0 THEN 1 ELSE 0 END
    $f$;

    -- gcra::rescaled
    CREATE OR REPLACE FUNCTION {schema}.rescaled(tat numeric, from_quota bigint, from_period bigint,
        to_quota bigint, to_period bigint, now bigint) RETURNS numeric LANGUAGE sql IMMUTABLE AS $f$
        SELECT CASE
            WHEN from_quota = to_quota AND from_period = to_period THEN tat
            WHEN from_period = to_period THEN {schema}.clamp128(
                now::numeric * to_quota + greatest(0, tat - now::numeric * from_quota))
            ELSE {schema}.clamp128(now::numeric * to_quota
                + {schema}.ceil_div(greatest(0, tat - now::numeric * from_quota) * to_period,
                    from_period))
        END
    $f$;

    -- slidingwindow::cellAt, rescaledCell
    CREATE OR REPLACE FUNCTION {schema}.cell_at(now bigint, period bigint) RETURNS bigint
        LANGUAGE sql IMMUTABLE AS $f$
        SELECT {schema}.clamp64(div(now::numeric * 60, period::numeric))
    $f$;

    CREATE OR REPLACE FUNCTION {schema}.rescaled_cell(cell bigint, from_period bigint,
        to_period bigint, now bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $f$
        SELECT CASE
            WHEN cell < {schema}.cell_at(now, from_period) - 60 THEN -9223372036854775808
            ELSE least({schema}.clamp64(
                    {schema}.ceil_div((cell::numeric + 1) * from_period, to_period) - 1),
                {schema}.cell_at(now, to_period))
        END
    $f$;

    -- Adds cells to the others of a window.
    CREATE OR REPLACE FUNCTION {schema}.with_cells(INOUT c {schema}.counters, cells bigint[],
        amounts bigint[])
        LANGUAGE plpgsql IMMUTABLE AS $f$
    BEGIN
        SELECT coalesce(array_agg(s.cell ORDER BY s.cell), '{}'),
               coalesce(array_agg(s.amount ORDER BY s.cell), '{}')
        INTO c.cells, c.amounts
        FROM (SELECT u.cell, {schema}.clamp64(sum(u.amount)) AS amount
              FROM unnest(c.cells || with_cells.cells, c.amounts || with_cells.amounts)
                  AS u (cell, amount)
              GROUP BY u.cell) AS s;
    END $f$;

    -- Drops the cells that have left.
    CREATE OR REPLACE FUNCTION {schema}.with_live_cells(INOUT c {schema}.counters, now bigint)
        LANGUAGE plpgsql IMMUTABLE AS $f$
    DECLARE
        oldest bigint := {schema}.cell_at(now, c.period) - 60;
        gone integer := 0;
    BEGIN
        WHILE gone < cardinality(c.cells) AND c.cells[gone + 1] < oldest LOOP
            gone := gone + 1;
        END LOOP;
        IF gone > 0 THEN
            c.cells := c.cells[gone + 1:];
            c.amounts := c.amounts[gone + 1:];
        END IF;
    END $f$;

    -- --- one counter -----------------------------------------------------------------------------

    CREATE OR REPLACE FUNCTION {schema}.fresh(key bytea, algorithm text, quota bigint,
        period bigint, period_start bigint, period_end bigint, now bigint) RETURNS {schema}.counters
        LANGUAGE plpgsql IMMUTABLE AS $f$
    DECLARE
        c {schema}.counters;
    BEGIN
        c.key := key;
        c.algorithm := algorithm;
        c.quota := quota;
        c.period := period;
        c.tat := CASE WHEN algorithm = 'gcra' THEN now::numeric * quota END;
        c.cells := '{}';
        c.amounts := '{}';
        c.period_start := period_start;
        c.period_end := period_end;
        c.amount := 0;
        c.credited := 0;
        RETURN c;
    END $f$;

    CREATE OR REPLACE FUNCTION {schema}.save(c {schema}.counters)
        RETURNS void LANGUAGE plpgsql AS $f$
    DECLARE
        until numeric := CASE c.algorithm
            WHEN 'gcra' THEN c.tat / c.quota
            WHEN 'window' THEN (coalesce(c.cells[cardinality(c.cells)], 0)::numeric + 61)
                * c.period / 60
            ELSE (c.period_end::numeric + 3600000) * 1000000 -- should the clock be set back
        END;
    BEGIN
        -- Whole minutes, so that most charges leave the index alone.
        c.expires := least(ceil(until / 60000000000), 2147483647);
        UPDATE {schema}.counters AS t SET quota = c.quota, period = c.period, tat = c.tat,
            cells = c.cells, amounts = c.amounts, amount = c.amount, credited = c.credited,
            expires = c.expires
        WHERE t.key = c.key;
        IF NOT FOUND THEN
            INSERT INTO {schema}.counters VALUES (c.*);
        END IF;
    END $f$;

    -- The same used units under another rate; the marks of holds follow. Not saved.
    CREATE OR REPLACE FUNCTION {schema}.moved(INOUT c {schema}.counters, to_quota bigint,
        to_period bigint, now bigint) LANGUAGE plpgsql AS $f$
    DECLARE
        old {schema}.counters := c;
    BEGIN
        IF c.algorithm = 'gcra' THEN
            UPDATE {schema}.holds AS h SET mark = {schema}.rescaled(
                h.mark, old.quota, old.period, to_quota, to_period, now)
            WHERE h.counter = old.key;
            c.tat := {schema}.rescaled(c.tat, c.quota, c.period, to_quota, to_period, now);
        ELSIF c.period <> to_period THEN
            UPDATE {schema}.holds AS h
            SET mark = {schema}.rescaled_cell(h.mark::bigint, old.period, to_period, now)
            WHERE h.counter = old.key;
            c.cells := '{}';
            c.amounts := '{}';
            c := {schema}.with_cells(c, array_agg(s.cell), array_agg(s.amount))
            FROM (SELECT {schema}.rescaled_cell(u.cell, old.period, to_period, now) AS cell, u.amount
                  FROM unnest(old.cells, old.amounts) AS u (cell, amount)) AS s
            WHERE s.cell >= {schema}.cell_at(now, to_period) - 60;
        END IF;
        c.quota := to_quota;
        c.period := to_period;
        c.credited := 0;
    END $f$;

    -- The counter as it counts now, with what is held of it. An edit of the limit moves it at once,
    -- whether the request is admitted or not; a client's policy (keeps_rate) with a charge only.
    CREATE OR REPLACE FUNCTION {schema}.load(key bytea, algorithm text, quota bigint, period bigint,
        period_start bigint, period_end bigint, keeps_rate boolean, now bigint,
        OUT c {schema}.counters, OUT held numeric) LANGUAGE plpgsql AS $f$
    BEGIN
        -- Leases are a matter of the real clock.
        SELECT coalesce(sum(h.amount), 0) INTO held
        FROM {schema}.holds AS h JOIN {schema}.gateways AS g ON g.id = h.gateway
        WHERE h.counter = load.key AND g.lease_until > {schema}.clock();
        IF load.algorithm = 'slots' THEN
            RETURN;
        END IF;
        SELECT t.* INTO c FROM {schema}.counters AS t
        WHERE t.key = load.key AND t.algorithm = load.algorithm;
        IF NOT FOUND THEN
            c := {schema}.fresh(key, algorithm, quota, period, period_start, period_end, now);
        ELSIF NOT keeps_rate AND ((c.quota <> load.quota AND c.algorithm = 'gcra')
                OR c.period <> load.period) THEN
            c := {schema}.moved(c, quota, period, now);
            PERFORM {schema}.save(c);
        END IF;
    END $f$;

    CREATE OR REPLACE FUNCTION {schema}.admits(c {schema}.counters, held numeric, algorithm text,
        quota bigint, period bigint, extra bigint, cost bigint, now bigint) RETURNS boolean
        LANGUAGE plpgsql IMMUTABLE AS $f$
    DECLARE
        room numeric := {schema}.clamp64(quota::numeric + extra)::numeric - cost;
        oldest bigint;
        used numeric := 0;
    BEGIN
        IF room < 0 THEN
            RETURN false;
        END IF;
        CASE algorithm
        WHEN 'gcra' THEN
            RETURN {schema}.rescaled(c.tat, c.quota, c.period, quota, period, now)
                - now::numeric * quota <= room * period;
        WHEN 'window' THEN
            oldest := {schema}.cell_at(now, c.period) - 60;
            FOR i IN 1 .. cardinality(c.cells) LOOP
                IF c.cells[i] >= oldest THEN
                    used := used + c.amounts[i];
                END IF;
            END LOOP;
            RETURN used <= room;
        WHEN 'calendar' THEN
            RETURN c.amount <= room;
        ELSE
            RETURN held <= room;
        END CASE;
    END $f$;

    -- Adds to what load() has read, beyond the quota if need be. Not saved.
    CREATE OR REPLACE FUNCTION {schema}.charged(INOUT c {schema}.counters, quota bigint,
        period bigint, cost bigint, now bigint) LANGUAGE plpgsql AS $f$
    DECLARE
        current bigint;
        last integer;
    BEGIN
        CASE c.algorithm
        WHEN 'gcra' THEN
            IF c.quota <> charged.quota OR c.period <> charged.period THEN
                c := {schema}.moved(c, quota, period, now);
            END IF;
            c.tat := {schema}.clamp128(
                greatest(c.tat, now::numeric * c.quota) + cost::numeric * c.period);
        WHEN 'window' THEN
            c := {schema}.with_live_cells(c, now);
            c.quota := charged.quota;
            IF cost > 0 THEN
                current := {schema}.cell_at(now, c.period);
                last := cardinality(c.cells);
                IF last = 0 OR c.cells[last] < current THEN
                    last := last + 1;
                    c.cells[last] := current;
                    c.amounts[last] := 0;
                END IF;
                c.amounts[last] := {schema}.clamp64(c.amounts[last]::numeric + cost);
            END IF;
        ELSE
            c.quota := charged.quota;
            c.amount := {schema}.clamp64(c.amount::numeric + cost);
        END CASE;
    END $f$;

    -- Where a charge has gone: see holds.mark.
    CREATE OR REPLACE FUNCTION {schema}.mark_of(c {schema}.counters, now bigint) RETURNS numeric
        LANGUAGE sql IMMUTABLE AS $f$
        SELECT CASE c.algorithm
            WHEN 'gcra' THEN c.tat
            WHEN 'window' THEN greatest({schema}.cell_at(now, c.period),
                c.cells[cardinality(c.cells)])
            ELSE 0
        END
    $f$;

    -- --- calls -----------------------------------------------------------------------------------

    CREATE OR REPLACE FUNCTION {schema}.remember(gateway text, store text, number bigint,
        charges {schema}.charge[]) RETURNS void LANGUAGE plpgsql AS $f$
    BEGIN
        UPDATE {schema}.calls AS k SET number = remember.number, charges = remember.charges
        WHERE k.store = remember.store AND k.slot = remember.number % 4;
        IF NOT FOUND THEN
            INSERT INTO {schema}.calls VALUES (store, number % 4, number, gateway, charges);
        END IF;
    END $f$;

    -- Decides reservations, one after the other; each charges all its enforced steps or none. `of`
    -- says for each step which reservation it belongs to. Flags: 1 shadow, 2 held, 4 keeps the rate
    -- of its last charge. `test_now` is null but in tests. `store` and `number` are for undo().
    CREATE OR REPLACE FUNCTION {schema}.reserve(gateway text, store text, number bigint,
        not_after bigint, test_now bigint, reservations bytea[], of integer[], keys bytea[],
        algorithms text[], quotas bigint[], periods bigint[], extras bigint[], starts bigint[],
        ends bigint[], costs bigint[], flags integer[]) RETURNS SETOF {schema}.reading LANGUAGE plpgsql AS $f$
    DECLARE
        now bigint;
        first integer := 1;
        past integer; -- the step after the reservation's last
        counters {schema}.counters[];
        held numeric[];
        passes boolean[];
        loaded record;
        charges {schema}.charge[];
        c {schema}.counters;
        r {schema}.reading;
    BEGIN
        PERFORM {schema}.lock_counters(keys);
        now := {schema}.clock();
        r.at := coalesce(test_now, now);
        IF now > not_after THEN
            RETURN NEXT r;
            RETURN;
        END IF;
        now := r.at;
        WHILE first <= cardinality(keys) LOOP
            r.admitted := true;
            past := first;
            WHILE past <= cardinality(keys) AND of[past] = of[first] LOOP
                loaded := {schema}.load(keys[past], algorithms[past], quotas[past], periods[past],
                    starts[past], ends[past], flags[past] & 4 > 0, now);
                counters[past] := loaded.c;
                held[past] := loaded.held;
                passes[past] := {schema}.admits(loaded.c, loaded.held, algorithms[past],
                    quotas[past], periods[past], extras[past], costs[past], now);
                r.admitted := r.admitted AND (passes[past] OR flags[past] & 1 > 0);
                past := past + 1;
            END LOOP;
            FOR i IN first .. past - 1 LOOP
                c := counters[i];
                r.admits := passes[i];
                r.charged := r.admitted AND r.admits;
                IF r.charged AND algorithms[i] <> 'slots' THEN
                    c := {schema}.charged(c, quotas[i], periods[i], costs[i], now);
                    PERFORM {schema}.save(c);
                END IF;
                IF r.charged AND flags[i] & 2 = 0 AND costs[i] > 0 AND algorithms[i] <> 'slots' THEN
                    charges := charges || ROW(keys[i], costs[i], {schema}.mark_of(c, now), c.quota,
                        c.period, c.credited, coalesce(pg_sequence_last_value(
                            '{schema}.holds_id_seq'), 0))::{schema}.charge;
                ELSIF r.charged AND flags[i] & 2 > 0 THEN
                    INSERT INTO {schema}.holds (counter, reservation, gateway, amount, mark)
                    VALUES (keys[i], reservations[of[i]], reserve.gateway, costs[i],
                        coalesce({schema}.mark_of(c, now), 0))
                    ON CONFLICT DO NOTHING;
                    held[i] := held[i] + costs[i];
                END IF;
                r.reserved := {schema}.clamp64(held[i]);
                r.quota := c.quota;
                r.period := c.period;
                r.tat := c.tat;
                r.cells := c.cells;
                r.amounts := c.amounts;
                r.amount := CASE WHEN algorithms[i] = 'slots' THEN r.reserved ELSE c.amount END;
                RETURN NEXT r;
            END LOOP;
            first := past;
        END LOOP;
        IF charges IS NOT NULL THEN
            PERFORM {schema}.remember(gateway, store, number, charges);
        END IF;
    END $f$;

    -- A refund never gives back more than the hold still occupies, and what was admitted behind it
    -- moves up by the same amount. Not saved.
    CREATE OR REPLACE FUNCTION {schema}.given_back(INOUT c {schema}.counters, h {schema}.holds,
        amount bigint, now bigint) LANGUAGE plpgsql AS $f$
    DECLARE
        credit numeric;
        place integer;
    BEGIN
        CASE c.algorithm
        WHEN 'gcra' THEN
            credit := least(amount::numeric * c.period,
                greatest(0, h.mark - now::numeric * c.quota));
            IF credit > 0 THEN
                c.tat := c.tat - credit;
                c.credited := c.credited + credit;
                -- A mark that has passed occupies nothing, however low it is.
                UPDATE {schema}.holds AS newer SET mark = newer.mark - credit
                WHERE newer.counter = c.key AND newer.id > h.id
                    AND newer.mark > now::numeric * c.quota;
            END IF;
        WHEN 'window' THEN
            place := array_position(c.cells, h.mark::bigint);
            IF place IS NOT NULL AND h.mark >= {schema}.cell_at(now, c.period) - 60 THEN
                c.amounts[place] := greatest(0, c.amounts[place] - given_back.amount);
                IF c.amounts[place] = 0 THEN
                    c.cells := c.cells[:place - 1] || c.cells[place + 1:];
                    c.amounts := c.amounts[:place - 1] || c.amounts[place + 1:];
                END IF;
            END IF;
        ELSE
            c.amount := greatest(0, c.amount - given_back.amount);
        END CASE;
    END $f$;

    -- The excess goes to the cell of the admission, or to the current one if that has left.
    CREATE OR REPLACE FUNCTION {schema}.charged_more(INOUT c {schema}.counters, h {schema}.holds,
        amount bigint, now bigint) LANGUAGE plpgsql AS $f$
    DECLARE
        current bigint;
    BEGIN
        IF c.algorithm <> 'window' THEN
            c := {schema}.charged(c, c.quota, c.period, amount, now);
            RETURN;
        END IF;
        current := {schema}.cell_at(now, c.period);
        c := {schema}.with_live_cells(c, now);
        c := {schema}.with_cells(c, ARRAY[CASE WHEN h.mark >= current - 60 THEN h.mark::bigint
            ELSE current END], ARRAY[amount]);
    END $f$;

    -- Replaces what is held; does nothing where nothing is. Returns the clock.
    CREATE OR REPLACE FUNCTION {schema}.settle(test_now bigint, reservations bytea[], keys bytea[],
        actuals bigint[]) RETURNS bigint LANGUAGE plpgsql AS $f$
    DECLARE
        now bigint;
        c {schema}.counters;
        h {schema}.holds;
    BEGIN
        PERFORM {schema}.lock_counters(keys);
        now := coalesce(test_now, {schema}.clock());
        FOR i IN 1 .. cardinality(keys) LOOP
            DELETE FROM {schema}.holds AS gone
            WHERE gone.counter = keys[i] AND gone.reservation = reservations[i]
            RETURNING * INTO h;
            CONTINUE WHEN NOT FOUND OR h.amount = actuals[i];
            SELECT * INTO c FROM {schema}.counters AS t WHERE t.key = keys[i];
            CONTINUE WHEN NOT FOUND; -- slots
            IF actuals[i] < h.amount THEN
                c := {schema}.given_back(c, h, h.amount - actuals[i], now);
            ELSE
                c := {schema}.charged_more(c, h, actuals[i] - h.amount, now);
            END IF;
            PERFORM {schema}.save(c);
        END LOOP;
        RETURN {schema}.clock();
    END $f$;

    -- Gives back what a call has charged without a hold, if it has; `keys` are all that it may have
    -- charged. Does nothing a second time, nor to a counter that was reset or edited since. Returns
    -- the clock.
    CREATE OR REPLACE FUNCTION {schema}.undo(store text, number bigint, test_now bigint,
        keys bytea[])
        RETURNS bigint LANGUAGE plpgsql AS $f$
    DECLARE
        now bigint;
        done {schema}.calls;
        u {schema}.charge;
        c {schema}.counters;
        h {schema}.holds;
    BEGIN
        PERFORM {schema}.lock_counters(keys); -- waits for the call if it is still being carried out
        now := coalesce(test_now, {schema}.clock());
        DELETE FROM {schema}.calls AS k WHERE k.store = undo.store AND k.number = undo.number
        RETURNING * INTO done;
        FOREACH u IN ARRAY coalesce(done.charges, '{}') LOOP
            SELECT * INTO c FROM {schema}.counters AS t
            WHERE t.key = u.key AND t.quota = u.quota AND t.period = u.period
                AND t.credited >= u.credited;
            CONTINUE WHEN NOT FOUND;
            h.id := u.last_hold;
            -- Some of the credits since may not have been its own; it is taken for too little then.
            h.mark := u.mark - (c.credited - u.credited);
            c := {schema}.given_back(c, h, u.amount, now);
            PERFORM {schema}.save(c);
        END LOOP;
        RETURN {schema}.clock();
    END $f$;

    -- Adds what was counted elsewhere, unless that has been done under this id. The surplus of each
    -- counter is a state of its own; its cells are arrays as text. Returns the clock, or null if
    -- the call came too late and did nothing.
    CREATE OR REPLACE FUNCTION {schema}.merge(merge_id text, not_after bigint, test_now bigint,
        keys bytea[],
        algorithms text[], quotas bigint[], periods bigint[], starts bigint[], ends bigint[],
        keeps_rate boolean[], more_quotas bigint[], more_periods bigint[], more_tats numeric[],
        more_cells text[], more_amounts text[], more_amount bigint[]) RETURNS bigint
        LANGUAGE plpgsql AS $f$
    DECLARE
        now bigint;
        c {schema}.counters;
        other {schema}.counters;
        ahead numeric;
    BEGIN
        PERFORM {schema}.lock_counters(keys);
        now := {schema}.clock();
        IF now > not_after THEN
            RETURN NULL;
        END IF;
        INSERT INTO {schema}.merges VALUES (merge_id, now) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN now;
        END IF;
        now := coalesce(test_now, now);
        FOR i IN 1 .. cardinality(keys) LOOP
            CONTINUE WHEN algorithms[i] = 'slots'; -- they are held where they were taken
            -- Where nothing is added, nothing is moved either.
            CASE algorithms[i]
            WHEN 'gcra' THEN
                ahead := {schema}.rescaled(more_tats[i], more_quotas[i], more_periods[i], quotas[i],
                    periods[i], now) - now::numeric * quotas[i];
                CONTINUE WHEN ahead <= 0;
            WHEN 'window' THEN
                other := {schema}.fresh(keys[i], 'window', quotas[i], periods[i], 0, 0, now);
                other := {schema}.with_cells(other, array_agg(s.cell), array_agg(s.amount))
                FROM (SELECT {schema}.rescaled_cell(u.cell, periods[i], periods[i], now), u.amount
                      FROM unnest(more_cells[i]::bigint[], more_amounts[i]::bigint[])
                          AS u (cell, amount)) AS s (cell, amount)
                WHERE s.cell >= {schema}.cell_at(now, periods[i]) - 60 AND s.amount > 0;
                CONTINUE WHEN cardinality(other.cells) = 0;
            ELSE
                CONTINUE WHEN more_amount[i] = 0;
            END CASE;
            c := ({schema}.load(keys[i], algorithms[i], quotas[i], periods[i], starts[i], ends[i],
                keeps_rate[i], now)).c;
            c := {schema}.charged(c, quotas[i], periods[i], coalesce(more_amount[i], 0), now);
            IF algorithms[i] = 'gcra' THEN
                c.tat := {schema}.clamp128(c.tat + ahead);
            ELSIF algorithms[i] = 'window' THEN
                c := {schema}.with_cells(c, other.cells, other.amounts);
            END IF;
            PERFORM {schema}.save(c);
        END LOOP;
        RETURN {schema}.clock();
    END $f$;

    -- Empties counters. What is held of them is forgotten, so it gives nothing back. As merge().
    CREATE OR REPLACE FUNCTION {schema}.reset(not_after bigint, keys bytea[]) RETURNS bigint
        LANGUAGE plpgsql AS $f$
    BEGIN
        PERFORM {schema}.lock_counters(keys);
        IF {schema}.clock() > not_after THEN
            RETURN NULL;
        END IF;
        DELETE FROM {schema}.holds AS h WHERE h.counter = ANY (keys);
        DELETE FROM {schema}.counters AS c WHERE c.key = ANY (keys);
        DELETE FROM {schema}.calls AS k
        WHERE EXISTS (SELECT FROM unnest(k.charges) AS u WHERE u.key = ANY (reset.keys));
        RETURN {schema}.clock();
    END $f$;

    -- Says that a gateway lives for another `lease` ns, and takes away a bounded number of rows
    -- that say nothing any more; `swept` tells how many. Never waits for anybody's counter.
    CREATE OR REPLACE FUNCTION {schema}.renew(gateway text, lease bigint, most integer,
        OUT at bigint, OUT swept integer) LANGUAGE plpgsql AS $f$
    DECLARE
        removed integer;
    BEGIN
        at := {schema}.clock();
        INSERT INTO {schema}.gateways AS g VALUES (renew.gateway, at + lease)
        ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until;

        -- A gateway that was only cut off finds its holds again if it is back soon.
        DELETE FROM {schema}.holds AS h USING (
            SELECT t.counter, t.reservation FROM {schema}.holds AS t
            WHERE t.gateway NOT IN (SELECT g.id FROM {schema}.gateways AS g
                                    WHERE g.lease_until >= at - lease)
            LIMIT most FOR UPDATE SKIP LOCKED) AS dead
        WHERE h.counter = dead.counter AND h.reservation = dead.reservation;
        GET DIAGNOSTICS swept = ROW_COUNT;
        DELETE FROM {schema}.gateways AS g USING (
            SELECT t.id FROM {schema}.gateways AS t
            WHERE t.lease_until < at - lease
                AND NOT EXISTS (SELECT FROM {schema}.holds AS h WHERE h.gateway = t.id)
            LIMIT most FOR UPDATE SKIP LOCKED) AS dead
        WHERE g.id = dead.id;

        DELETE FROM {schema}.calls AS k USING (
            SELECT t.store, t.slot FROM {schema}.calls AS t
            WHERE NOT EXISTS (SELECT FROM {schema}.gateways AS g WHERE g.id = t.gateway)
            LIMIT most FOR UPDATE SKIP LOCKED) AS dead
        WHERE k.store = dead.store AND k.slot = dead.slot;

        DELETE FROM {schema}.merges AS m USING (
            SELECT t.id FROM {schema}.merges AS t
            WHERE t.at < renew.at - 604800000000000 -- a week
            LIMIT most FOR UPDATE SKIP LOCKED) AS old
        WHERE m.id = old.id;

        DELETE FROM {schema}.counters AS c USING (
            SELECT t.key FROM {schema}.counters AS t
            WHERE t.expires < at / 60000000000
                AND NOT EXISTS (SELECT FROM {schema}.holds AS h WHERE h.counter = t.key)
            ORDER BY t.expires LIMIT most FOR UPDATE SKIP LOCKED) AS idle
        WHERE c.key = idle.key;
        GET DIAGNOSTICS removed = ROW_COUNT;
        swept := swept + removed;
    END $f$;

    UPDATE {schema}.meta SET version = {version};
END $migration$;
