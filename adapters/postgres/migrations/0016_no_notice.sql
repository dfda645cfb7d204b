-- Of a fence no notice is sent: every role of the database may listen and send notices, and whoever is told when somebody
-- is forgotten, or fills the queue of notices so that a fence cannot be put up, need not be one of ours. Whoever has keys
-- looks several times a second.
CREATE OR REPLACE FUNCTION fence_subjects() RETURNS trigger LANGUAGE plpgsql AS $$
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
    RETURN NULL;
END $$;
