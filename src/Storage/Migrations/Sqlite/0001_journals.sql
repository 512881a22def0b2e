-- One row per journal. Everything about it that an append changes is here and changes in the append's transaction.
CREATE TABLE journal_heads (
    id         INTEGER PRIMARY KEY,
    journal    TEXT    NOT NULL UNIQUE,
    sequence   INTEGER NOT NULL,
    open       INTEGER NOT NULL,
    touched_at INTEGER NOT NULL
);

-- touched_at is left out on purpose: an append to an open journal then leaves this index alone.
CREATE INDEX journal_heads_open ON journal_heads (journal) WHERE open = 1;

-- Clustered by journal, so that a journal is read as one range. The short id keeps long keys out of every row and index.
CREATE TABLE journal_entries (
    journal_id       INTEGER NOT NULL,
    sequence         INTEGER NOT NULL,
    type             TEXT    NOT NULL,
    at               INTEGER NOT NULL,
    deduplication_id TEXT,
    payload          BLOB    NOT NULL,
    PRIMARY KEY (journal_id, sequence)
) WITHOUT ROWID;

CREATE UNIQUE INDEX journal_entries_deduplication ON journal_entries (journal_id, deduplication_id) WHERE deduplication_id IS NOT NULL;
