-- Who looked: what each answer showed of whom, kept before the answer leaves (R-AUD-1). Ids alone, so that a record
-- tells nothing of a person who was forgotten, and outlives them.

-- One row for each answer, and two where only a part of it was open by the asker's own rights: `exception` names the
-- right by which all others were passed over. `about` is the stream that was asked about, where it is no contact's.
-- The service makes up `look`, so that a record that is sent again is known.
CREATE TABLE looks (
    at        timestamptz NOT NULL,
    look      uuid NOT NULL,
    worker    text COLLATE "C" NOT NULL,
    caller    text COLLATE "C" NOT NULL,
    question  text COLLATE "C" NOT NULL,
    how       text COLLATE "C" NOT NULL CHECK (how IN ('opened', 'found', 'exported')),
    contacts  text[] COLLATE "C" NOT NULL,
    about     text COLLATE "C",
    exception text COLLATE "C",
    PRIMARY KEY (at, look)
);
CREATE INDEX looks_worker_idx ON looks (worker, at, look);

-- The same by contact: so that the looks at one contact are a walk along an index, however many there are of others.
CREATE TABLE look_contacts (
    contact text COLLATE "C" NOT NULL,
    at      timestamptz NOT NULL,
    look    uuid NOT NULL,
    worker  text COLLATE "C" NOT NULL,
    PRIMARY KEY (contact, at, look)
);

CREATE FUNCTION looks_kept() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '3 years' $$;

-- Nothing is changed, and nothing goes before its time: whoever would take a record away has to take this away first.
CREATE FUNCTION refuse_to_forget_looks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'who looked is only ever added to, and kept for %', looks_kept();
END $$;

CREATE TRIGGER looks_stay BEFORE DELETE ON looks FOR EACH ROW
WHEN (OLD.at > clock_timestamp() - looks_kept()) EXECUTE FUNCTION refuse_to_forget_looks();
CREATE TRIGGER looks_unchanged BEFORE UPDATE OR TRUNCATE ON looks
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_forget_looks();
CREATE TRIGGER look_contacts_stay BEFORE DELETE ON look_contacts FOR EACH ROW
WHEN (OLD.at > clock_timestamp() - looks_kept()) EXECUTE FUNCTION refuse_to_forget_looks();
CREATE TRIGGER look_contacts_unchanged BEFORE UPDATE OR TRUNCATE ON look_contacts
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_forget_looks();

-- Keep a batch, and what of it is kept already no second time. Who is shown a contact is shown those merged into it.
CREATE FUNCTION keep_looks(given json) RETURNS void LANGUAGE plpgsql AS $$
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
            exception text)
    ), by_contact AS (
        INSERT INTO look_contacts SELECT unnest(shown), at, look, worker FROM told ON CONFLICT DO NOTHING
    )
    INSERT INTO looks SELECT at, look, worker, caller, question, how, shown, about, exception FROM told
    ON CONFLICT DO NOTHING;
END $$;

-- Take away what was kept long enough, a little at a time; gives how many there were.
CREATE FUNCTION forget_looks(most integer) RETURNS bigint LANGUAGE sql AS $$
    WITH old AS (
        DELETE FROM looks WHERE (at, look) IN (
            SELECT at, look FROM looks WHERE at <= clock_timestamp() - looks_kept() ORDER BY at, look LIMIT most
        ) RETURNING at, look, contacts
    ), by_contact AS (
        DELETE FROM look_contacts l USING old, unnest(old.contacts) AS o(contact)
        WHERE l.contact = o.contact AND l.at = old.at AND l.look = old.look
    )
    SELECT count(*) FROM old
$$;
