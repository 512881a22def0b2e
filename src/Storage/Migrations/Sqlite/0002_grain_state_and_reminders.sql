-- version is the ETag. A cleared state keeps its row, with payload NULL, so that its version goes on counting.
CREATE TABLE grain_states (
    storage     TEXT    NOT NULL,
    state_name  TEXT    NOT NULL,
    grain_id    TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    payload     BLOB,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (storage, state_name, grain_id)
) WITHOUT ROWID;

CREATE TABLE reminders (
    grain_id   TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    grain_hash INTEGER NOT NULL,
    start_at   INTEGER NOT NULL,
    period     INTEGER NOT NULL,
    etag       TEXT    NOT NULL,
    PRIMARY KEY (grain_id, name)
) WITHOUT ROWID;

CREATE INDEX reminders_hash ON reminders (grain_hash);

-- Written by health checks.
CREATE TABLE storage_probe (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    written_at INTEGER NOT NULL
);
