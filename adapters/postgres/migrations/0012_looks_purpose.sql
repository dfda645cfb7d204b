-- For what somebody took an answer out: a file of ours, or a copy for the person whose data it is (R-GDP-5).
ALTER TABLE looks ADD COLUMN purpose text COLLATE "C"
    CHECK (purpose IN ('export', 'access', 'portability'));

CREATE OR REPLACE FUNCTION keep_looks(given json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH told AS MATERIALIZED (
        SELECT l.*, ARRAY(
            SELECT DISTINCT beside.contact FROM unnest(l.contacts) AS c(contact)
            CROSS JOIN LATERAL (SELECT coalesce(
                (SELECT m.survivor FROM access_merged m WHERE m.contact = c.contact), c.contact)) s(survivor)
            CROSS JOIN LATERAL (
                SELECT s.survivor UNION ALL SELECT m.contact FROM access_merged m WHERE m.survivor = s.survivor
            ) beside(contact)
        ) AS shown
        FROM json_to_recordset(given) AS l(
            at timestamptz, look uuid, worker text, caller text, question text, how text, contacts text[], about text,
            exception text, purpose text)
    ), by_contact AS (
        INSERT INTO look_contacts SELECT unnest(shown), at, look, worker FROM told ON CONFLICT DO NOTHING
    )
    INSERT INTO looks SELECT at, look, worker, caller, question, how, shown, about, exception, purpose FROM told
    ON CONFLICT DO NOTHING;
END $$;
