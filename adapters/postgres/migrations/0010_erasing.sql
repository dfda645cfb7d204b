-- What was taken away for an erasure, counted in the transaction that took it: a step that is done again finds nothing.

-- `stream` is that of the erasure, `begun` the position of the fact with which its round began.
CREATE TABLE erased (
    stream text COLLATE "C" NOT NULL,
    begun  bigint NOT NULL,
    kind   text COLLATE "C" NOT NULL,
    count  bigint NOT NULL,
    PRIMARY KEY (stream, begun, kind)
);

CREATE FUNCTION note_erased(of_stream text, of_begun bigint, of_kind text, more bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO erased AS known (stream, begun, kind, count) VALUES (of_stream, of_begun, of_kind, more)
    ON CONFLICT (stream, begun, kind) DO UPDATE SET count = known.count + excluded.count
$$;

CREATE INDEX stored_files_subject_idx ON stored_files (subject);
CREATE INDEX dead_letters_stream_idx ON dead_letters (stream);
