-- Analysts: which role of the database asks for which worker. A role that is not here is shown nothing.

CREATE TABLE analysts (
    role_name  text COLLATE "C" PRIMARY KEY,
    worker     text COLLATE "C" NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT log_time()
);
CREATE INDEX analysts_worker_idx ON analysts (worker);
