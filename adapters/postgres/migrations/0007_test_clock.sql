-- A clock that can be moved, for tests and demonstrations: it belongs to a log from its first fact on, or never.

-- One row where the log was begun so, and none otherwise: by how much its time is ahead of everybody else's.
CREATE TABLE test_clock (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    ahead    interval NOT NULL DEFAULT '0' CHECK (ahead >= interval '0')
);

-- Each process that goes by the clock, with what it has of it; one that was not seen lately is no more. Whoever only
-- asks follows after those who answer: asked at a time they have not reached, they would have to say no.
CREATE TABLE test_clock_followers (
    follower uuid PRIMARY KEY,
    answers  boolean NOT NULL,
    ahead    interval NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What time it is for this log.
CREATE FUNCTION log_time() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT clock_timestamp() + coalesce((SELECT ahead FROM test_clock), interval '0')
$$;

-- Whoever appends by real time says so on each connection, and the clock cannot come while they are there.
CREATE FUNCTION keep_real_time() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_lock_shared(hashtextextended(current_schema() || '.real-time', 0));
    IF EXISTS (SELECT FROM test_clock) THEN
        RAISE EXCEPTION 'this log was begun with a test clock' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;

CREATE FUNCTION begin_with_test_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || '.append', 0));
    IF NOT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.real-time', 0))
        OR (SELECT position FROM head) > 0
    THEN
        RAISE EXCEPTION 'this log was begun without a test clock' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION refuse_to_go_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was recorded cannot lie ahead: time only goes forward, and a test clock stays with its log';
END $$;

CREATE TRIGGER test_clock_begins BEFORE INSERT ON test_clock
FOR EACH ROW EXECUTE FUNCTION begin_with_test_clock();
CREATE TRIGGER test_clock_goes_on BEFORE UPDATE ON test_clock FOR EACH ROW
WHEN (NEW.ahead < OLD.ahead) EXECUTE FUNCTION refuse_to_go_back();
CREATE TRIGGER test_clock_stays BEFORE DELETE OR TRUNCATE ON test_clock
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_go_back();

-- What the database itself dates or waits for goes by the time of the log, as all others do.
ALTER TABLE dead_letters ALTER first_at SET DEFAULT log_time(), ALTER last_at SET DEFAULT log_time();

DROP TRIGGER looks_stay ON looks;
CREATE TRIGGER looks_stay BEFORE DELETE ON looks FOR EACH ROW
WHEN (OLD.at > log_time() - looks_kept()) EXECUTE FUNCTION refuse_to_forget_looks();
DROP TRIGGER look_contacts_stay ON look_contacts;
CREATE TRIGGER look_contacts_stay BEFORE DELETE ON look_contacts FOR EACH ROW
WHEN (OLD.at > log_time() - looks_kept()) EXECUTE FUNCTION refuse_to_forget_looks();

CREATE OR REPLACE FUNCTION forget_looks(most integer) RETURNS bigint LANGUAGE sql AS $$
    WITH old AS (
        DELETE FROM looks WHERE (at, look) IN (
            SELECT at, look FROM looks WHERE at <= (SELECT log_time() - looks_kept()) ORDER BY at, look LIMIT most
        ) RETURNING at, look, contacts
    ), by_contact AS (
        DELETE FROM look_contacts l USING old, unnest(old.contacts) AS o(contact)
        WHERE l.contact = o.contact AND l.at = old.at AND l.look = old.look
    )
    SELECT count(*) FROM old
$$;
