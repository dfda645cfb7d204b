-- Quarantine: a log that is not the one that was last known is neither written to nor shown.

-- One row while it lasts. Whoever finds out puts it in; `kartoteka restore reapply` alone takes it out again.
CREATE TABLE quarantine (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    why      text COLLATE "C" NOT NULL,
    since    timestamptz NOT NULL DEFAULT clock_timestamp(),
    accepted text
);

-- Whatever a process thinks of it, nothing is stored but by the session that does again what the log lacks.
CREATE FUNCTION refuse_in_quarantine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM quarantine) AND current_setting('kartoteka.reapplying', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'this log is in quarantine' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER facts_rest BEFORE INSERT ON facts FOR EACH STATEMENT EXECUTE FUNCTION refuse_in_quarantine();
