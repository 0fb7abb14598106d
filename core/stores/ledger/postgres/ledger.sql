-- SPDX-License-Identifier: GPL-3.0-or-later
-- The ledger that the gateways share in PostgreSQL, version {version}: rows, sums by hour and day, the audit.
-- Run it as a whole, in any client; it does nothing where it has run before. docs/ledger.md explains it.
--
-- Times end in _ms: milliseconds since 1970, UTC. What is 0 or 1 in the views is 0 or 1 here too.
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
    IF installed >= 1 THEN
        RETURN;
    END IF;

    -- --- version 1 -------------------------------------------------------------------------------

    -- What the gateways have written in the last days: an answer that was lost is asked for again
    -- under the same id, and nothing is written twice.
    CREATE TABLE {schema}.batches (
        id uuid PRIMARY KEY,
        time_ms bigint NOT NULL
    );
    CREATE INDEX batches_time ON {schema}.batches (time_ms);

    CREATE TABLE {schema}.ledger (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        time_ms bigint NOT NULL,
        request_id text NOT NULL,
        key text NOT NULL,
        owner text NOT NULL,
        team text NOT NULL,
        "user" text NOT NULL,
        properties text NOT NULL,
        router text NOT NULL,
        provider text NOT NULL,
        model text NOT NULL,
        method text NOT NULL,
        path text NOT NULL,
        client text NOT NULL,
        status integer NOT NULL,
        outcome text NOT NULL,
        verdict text NOT NULL,
        binding_limit text NOT NULL,
        chain text NOT NULL,
        retries integer NOT NULL,
        stream smallint NOT NULL,
        refused smallint NOT NULL,
        error smallint NOT NULL,
        duration_us bigint NOT NULL,
        first_byte_us bigint,
        overhead_us bigint NOT NULL,
        input_tokens bigint,
        cached_input_tokens bigint,
        cache_write_tokens bigint,
        cache_write_1h_tokens bigint,
        output_tokens bigint,
        reasoning_tokens bigint,
        input_source text NOT NULL,
        output_source text NOT NULL,
        micro_cents bigint,
        unpriced smallint NOT NULL,
        estimated smallint NOT NULL,
        bytes bigint NOT NULL,
        note text NOT NULL
    );
    CREATE INDEX ledger_time ON {schema}.ledger (time_ms, id);

    CREATE TABLE {schema}.lost_requests (
        minute_ms bigint PRIMARY KEY,
        requests bigint NOT NULL
    );

    -- What sums are of. Kinds: 0 key, owner, team, router, provider, model and status; 1 the end
    -- user (value); 2 the value of one property.
    CREATE TABLE {schema}.rollup_group (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        hash bytea NOT NULL UNIQUE, -- of all that follows but the last; names may be long
        kind smallint NOT NULL,
        property text NOT NULL,
        value text NOT NULL,
        key text NOT NULL,
        owner text NOT NULL,
        team text NOT NULL,
        router text NOT NULL,
        provider text NOT NULL,
        model text NOT NULL,
        status integer NOT NULL,
        last_day_ms bigint NOT NULL -- that has a sum
    );

    CREATE TABLE {schema}.rollup_hourly (
        kind smallint NOT NULL,
        time_ms bigint NOT NULL,
        grp bigint NOT NULL,
{sum_columns}
        PRIMARY KEY (kind, time_ms, grp)
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

    CREATE TABLE {schema}.rollup_daily (
        kind smallint NOT NULL,
        time_ms bigint NOT NULL,
        grp bigint NOT NULL,
{sum_columns}
        PRIMARY KEY (kind, time_ms, grp)
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

    -- Properties that every gateway sums up, and since when all requests are in these sums.
    CREATE TABLE {schema}.rollup_property (
        name text PRIMARY KEY,
        since_ms bigint NOT NULL,
        wanted_ms bigint NOT NULL -- when a gateway has asked for it last
    );

    CREATE TABLE {schema}.audit_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        origin text NOT NULL, -- the file of a gateway that the entry was copied from
        origin_id bigint NOT NULL, -- and its id there
        time_ms bigint NOT NULL,
        actor text NOT NULL,
        action text NOT NULL,
        subject text NOT NULL,
        value text NOT NULL,
        before text NOT NULL,
        after text NOT NULL,
        UNIQUE (origin, origin_id)
    );
    CREATE FUNCTION {schema}.keep_audit() RETURNS trigger LANGUAGE plpgsql AS $f$
    BEGIN
        RAISE EXCEPTION 'the audit is append-only';
    END $f$;
    CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON {schema}.audit_log
        FOR EACH ROW EXECUTE FUNCTION {schema}.keep_audit();
    CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON {schema}.audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION {schema}.keep_audit();

    -- --- what people read ------------------------------------------------------------------------

    CREATE FUNCTION {schema}.time_text(ms bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
        SELECT to_char(timestamp 'epoch' + ms * interval '1 millisecond',
            'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    $f$;

    CREATE FUNCTION {schema}.full_model(provider text, model text) RETURNS text
    LANGUAGE sql IMMUTABLE AS $f$
        SELECT CASE WHEN model = '' OR provider = '' THEN model ELSE provider || '/' || model END
    $f$;

    CREATE VIEW {schema}.requests AS SELECT
        id, {schema}.time_text(time_ms) AS time, time_ms, request_id, key, owner, team, "user",
        properties, router, provider, {schema}.full_model(provider, model) AS model, method, path,
        client, status, outcome, verdict, binding_limit, chain, retries, stream,
        CASE WHEN refused = 0 AND outcome <> 'rejected' THEN 1 ELSE 0 END AS admitted,
        refused, error, duration_us, first_byte_us, overhead_us, input_tokens,
        cached_input_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
        reasoning_tokens, input_source, output_source, micro_cents, unpriced, estimated, bytes,
        note
    FROM {schema}.ledger;

    CREATE VIEW {schema}.usage_hourly AS SELECT
        replace({schema}.time_text(time_ms), '.000Z', 'Z') AS time, time_ms, key, owner, team,
        router, provider, {schema}.full_model(provider, model) AS model, status,
        {sum_names}
    FROM {schema}.rollup_hourly AS s JOIN {schema}.rollup_group AS g ON g.id = s.grp
    WHERE s.kind = 0;

    CREATE VIEW {schema}.usage_daily AS SELECT
        replace({schema}.time_text(time_ms), '.000Z', 'Z') AS time, time_ms, key, owner, team,
        router, provider, {schema}.full_model(provider, model) AS model, status,
        {sum_names}
    FROM {schema}.rollup_daily AS s JOIN {schema}.rollup_group AS g ON g.id = s.grp
    WHERE s.kind = 0;

    CREATE VIEW {schema}.usage_hourly_by_user AS SELECT
        replace({schema}.time_text(time_ms), '.000Z', 'Z') AS time, time_ms, value AS "user",
        {sum_names}
    FROM {schema}.rollup_hourly AS s JOIN {schema}.rollup_group AS g ON g.id = s.grp
    WHERE s.kind = 1;

    CREATE VIEW {schema}.usage_hourly_by_property AS SELECT
        replace({schema}.time_text(time_ms), '.000Z', 'Z') AS time, time_ms, property, value,
        {sum_names}
    FROM {schema}.rollup_hourly AS s JOIN {schema}.rollup_group AS g ON g.id = s.grp
    WHERE s.kind = 2;

    CREATE VIEW {schema}.audit AS SELECT
        id, {schema}.time_text(time_ms) AS time, time_ms, actor, action, subject, value, before,
        after
    FROM {schema}.audit_log;

    -- As SQLite has them, for statements that both understand.
    CREATE FUNCTION {schema}.unixepoch(moment text) RETURNS bigint LANGUAGE sql STABLE AS $f$
        SELECT floor(extract(epoch FROM moment::timestamptz))::bigint
    $f$;
    CREATE FUNCTION {schema}.unixepoch(moment text, modifier text) RETURNS bigint
    LANGUAGE sql STABLE AS $f$
        SELECT floor(extract(epoch FROM date_trunc(replace(modifier, 'start of ', ''),
            moment::timestamptz AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'))::bigint
    $f$;
    CREATE FUNCTION {schema}.json_extract(document text, place text) RETURNS text
    LANGUAGE sql STABLE AS $f$
        SELECT jsonb_path_query_first(document::jsonb, place::jsonpath) #>> '{}'
    $f$;

    -- --- writing ---------------------------------------------------------------------------------

    CREATE FUNCTION {schema}.group_hash(kind integer, property text, value text, key text,
        owner text, team text, router text, provider text, model text, status integer)
    RETURNS bytea LANGUAGE sql IMMUTABLE AS $f$
        SELECT sha256(convert_to(concat(kind, ':', status, ':', length(property), property,
            ':', length(value), value, ':', length(key), key, ':', length(owner), owner,
            ':', length(team), team, ':', length(router), router, ':', length(provider), provider,
            ':', model), 'UTF8'))
    $f$;

    -- Sums stop at the largest number.
    CREATE FUNCTION {schema}.plus(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $f$
        SELECT CASE WHEN b > 0 AND a > 9223372036854775807 - b THEN 9223372036854775807
            ELSE a + b END
    $f$;

    -- Who writes shares this lock; who changes what others rely on has it alone.
    CREATE FUNCTION {schema}.lock_key() RETURNS bigint LANGUAGE sql STABLE AS $f$
        SELECT hashtextextended('sluice ledger {schema}', 0)
    $f$;

    -- First thing in a transaction that writes. SL001: the properties are others; SL002: this batch
    -- has been written before.
    CREATE FUNCTION {schema}.begin_batch(batch uuid, now_ms bigint, properties text[])
    RETURNS void LANGUAGE plpgsql AS $f$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared({schema}.lock_key());
        IF properties IS DISTINCT FROM
            ARRAY(SELECT name FROM {schema}.rollup_property ORDER BY name COLLATE "C") THEN
            RAISE EXCEPTION 'other properties' USING ERRCODE = 'SL001';
        END IF;
        BEGIN
            INSERT INTO {schema}.batches VALUES (batch, now_ms);
        EXCEPTION WHEN unique_violation THEN
            RAISE EXCEPTION 'written before' USING ERRCODE = 'SL002';
        END;
    END $f$;

    -- Adds sums by hour, and by day. Always in the same order, so that no two gateways wait for
    -- one another in a circle.
    CREATE FUNCTION {schema}.add_sums(hours bigint[], kinds integer[], properties text[],
        "values" text[], keys text[], owners text[], teams text[], routers text[],
        providers text[], models text[], statuses integer[], {sum_parameters})
    RETURNS void LANGUAGE plpgsql AS $f$
    DECLARE
        hashes bytea[] := ARRAY(
            SELECT {schema}.group_hash(k, p, v, a, o, t, r, d, m, s)
            FROM unnest(kinds, properties, "values", keys, owners, teams, routers, providers,
                models, statuses) WITH ORDINALITY AS x(k, p, v, a, o, t, r, d, m, s, n)
            ORDER BY n);
        ids bigint[];
    BEGIN
        INSERT INTO {schema}.rollup_group (hash, kind, property, value, key, owner, team, router,
            provider, model, status, last_day_ms)
        SELECT DISTINCT ON (x.h) x.h, k, p, v, a, o, t, r, d, m, s, hour - hour % 86400000
        FROM unnest(hashes, kinds, properties, "values", keys, owners, teams, routers, providers,
            models, statuses, hours) AS x(h, k, p, v, a, o, t, r, d, m, s, hour)
        LEFT JOIN {schema}.rollup_group AS known ON known.hash = x.h
        WHERE known.id IS NULL OR known.last_day_ms < hour - hour % 86400000
        ORDER BY x.h, hour DESC
        ON CONFLICT (hash) DO UPDATE
            SET last_day_ms = greatest(rollup_group.last_day_ms, excluded.last_day_ms);
        ids := ARRAY(
            SELECT known.id FROM unnest(hashes) WITH ORDINALITY AS x(h, n)
            JOIN {schema}.rollup_group AS known ON known.hash = x.h ORDER BY n);
        IF cardinality(ids) <> cardinality(hours) THEN
            RAISE EXCEPTION 'groups have gone' USING ERRCODE = '40001';
        END IF;
        INSERT INTO {schema}.rollup_hourly AS old
        SELECT kind, hour, grp, {sum_of_figures}
        FROM unnest(ids, kinds, hours, {sum_figures}) AS x(grp, kind, hour, {sum_names})
        GROUP BY kind, hour, grp ORDER BY kind, hour, grp
        ON CONFLICT (kind, time_ms, grp) DO UPDATE SET {sum_updates};
        INSERT INTO {schema}.rollup_daily AS old
        SELECT kind, hour - hour % 86400000, grp, {sum_of_figures}
        FROM unnest(ids, kinds, hours, {sum_figures}) AS x(grp, kind, hour, {sum_names})
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (kind, time_ms, grp) DO UPDATE SET {sum_updates};
    END $f$;

    CREATE FUNCTION {schema}.add_lost(minutes bigint[], counts bigint[])
    RETURNS void LANGUAGE sql AS $f$
        INSERT INTO {schema}.lost_requests AS old
        SELECT * FROM unnest(minutes, counts) AS x(minute, requests) ORDER BY minute
        ON CONFLICT (minute_ms) DO UPDATE SET requests = old.requests + excluded.requests
    $f$;

    -- A gateway wants sums of these properties; all gateways make them from now on. Gives all
    -- properties.
    CREATE FUNCTION {schema}.want_properties(names text[], now_ms bigint)
    RETURNS text[] LANGUAGE plpgsql AS $f$
    BEGIN
        IF EXISTS (SELECT 1 FROM unnest(names) AS n
                WHERE NOT EXISTS (SELECT 1 FROM {schema}.rollup_property WHERE name = n)) THEN
            PERFORM pg_advisory_xact_lock({schema}.lock_key());
            INSERT INTO {schema}.rollup_property
            SELECT n, CASE WHEN EXISTS (SELECT 1 FROM {schema}.rollup_group) THEN now_ms ELSE 0 END,
                now_ms
            FROM unnest(names) AS n ORDER BY n
            ON CONFLICT (name) DO NOTHING;
        END IF;
        UPDATE {schema}.rollup_property SET wanted_ms = now_ms
        WHERE name = ANY(names) AND wanted_ms < now_ms - 3600000;
        RETURN ARRAY(SELECT name FROM {schema}.rollup_property ORDER BY name COLLATE "C");
    END $f$;

    -- Sums that were made without these properties have come: theirs are whole from now on only.
    CREATE FUNCTION {schema}.break_properties(made text[], now_ms bigint)
    RETURNS void LANGUAGE sql AS $f$
        UPDATE {schema}.rollup_property SET since_ms = now_ms WHERE name <> ALL(made)
    $f$;

    -- Removes some of what is older than these times; one gateway at a time. True: there is more.
    CREATE FUNCTION {schema}.clean(rows_ms bigint, hourly_ms bigint, daily_ms bigint, now_ms bigint,
        most integer)
    RETURNS boolean LANGUAGE plpgsql AS $f$
    DECLARE
        kinds integer;
        removed bigint;
        is_more boolean;
    BEGIN
        IF NOT pg_try_advisory_xact_lock({schema}.lock_key() + 1) THEN
            RETURN false;
        END IF;
        DELETE FROM {schema}.ledger WHERE id = ANY(ARRAY(
            SELECT id FROM {schema}.ledger WHERE time_ms < rows_ms ORDER BY time_ms, id LIMIT most));
        GET DIAGNOSTICS removed = ROW_COUNT;
        is_more := removed >= most;
        FOR kinds IN 0..2 LOOP
            DELETE FROM {schema}.rollup_hourly WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM {schema}.rollup_hourly
                WHERE kind = kinds AND time_ms < hourly_ms LIMIT most));
            GET DIAGNOSTICS removed = ROW_COUNT;
            is_more := is_more OR removed >= most;
            DELETE FROM {schema}.rollup_daily WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM {schema}.rollup_daily
                WHERE kind = kinds AND time_ms < daily_ms LIMIT most));
            GET DIAGNOSTICS removed = ROW_COUNT;
            is_more := is_more OR removed >= most;
        END LOOP;
        DELETE FROM {schema}.lost_requests WHERE minute_ms < rows_ms;
        DELETE FROM {schema}.batches WHERE id = ANY(ARRAY(
            SELECT id FROM {schema}.batches WHERE time_ms < now_ms - 604800000 LIMIT most));
        -- Groups without sums, and properties that nobody wants: only while nobody writes.
        IF NOT is_more AND pg_try_advisory_xact_lock({schema}.lock_key()) THEN
            DELETE FROM {schema}.rollup_group
            WHERE last_day_ms < least(hourly_ms, daily_ms) - 86400000;
            DELETE FROM {schema}.rollup_property WHERE wanted_ms < now_ms - 86400000;
        END IF;
        RETURN is_more;
    END $f$;

    -- Sums of an end user (kind 1, without a key) or of a key (kind 0) go to the group `nobody`.
    -- Gives how many groups have lost their name.
    CREATE FUNCTION {schema}.forget_sums(forgotten integer, name text, nobody text)
    RETURNS bigint LANGUAGE plpgsql AS $f$
    DECLARE
        old_ids bigint[];
        new_ids bigint[];
    BEGIN
        PERFORM pg_advisory_xact_lock({schema}.lock_key());
        INSERT INTO {schema}.rollup_group (hash, kind, property, value, key, owner, team, router,
            provider, model, status, last_day_ms)
        SELECT {schema}.group_hash(kind, property, v, k, owner, team, router, provider, model,
            status), kind, property, v, k, owner, team, router, provider, model, status, last_day_ms
        FROM (SELECT *, CASE WHEN kind = 1 THEN nobody ELSE value END AS v,
                CASE WHEN kind = 0 THEN nobody ELSE key END AS k
            FROM {schema}.rollup_group
            WHERE kind = forgotten AND CASE kind WHEN 1 THEN value ELSE key END = name) AS named
        ON CONFLICT (hash) DO UPDATE
            SET last_day_ms = greatest(rollup_group.last_day_ms, excluded.last_day_ms);
        SELECT array_agg(g.id ORDER BY g.id), array_agg(n.id ORDER BY g.id) INTO old_ids, new_ids
        FROM {schema}.rollup_group AS g JOIN {schema}.rollup_group AS n
            ON n.hash = {schema}.group_hash(g.kind, g.property,
                CASE WHEN g.kind = 1 THEN nobody ELSE g.value END,
                CASE WHEN g.kind = 0 THEN nobody ELSE g.key END,
                g.owner, g.team, g.router, g.provider, g.model, g.status)
        WHERE g.kind = forgotten AND CASE g.kind WHEN 1 THEN g.value ELSE g.key END = name
            AND g.id <> n.id;
        IF old_ids IS NULL THEN
            RETURN 0;
        END IF;
        INSERT INTO {schema}.rollup_hourly AS old
        SELECT kind, time_ms, target, {sum_of_figures}
        FROM {schema}.rollup_hourly AS x JOIN unnest(old_ids, new_ids) AS m(source, target)
            ON x.grp = m.source
        WHERE kind = forgotten GROUP BY 1, 2, 3
        ON CONFLICT (kind, time_ms, grp) DO UPDATE SET {sum_updates};
        DELETE FROM {schema}.rollup_hourly WHERE kind = forgotten AND grp = ANY(old_ids);
        INSERT INTO {schema}.rollup_daily AS old
        SELECT kind, time_ms, target, {sum_of_figures}
        FROM {schema}.rollup_daily AS x JOIN unnest(old_ids, new_ids) AS m(source, target)
            ON x.grp = m.source
        WHERE kind = forgotten GROUP BY 1, 2, 3
        ON CONFLICT (kind, time_ms, grp) DO UPDATE SET {sum_updates};
        DELETE FROM {schema}.rollup_daily WHERE kind = forgotten AND grp = ANY(old_ids);
        DELETE FROM {schema}.rollup_group WHERE id = ANY(old_ids);
        RETURN cardinality(old_ids);
    END $f$;

    UPDATE {schema}.meta SET version = 1;
END $migration$;
