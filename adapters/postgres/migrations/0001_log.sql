-- The log: facts in one order, the requests that made them, and what proves that nobody touched it.

CREATE TABLE facts (
    originator_id      text COLLATE "C" NOT NULL,
    originator_version bigint NOT NULL,
    topic              text COLLATE "C" NOT NULL,
    state              bytea NOT NULL,
    notification_id    bigint NOT NULL,
    event_id           uuid NOT NULL,
    recorded_at        timestamptz NOT NULL,
    happened_at        timestamptz NOT NULL,
    actor              text COLLATE "C" NOT NULL,
    caller             text COLLATE "C" NOT NULL,
    command_id         uuid,
    correlation        text COLLATE "C" NOT NULL,
    causation          text COLLATE "C" NOT NULL,
    link               bytea NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    -- Nothing is ever updated or deleted here: vacuum only has to freeze and to keep the statistics.
    autovacuum_vacuum_insert_scale_factor = 0.5,
    autovacuum_analyze_scale_factor = 0.05
);
CREATE UNIQUE INDEX facts_notification_id_idx ON facts (notification_id);

-- One row: where the log ends. Positions have no gaps, so that a missing row shows.
CREATE TABLE head (
    only_one    boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    position    bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    link        bytea NOT NULL,
    epoch       uuid NOT NULL
) WITH (fillfactor = 10);
INSERT INTO head (position, recorded_at, link, epoch)
VALUES (0, '-infinity', sha256(''), gen_random_uuid());

-- How each request ended: a code, ids and a position, never content.
CREATE TABLE command_log (
    caller      text COLLATE "C" NOT NULL,
    command_id  uuid NOT NULL,
    fingerprint bytea NOT NULL,
    code        text COLLATE "C" NOT NULL,
    thing       text COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    position    bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (caller, command_id)
);
CREATE INDEX command_log_recorded_at_idx ON command_log USING brin (recorded_at);

-- Data keys, wrapped by a key-encryption key that this database never sees.
CREATE TABLE subject_keys (
    subject   text COLLATE "C" NOT NULL,
    purpose   text COLLATE "C" NOT NULL,
    epoch     integer NOT NULL,
    kek_epoch integer NOT NULL,
    wrapped   bytea NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (subject, purpose, epoch)
);

-- A fence tells "erased" from "never had": behind it no key is made and no append seals.
CREATE TABLE subject_fences (
    subject   text COLLATE "C" PRIMARY KEY,
    fenced_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The version of the last fact of a stream, 0 where there is none.
CREATE FUNCTION stream_head(stream text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT originator_version FROM facts WHERE originator_id = stream ORDER BY originator_version DESC LIMIT 1
    ), 0)
$$;

-- What a fact is, to the bit: every column counts, in an encoding that `adapters/postgres/chain.py` repeats.
-- The chain: link = sha256(previous link || digest), from sha256('') on; a fact's event_id is half of its digest.
CREATE FUNCTION fact_digest(
    "position" bigint, stream text, version bigint, topic text, state bytea,
    recorded_at timestamptz, happened_at timestamptz, actor text, caller text, command_id uuid,
    correlation text, causation text
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to(concat_ws(
        E'\n', "position", stream, version, topic,
        (extract(epoch FROM recorded_at) * 1000000)::bigint, (extract(epoch FROM happened_at) * 1000000)::bigint,
        actor, caller, coalesce(command_id::text, ''), correlation, causation, ''
    ), 'UTF8') || state)
$$;

-- The fate of every request of an obstructed batch, in order. Whoever rests on a stream that moved, or on a request
-- that was not stored, is decided again.
CREATE FUNCTION settle(
    callers text[], command_ids uuid[], fingerprints bytea[], streams text[], versions bigint[], reads text,
    sealed_requests integer[], sealed_subjects text[]
) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    answer jsonb := '[]';
    fate text;
    known command_log%ROWTYPE;
    fenced integer[];
    request jsonb;
    n integer := 0;
    moved boolean[];
    written integer;
BEGIN
    SELECT array_agg(version <> stream_head(stream) ORDER BY ord) INTO moved
    FROM unnest(streams, versions) WITH ORDINALITY AS g(stream, version, ord);
    SELECT coalesce(array_agg(s.request), '{}') INTO fenced
    FROM unnest(sealed_requests, sealed_subjects) AS s(request, subject) JOIN subject_fences USING (subject);

    FOR request IN SELECT * FROM jsonb_array_elements(reads::jsonb) LOOP
        n := n + 1;
        SELECT * INTO known FROM command_log l WHERE l.caller = callers[n] AND l.command_id = command_ids[n];
        fate := CASE
            WHEN known.caller IS NOT NULL AND known.fingerprint = fingerprints[n] THEN 'known'
            WHEN known.caller IS NOT NULL THEN 'clash'
            WHEN EXISTS (SELECT FROM jsonb_array_elements_text(request->'reads') AS s(i) WHERE moved[s.i::integer + 1])
                THEN 'moved'
            WHEN n = ANY (fenced) THEN 'fenced'
            ELSE 'stored'
        END;
        IF fate <> 'stored' THEN
            FOR written IN SELECT i::integer + 1 FROM jsonb_array_elements_text(request->'writes') AS s(i) LOOP
                moved[written] := true;
            END LOOP;
        END IF;
        answer := answer || jsonb_build_array(CASE fate
            WHEN 'known' THEN jsonb_build_object('fate', fate, 'code', known.code, 'thing', known.thing,
                                                 'version', known.version, 'position', known.position)
            ELSE jsonb_build_object('fate', fate) END);
    END LOOP;
    RETURN answer;
END $$;

-- Store a batch of decided requests, or say of each why not. One call, one transaction, one lock.
--
-- Requests and facts come as arrays, one element each; a fact repeats what it has of its request, because joining
-- them here would cost more than sending it. `last_facts` is, for each request, how many facts there are up to its end.
-- `streams`/`versions`: every stream the batch read, once, with its head as it was read. `reads` (JSON) lists for each
-- request which of them (from 0) it read and which it writes. Where something is in the way and `reads` is null, nothing
-- is stored and `first_position` is null: the caller asks again with it. The answer's `fates` is null when every request
-- was stored; otherwise one object per request.
CREATE FUNCTION append(
    callers text[], command_ids uuid[], fingerprints bytea[], codes text[], logged boolean[],
    things text[], own_versions bigint[], last_facts integer[],
    streams text[], versions bigint[], reads text,
    fact_requests integer[], fact_streams text[], fact_versions bigint[], topics text[], states bytea[],
    happened timestamptz[], actors text[], fact_callers text[], fact_commands uuid[],
    correlations text[], causations text[],
    sealed_requests integer[], sealed_subjects text[], clock_offset interval,
    OUT first_position bigint, OUT first_recorded_at timestamptz, OUT fates jsonb
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
END $$;
