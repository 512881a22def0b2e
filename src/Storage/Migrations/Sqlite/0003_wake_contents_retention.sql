-- wake_at: when the journal's owner is to be woken, NULL for never. purged: nothing but a receipt is left; the next append takes it back.
ALTER TABLE journal_heads ADD COLUMN wake_at INTEGER;
ALTER TABLE journal_heads ADD COLUMN purged INTEGER NOT NULL DEFAULT 0;

-- By time first: looking for what is due must not pass by everything that waits.
CREATE INDEX journal_heads_wake ON journal_heads (wake_at, journal) WHERE wake_at IS NOT NULL;

-- What retention looks at. Purged journals leave it, so that they cost nothing however many there are; touched_at is left out as
-- for open journals.
CREATE INDEX journal_heads_closed ON journal_heads (journal) WHERE open = 0 AND wake_at IS NULL AND purged = 0;

-- Content that journals refer to by hash, once per tenant. A table with rowids, since large rows do not belong into a clustered key;
-- bytes come last, so that the other columns are read without following their pages.
CREATE TABLE contents (
    id          INTEGER PRIMARY KEY,
    tenant      TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    stored_at   INTEGER NOT NULL,
    referred_at INTEGER NOT NULL,
    bytes       BLOB    NOT NULL,
    UNIQUE (tenant, hash)
);

CREATE INDEX contents_referred ON contents (tenant, referred_at);
