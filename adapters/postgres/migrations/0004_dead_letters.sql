-- What a handler could not deal with: which fact, why, and what became of it. The fact itself stays in the log.

CREATE TABLE dead_letters (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    handler       text COLLATE "C" NOT NULL,
    position      bigint NOT NULL,
    event_id      text COLLATE "C" NOT NULL,
    topic         text COLLATE "C" NOT NULL,
    stream        text COLLATE "C" NOT NULL,
    code          text COLLATE "C" NOT NULL,
    sentence      text NOT NULL,
    failure_group text COLLATE "C" NOT NULL GENERATED ALWAYS AS (handler || ':' || topic || ':' || code) STORED,
    deliveries    integer NOT NULL,
    replays       integer NOT NULL DEFAULT 0,
    state         text COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'replayed', 'discarded')),
    settled_by    text,
    first_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (handler, event_id)
);
CREATE INDEX dead_letters_waiting_idx ON dead_letters (failure_group, id) WHERE state = 'waiting';
