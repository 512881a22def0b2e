-- version is the ETag. A cleared state keeps its row, with payload NULL, so that its version goes on counting.
CREATE TABLE grain_states (
    storage     text   COLLATE "C" NOT NULL,
    state_name  text   COLLATE "C" NOT NULL,
    grain_id    text   COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    payload     bytea,
    modified_at bigint NOT NULL,
    PRIMARY KEY (storage, state_name, grain_id)
) WITH (fillfactor = 80);

CREATE TABLE reminders (
    grain_id   text   COLLATE "C" NOT NULL,
    name       text   COLLATE "C" NOT NULL,
    grain_hash bigint NOT NULL,
    start_at   bigint NOT NULL,
    period     bigint NOT NULL,
    etag       text   NOT NULL,
    PRIMARY KEY (grain_id, name)
);

CREATE INDEX reminders_hash ON reminders (grain_hash);

-- Written by health checks.
CREATE TABLE storage_probe (
    id         integer PRIMARY KEY CHECK (id = 1),
    written_at bigint  NOT NULL
);
