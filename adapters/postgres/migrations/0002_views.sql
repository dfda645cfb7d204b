-- Read models: which there are, how far each has come, and the one that is kept inside the append.

-- Every version of every read model. Of one name at most one is served; the rows of version n lie in tables <table>_v<n>,
-- and the views that questions are asked of bear the tables' plain names. One that is `held` is made and followed, and
-- switched to only when asked.
CREATE TABLE read_models (
    name        text COLLATE "C" NOT NULL,
    version     integer NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    state       text COLLATE "C" NOT NULL CHECK (state IN ('booting', 'active', 'paused', 'failed', 'retired')),
    position    bigint NOT NULL DEFAULT 0,
    tables      text[] NOT NULL,
    held        boolean NOT NULL DEFAULT false,
    error       text COLLATE "C",
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    moved_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, version)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX read_models_served_idx ON read_models (name) WHERE state IN ('active', 'paused', 'failed');

-- Streams that wait in one read model from a fact on that it could not take; `again` asks its runner to try once more.
CREATE TABLE parked_streams (
    name      text COLLATE "C" NOT NULL,
    version   integer NOT NULL,
    stream    text COLLATE "C" NOT NULL,
    position  bigint NOT NULL,
    topic     text COLLATE "C" NOT NULL,
    error     text COLLATE "C" NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    again     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (name, version, stream),
    FOREIGN KEY (name, version) REFERENCES read_models ON DELETE CASCADE
);

-- Note how far versions have come together. Whoever finds that somebody else moved, paused or retired one of them
-- keeps nothing of what they did.
CREATE FUNCTION move_read_models(names text[], versions integer[], before bigint, after bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    moved integer;
BEGIN
    UPDATE read_models m SET position = after, moved_at = clock_timestamp(), error = NULL
    FROM unnest(names, versions) AS w(name, version)
    WHERE m.name = w.name AND m.version = w.version AND m.position = before AND m.state IN ('booting', 'active');
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> cardinality(names) THEN
        RAISE EXCEPTION 'a read model was moved, paused or retired by somebody else';
    END IF;
END $$;

-- Make a page's changes in every version's tables, and move them all: one call, so that a page costs one journey.
CREATE FUNCTION store_page(names text[], versions integer[], changes text[], before bigint, after bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1 .. cardinality(names) LOOP
        IF changes[n] <> '' THEN
            EXECUTE format('SELECT apply_%s_v%s($1::json)', names[n], versions[n]) USING changes[n];
        END IF;
    END LOOP;
    PERFORM move_read_models(names, versions, before, after);
END $$;

-- Which version of the access model every append keeps; 0 while there is none.
ALTER TABLE head ADD COLUMN access_version integer NOT NULL DEFAULT 0;

DROP FUNCTION append;

-- Store a batch of decided requests, or say of each why not. One call, one transaction, one lock.
--
-- Requests and facts come as arrays, one element each; a fact repeats what it has of its request, because joining
-- them here would cost more than sending it. `last_facts` is, for each request, how many facts there are up to its end.
-- `streams`/`versions`: every stream the batch read, once, with its head as it was read. `reads` (JSON) lists for each
-- request which of them (from 0) it read and which it writes. Where something is in the way and `reads` is null, nothing
-- is stored and `first_position` is null: the caller asks again with it. The answer's `fates` is null when every request
-- was stored; otherwise one object per request.
--
-- `access` (JSON) lists for each table of the access model the rows that the facts change, with the request `r` each comes
-- from. Its active version is read under the lock: a caller who knows another is told it in `other_access`, and nothing
-- is stored.
CREATE FUNCTION append(
    callers text[], command_ids uuid[], fingerprints bytea[], codes text[], logged boolean[],
    things text[], own_versions bigint[], last_facts integer[],
    streams text[], versions bigint[], reads text,
    fact_requests integer[], fact_streams text[], fact_versions bigint[], topics text[], states bytea[],
    happened timestamptz[], actors text[], fact_callers text[], fact_commands uuid[],
    correlations text[], causations text[],
    sealed_requests integer[], sealed_subjects text[], clock_offset interval,
    access_version integer, access json,
    OUT first_position bigint, OUT first_recorded_at timestamptz, OUT fates jsonb, OUT other_access integer
) LANGUAGE plpgsql AS $$
DECLARE
    log head%ROWTYPE;
    tick interval := '1 microsecond';
    facts_count integer := coalesce(array_length(fact_requests, 1), 0);
    accepted boolean[];
    digests bytea[];
    digest bytea;
    links bytea[] := '{}';
    tail bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || '.append', 0));
    SELECT * INTO STRICT log FROM head;
    IF log.access_version <> access_version THEN
        other_access := log.access_version;
        RETURN;
    END IF;
    first_position := log.position + 1;
    first_recorded_at := greatest(clock_timestamp() + clock_offset, log.recorded_at + tick);

    -- Whether anything is in the way: a known command, a stream that moved, a fenced subject.
    IF EXISTS (
        SELECT FROM unnest(callers, command_ids) AS q(caller, id)
        JOIN command_log l ON l.caller = q.caller AND l.command_id = q.id
    ) OR EXISTS (
        SELECT FROM unnest(streams, versions) AS g(stream, version)
        WHERE g.version <> coalesce((
            SELECT f.originator_version FROM facts f
            WHERE f.originator_id = g.stream ORDER BY f.originator_version DESC LIMIT 1
        ), 0)
    ) OR EXISTS (
        SELECT FROM subject_fences WHERE subject = ANY (sealed_subjects)
    ) THEN
        IF reads IS NULL THEN
            first_position := NULL;
            RETURN;
        END IF;
        fates := settle(callers, command_ids, fingerprints, streams, versions, reads, sealed_requests, sealed_subjects);
        SELECT array_agg(fate->>'fate' = 'stored' ORDER BY n) INTO accepted
        FROM jsonb_array_elements(fates) WITH ORDINALITY AS f(fate, n);
        SELECT array_agg(t.r ORDER BY n), array_agg(t.s ORDER BY n), array_agg(t.v ORDER BY n),
               array_agg(t.topic ORDER BY n), array_agg(t.state ORDER BY n), array_agg(t.at ORDER BY n),
               array_agg(t.actor ORDER BY n), array_agg(t.caller ORDER BY n), array_agg(t.command ORDER BY n),
               array_agg(t.correlation ORDER BY n), array_agg(t.causation ORDER BY n)
        INTO fact_requests, fact_streams, fact_versions, topics, states, happened,
             actors, fact_callers, fact_commands, correlations, causations
        FROM unnest(fact_requests, fact_streams, fact_versions, topics, states, happened,
                    actors, fact_callers, fact_commands, correlations, causations)
             WITH ORDINALITY AS t(r, s, v, topic, state, at, actor, caller, command, correlation, causation, n)
        WHERE accepted[t.r];
        facts_count := coalesce(array_length(fact_requests, 1), 0);
        last_facts := ARRAY(
            SELECT (SELECT count(*) FROM unnest(fact_requests) AS f(request) WHERE f.request <= q.n)
            FROM generate_subscripts(callers, 1) AS q(n) ORDER BY q.n
        );
    END IF;

    digests := ARRAY(
        SELECT fact_digest(
            log.position + f.n, f.stream, f.version, f.topic, f.state, first_recorded_at + (f.n - 1) * tick,
            f.at, f.actor, f.caller, f.command, f.correlation, f.causation
        )
        FROM unnest(fact_streams, fact_versions, topics, states, happened,
                    actors, fact_callers, fact_commands, correlations, causations)
             WITH ORDINALITY AS f(stream, version, topic, state, at, actor, caller, command, correlation, causation, n)
        ORDER BY f.n
    );
    tail := log.link;
    FOREACH digest IN ARRAY digests LOOP
        tail := sha256(tail || digest);
        links := links || tail;
    END LOOP;

    WITH stored AS (
        INSERT INTO facts
        SELECT f.stream, f.version, f.topic, f.state, log.position + f.n, encode(substr(f.digest, 1, 16), 'hex')::uuid,
               first_recorded_at + (f.n - 1) * tick, f.at, f.actor, f.caller, f.command, f.correlation, f.causation,
               f.link
        FROM unnest(fact_streams, fact_versions, topics, states, happened,
                    actors, fact_callers, fact_commands, correlations, causations, digests, links)
             WITH ORDINALITY
             AS f(stream, version, topic, state, at, actor, caller, command, correlation, causation, digest, link, n)
    ), answered AS (
        INSERT INTO command_log
        SELECT q.caller, q.command_id, q.fingerprint, q.code, q.thing, q.version, log.position + q.last_fact,
               first_recorded_at
        FROM unnest(callers, command_ids, fingerprints, codes, logged, things, own_versions, last_facts)
             WITH ORDINALITY AS q(caller, command_id, fingerprint, code, logged, thing, version, last_fact, n)
        WHERE q.logged AND (accepted IS NULL OR accepted[q.n])
    )
    UPDATE head SET position = log.position + facts_count,
                    recorded_at = first_recorded_at + (facts_count - 1) * tick, link = tail
    WHERE facts_count > 0;

    IF access IS NOT NULL AND log.access_version > 0 THEN
        EXECUTE format('SELECT apply_access_v%s($1, $2)', log.access_version) USING access, accepted;
    END IF;
END $$;
