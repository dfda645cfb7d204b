-- What only our own processes know: streams take what is sent to subjects that hold it, and nothing else.
CREATE TABLE broker (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    secret   text COLLATE "C" NOT NULL
);
INSERT INTO broker (secret) VALUES (replace(gen_random_uuid()::text, '-', ''));
