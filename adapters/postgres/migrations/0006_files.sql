-- Files that were put into the part store: for whom, and what lies there, so that nobody is taken at their word.

-- Under which name this log's files lie in a store that others may use as well.
CREATE TABLE part_store (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    mark     text COLLATE "C" NOT NULL
);
INSERT INTO part_store (mark) VALUES (left(replace(gen_random_uuid()::text, '-', ''), 12));

-- Size and digest are there as soon as all parts are. The digest is that of the parts' digests in their order.
CREATE TABLE stored_files (
    file       text COLLATE "C" PRIMARY KEY,
    contact    text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    touched_at timestamptz NOT NULL,
    size_bytes bigint,
    digest     text COLLATE "C"
);

CREATE TABLE stored_parts (
    file       text COLLATE "C" NOT NULL REFERENCES stored_files ON DELETE CASCADE,
    part       integer NOT NULL CHECK (part >= 1),
    last       boolean NOT NULL,
    size_bytes integer NOT NULL,
    digest     bytea NOT NULL,
    PRIMARY KEY (file, part)
);

-- Whether a part, and whether it is the last, agrees with the parts that are there.
CREATE FUNCTION part_fits(given_file text, given_part integer, given_last boolean) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM stored_parts p WHERE p.file = given_file AND (
            p.last AND p.part < given_part
            OR given_last AND p.part > given_part
            OR p.part = given_part AND p.last <> given_last
        )
    )
$$;

-- Note a part that the store holds; the first one that is missing yet, or what the file is now that it is whole. No row
-- where it does not fit, or where the file was swept away meanwhile.
CREATE FUNCTION note_part(
    given_file text, given_part integer, given_last boolean, given_bytes integer, given_digest bytea
) RETURNS TABLE (repeated boolean, missing integer, size_bytes bigint, digest text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM stored_files f WHERE f.file = given_file FOR UPDATE;
    IF NOT FOUND OR NOT part_fits(given_file, given_part, given_last) THEN
        RETURN;
    END IF;
    INSERT INTO stored_parts VALUES (given_file, given_part, given_last, given_bytes, given_digest)
    ON CONFLICT DO NOTHING;
    repeated := NOT FOUND;
    IF repeated AND NOT EXISTS (
        SELECT FROM stored_parts p WHERE p.file = given_file AND p.part = given_part AND p.digest = given_digest
    ) THEN
        RETURN;
    END IF;
    UPDATE stored_files f SET size_bytes = whole.size_bytes, digest = whole.digest FROM (
        SELECT sum(p.size_bytes) AS size_bytes, encode(sha256(string_agg(p.digest, '' ORDER BY p.part)), 'hex') AS digest
        FROM stored_parts p WHERE p.file = given_file HAVING bool_or(p.last) AND max(p.part) = count(*)
    ) whole WHERE f.file = given_file;
    RETURN QUERY SELECT repeated, CASE WHEN f.digest IS NULL THEN (
        SELECT min(n)::integer FROM generate_series(1, (
            SELECT count(*) + 1 FROM stored_parts p WHERE p.file = given_file
        )) AS n WHERE NOT EXISTS (SELECT FROM stored_parts p WHERE p.file = given_file AND p.part = n)
    ) END, f.size_bytes, f.digest FROM stored_files f WHERE f.file = given_file;
END $$;
