-- How far delivery has come. The log itself is the outbox: nothing here says what is to be published, only what was.

-- One row: the position up to which the broker has acknowledged, and the epoch of the log that it was told of.
CREATE TABLE relay (
    only_one   boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    position   bigint NOT NULL,
    epoch      uuid NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 10);
INSERT INTO relay (position, epoch) SELECT 0, epoch FROM head;

-- The position up to which a handler has surely dealt with everything. A broker that lost its messages is told again
-- what comes after the lowest of these.
CREATE TABLE handler_floors (
    handler    text COLLATE "C" PRIMARY KEY,
    position   bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 10);
