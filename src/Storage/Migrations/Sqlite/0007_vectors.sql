-- A collection's vectors of one model. revision counts its changes.
CREATE TABLE vector_spaces (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     TEXT    NOT NULL,
    collection TEXT    NOT NULL,
    model      TEXT    NOT NULL,
    dimensions INTEGER NOT NULL,
    row_count  INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    removed_at INTEGER NOT NULL,
    through    INTEGER NOT NULL,
    UNIQUE (tenant, collection, model)
);

-- vector holds 16-bit floats, the lower byte first.
CREATE TABLE vectors (
    space    INTEGER NOT NULL,
    id       TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    owner    TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    note     TEXT    NOT NULL,
    vector   BLOB    NOT NULL,
    UNIQUE (space, id)
);

CREATE UNIQUE INDEX vectors_revision ON vectors (space, revision);
CREATE INDEX vectors_owner ON vectors (owner, space) WHERE owner NOT IN ('*', '-');

-- Rows of these people from before are not taken any more.
CREATE TABLE vector_erasures (
    tenant    TEXT    NOT NULL,
    owner     TEXT    NOT NULL,
    erased_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, owner)
) WITHOUT ROWID;
