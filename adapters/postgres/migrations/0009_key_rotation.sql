-- Key-encryption keys change: from when on none but the newest wraps, and with which one a search secret ends.

-- One row. Nothing is made any more with an epoch below `least`; up to `rewrapped` nothing older is about.
CREATE TABLE key_rotation (
    only_one  boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    least     integer NOT NULL DEFAULT 0,
    rewrapped integer NOT NULL DEFAULT 0
);
INSERT INTO key_rotation DEFAULT VALUES;

-- The epoch that the tokens of a version were made with; without one, with the secret that was there before epochs.
ALTER TABLE read_models ADD COLUMN kek_epoch integer;

-- Whoever has not noticed yet that a key is on its way out tries again, and has noticed by then.
CREATE FUNCTION refuse_old_epochs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM made m, key_rotation r WHERE m.kek_epoch < r.least) THEN
        RAISE EXCEPTION 'a key-encryption key that is on its way out makes nothing new' USING ERRCODE = '40001';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER subject_keys_epoch AFTER INSERT ON subject_keys REFERENCING NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION refuse_old_epochs();
CREATE TRIGGER read_models_epoch AFTER INSERT ON read_models REFERENCING NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION refuse_old_epochs();

-- Whoever is making a key or a version at this moment finishes; all within one statement, so that nobody is kept waiting
-- by a process that is busy with something else.
CREATE FUNCTION wait_for_makers() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('lock_timeout', '1s', true);
    LOCK TABLE subject_keys, read_models IN SHARE ROW EXCLUSIVE MODE;
END $$;

-- From here on nothing is made with an older epoch, and everything that was is there to be seen.
CREATE FUNCTION make_nothing_below(epoch integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM wait_for_makers();
    UPDATE key_rotation SET least = epoch WHERE least < epoch;
END $$;
