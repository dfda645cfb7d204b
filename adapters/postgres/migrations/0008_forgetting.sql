-- Forgetting: the fence stands in the transaction of the fact that puts it up, and who has keys says what they dropped.

-- For which purposes a subject is fenced: their envelopes open no more, whatever keys are still about. Nothing is sealed
-- for a fenced subject at all. `position` is that of the fact; 0 where somebody put the fence up by hand.
ALTER TABLE subject_fences
    ADD COLUMN purposes text[] COLLATE "C" NOT NULL DEFAULT '{profile,content}',
    ADD COLUMN position bigint NOT NULL DEFAULT 0;
CREATE INDEX subject_fences_position_idx ON subject_fences (position);

-- Keys that are no more. The fingerprint is that of the key as it was wrapped, and opens nothing.
CREATE TABLE destroyed_keys (
    subject      text COLLATE "C" NOT NULL,
    purpose      text COLLATE "C" NOT NULL,
    epoch        integer NOT NULL,
    kek_epoch    integer NOT NULL,
    fingerprint  text COLLATE "C" NOT NULL,
    destroyed_at timestamptz NOT NULL DEFAULT log_time(),
    PRIMARY KEY (subject, purpose, epoch)
);

-- Whoever has data keys in memory, or personal data on its way into a read model; `heard` is the position up to which
-- it has dropped what is fenced. One that `writes` holds a lock for as long as it could still store something.
CREATE TABLE key_holders (
    holder  uuid PRIMARY KEY,
    name    text COLLATE "C" NOT NULL,
    writes  boolean NOT NULL DEFAULT false,
    heard   bigint NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- A fence is the same statement's as its fact. It waits for those who are making keys at this moment, so that none comes
-- to be behind it.
CREATE FUNCTION fence_subjects() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said jsonb := convert_from(NEW.state, 'UTF8')::jsonb;
    for_purposes text[] := CASE NEW.topic WHEN 'erasure.fenced' THEN ARRAY(
        SELECT DISTINCT p FROM jsonb_array_elements_text(said->'purposes') AS l(p) ORDER BY p) ELSE '{proof}' END;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || '.keys', 0));
    INSERT INTO subject_fences AS f (subject, purposes, position)
    SELECT DISTINCT s, for_purposes, NEW.notification_id FROM jsonb_array_elements_text(said->'subjects') AS l(s)
    ON CONFLICT (subject) DO UPDATE SET
        purposes = ARRAY(SELECT DISTINCT p FROM unnest(f.purposes || excluded.purposes) AS l(p) ORDER BY p),
        position = excluded.position, fenced_at = excluded.fenced_at;
    PERFORM pg_notify('kartoteka_keys', current_schema());
    RETURN NULL;
END $$;

CREATE TRIGGER facts_fence AFTER INSERT ON facts FOR EACH ROW
WHEN (NEW.topic IN ('erasure.fenced', 'erasure.proof-lapsed')) EXECUTE FUNCTION fence_subjects();

-- Many may make keys at once, and none while a fence is put up; what was begun before it is looked at once more.
CREATE FUNCTION wait_for_fences() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(current_schema() || '.keys', 0));
    RETURN NULL;
END $$;

CREATE FUNCTION make_no_keys_behind_fences() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM subject_keys k USING made m
    WHERE (k.subject, k.purpose, k.epoch) = (m.subject, m.purpose, m.epoch)
      AND EXISTS (SELECT FROM subject_fences f WHERE f.subject = m.subject);
    RETURN NULL;
END $$;

CREATE TRIGGER subject_keys_wait BEFORE INSERT ON subject_keys
FOR EACH STATEMENT EXECUTE FUNCTION wait_for_fences();
CREATE TRIGGER subject_keys_fenced AFTER INSERT ON subject_keys REFERENCING NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION make_no_keys_behind_fences();

-- What is not opened of whom: the purposes of a fence, and whether all of it is withheld for now. Who is withheld stands
-- in the access model, which is made anew under way, and may not be there yet.
CREATE FUNCTION masked_subjects(wanted text[]) RETURNS TABLE (subject text, purposes text[], withheld boolean)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT f.subject, f.purposes, false FROM subject_fences f WHERE f.subject = ANY (wanted);
    IF to_regclass('access_withheld') IS NOT NULL THEN
        RETURN QUERY SELECT w.subject, '{}'::text[], true FROM access_withheld w WHERE w.subject = ANY (wanted);
    END IF;
END $$;

-- Destroy keys for good, and keep of each what tells which it was. Only what is fenced can be destroyed.
CREATE FUNCTION destroy_keys(of_subjects text[], for_purposes text[]) RETURNS SETOF destroyed_keys LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM subject_keys k USING subject_fences f
        WHERE k.subject = ANY (of_subjects) AND k.purpose = ANY (for_purposes)
          AND f.subject = k.subject AND k.purpose = ANY (f.purposes)
        RETURNING k.*
    )
    INSERT INTO destroyed_keys AS d (subject, purpose, epoch, kek_epoch, fingerprint)
    SELECT g.subject, g.purpose, g.epoch, g.kek_epoch, encode(sha256(g.wrapped), 'hex') FROM gone g
    ON CONFLICT (subject, purpose, epoch) DO UPDATE
    SET kek_epoch = excluded.kek_epoch, fingerprint = excluded.fingerprint, destroyed_at = excluded.destroyed_at
    RETURNING d.*
$$;
