-- How many rows of a person the last erasure has removed, and up to which revision of each space there may be more of them: they go in steps.
ALTER TABLE vector_erasures ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;

CREATE TABLE vector_owner_erasures (
    tenant  TEXT    NOT NULL,
    owner   TEXT    NOT NULL,
    space   INTEGER NOT NULL,
    through INTEGER NOT NULL,
    PRIMARY KEY (tenant, owner, space)
) WITHOUT ROWID;
