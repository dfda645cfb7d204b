-- Workers sign in: their passwords, their sessions, and what slows down whoever guesses. None of it is a fact, and none of
-- it names anybody: a login, an address and an account elsewhere are HMACs under a key that lies outside the database.

CREATE TABLE sign_ins (
    login       bytea PRIMARY KEY,
    worker      text COLLATE "C" NOT NULL UNIQUE,
    password    text COLLATE "C" NOT NULL,
    changed_at  timestamptz NOT NULL,
    must_change boolean NOT NULL
);

-- Accounts at whoever signs workers in beside us: by issuer and subject, never by what can be given to somebody else.
CREATE TABLE oidc_subjects (
    subject   bytea PRIMARY KEY,
    worker    text COLLATE "C" NOT NULL,
    linked_at timestamptz NOT NULL
);
CREATE INDEX oidc_subjects_worker_idx ON oidc_subjects (worker);

-- `id` is the digest of what the browser holds. A log that was restored is of another epoch, and signs everybody out.
CREATE TABLE sessions (
    id           bytea PRIMARY KEY,
    worker       text COLLATE "C" NOT NULL,
    method       text COLLATE "C" NOT NULL CHECK (method IN ('password', 'oidc')),
    signed_in_at timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    epoch        uuid NOT NULL
);
CREATE INDEX sessions_worker_idx ON sessions (worker);
CREATE INDEX sessions_ends_idx ON sessions (ends_at);

-- Attempts that were not yet good, by what they have in common. Lost in a crash, they are counted anew.
CREATE UNLOGGED TABLE sign_in_failures (
    key     bytea PRIMARY KEY,
    count   integer NOT NULL,
    last_at timestamptz NOT NULL,
    free_at timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_last_idx ON sign_in_failures (last_at);

-- What came back from whoever signs workers in beside us, and comes back once.
CREATE TABLE oidc_returns (
    id      bytea PRIMARY KEY,
    ends_at timestamptz NOT NULL
);

-- Who signed in, out, or failed to: ids alone, as in `looks`, and kept for a year. Without a worker it was a login that
-- nobody has: that is kept for a week, as anybody can make as many of those as they like.
CREATE TABLE sign_in_log (
    number  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    worker  text COLLATE "C" NOT NULL,
    method  text COLLATE "C" NOT NULL CHECK (method IN ('password', 'oidc', 'session', 'operator')),
    outcome text COLLATE "C" NOT NULL
);
CREATE INDEX sign_in_log_worker_idx ON sign_in_log (worker, number);

CREATE FUNCTION sign_ins_kept() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '1 year' $$;

-- The most rows that whoever is known to nobody can fill, in each table.
CREATE FUNCTION strangers_kept() RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 1000000 $$;

CREATE FUNCTION refuse_to_forget_sign_ins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'who signed in is only ever added to, and kept for %', sign_ins_kept();
END $$;

CREATE TRIGGER sign_in_log_stays BEFORE DELETE ON sign_in_log FOR EACH ROW
WHEN (OLD.at > clock_timestamp() - sign_ins_kept() AND OLD.worker <> '') EXECUTE FUNCTION refuse_to_forget_sign_ins();
CREATE TRIGGER sign_in_log_unchanged BEFORE UPDATE OR TRUNCATE ON sign_in_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_forget_sign_ins();

-- Whoever is deactivated is signed out by the same statement, and stays so when they come back. The lock is that of
-- whoever makes a session: made before, it is ended here; made after, it finds that they do not work here.
CREATE FUNCTION end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose text := substr(NEW.originator_id, length('worker-') + 1);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || '.sessions.' || whose, 0));
    DELETE FROM sessions WHERE worker = whose;
    RETURN NULL;
END $$;

CREATE TRIGGER facts_end_sessions AFTER INSERT ON facts FOR EACH ROW
WHEN (NEW.topic IN ('worker.deactivated', 'worker.forgotten')) EXECUTE FUNCTION end_sessions();

-- Count one attempt under each of its keys, or say for how many seconds none is taken. `free` is how many are taken
-- without a pause; each one after doubles it, up to `most`; after `memory` without any, counting begins anew. Counted
-- before it is known whether it is good, so that many at once are no way round. In the order of keys: nobody deadlocks.
-- Where none is taken nothing is written: logins and addresses are made up faster than rows are swept.
CREATE FUNCTION count_attempt(
    keys bytea[], free integer[], most interval[], memory interval[], now timestamptz
) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    one record;
    waits double precision;
BEGIN
    SELECT max(extract(epoch FROM free_at - now)) INTO waits FROM sign_in_failures WHERE key = ANY (keys);
    IF waits > 0 THEN
        RETURN waits;
    END IF;
    INSERT INTO sign_in_failures (key, count, last_at, free_at)
    SELECT k, 0, now, now FROM unnest(keys) AS l(k) ORDER BY k ON CONFLICT DO NOTHING;
    PERFORM FROM sign_in_failures WHERE key = ANY (keys) ORDER BY key FOR UPDATE;
    SELECT max(extract(epoch FROM free_at - now)) INTO waits FROM sign_in_failures WHERE key = ANY (keys);
    IF waits > 0 THEN
        RETURN waits;
    END IF;
    FOR one IN SELECT * FROM unnest(keys, free, most, memory) AS l(key, free, most, memory) LOOP
        UPDATE sign_in_failures f SET
            count = c.n, last_at = now,
            free_at = CASE WHEN c.n < one.free THEN now
                ELSE now + least(one.most, interval '1 second' * 2 ^ least(c.n - one.free, 20)) END
        FROM (SELECT CASE WHEN last_at < now - one.memory THEN 1 ELSE count + 1 END AS n
              FROM sign_in_failures WHERE key = one.key) c
        WHERE f.key = one.key;
    END LOOP;
    RETURN 0;
END $$;

-- Of attempts only the latest are kept, however many addresses somebody has. What is being counted is not waited for.
CREATE FUNCTION trim_sign_in_failures() RETURNS void LANGUAGE sql AS $$
    DELETE FROM sign_in_failures WHERE key IN (
        SELECT key FROM sign_in_failures WHERE last_at < (
            SELECT last_at FROM sign_in_failures ORDER BY last_at DESC OFFSET strangers_kept() - 1 LIMIT 1
        ) FOR UPDATE SKIP LOCKED
    );
$$;

-- Take away what is over.
CREATE FUNCTION sweep_sign_ins(now timestamptz) RETURNS void LANGUAGE sql AS $$
    DELETE FROM sessions WHERE ends_at <= now;
    DELETE FROM oidc_returns WHERE ends_at <= now;
    DELETE FROM sign_in_failures WHERE last_at < now - interval '1 day';
    DELETE FROM sign_in_log WHERE at <= clock_timestamp() - sign_ins_kept()
        OR (worker = '' AND at <= clock_timestamp() - interval '7 days');
    DELETE FROM sign_in_log WHERE worker = '' AND number <= (
        SELECT number FROM sign_in_log WHERE worker = '' ORDER BY number DESC OFFSET strangers_kept() LIMIT 1
    );
$$;
