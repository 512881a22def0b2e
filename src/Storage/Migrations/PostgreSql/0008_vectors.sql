-- A collection's vectors of one model. revision counts its changes. is_indexed says that vector_partitions has a partition of it, which only exists where the extension vector does.
CREATE TABLE vector_spaces (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text    COLLATE "C" NOT NULL,
    collection text    COLLATE "C" NOT NULL,
    model      text    COLLATE "C" NOT NULL,
    dimensions integer NOT NULL,
    row_count  bigint  NOT NULL,
    revision   bigint  NOT NULL,
    removed_at bigint  NOT NULL,
    through    bigint  NOT NULL,
    is_indexed boolean NOT NULL,
    UNIQUE (tenant, collection, model)
);

CREATE TABLE vectors (
    space    bigint NOT NULL REFERENCES vector_spaces ON DELETE CASCADE,
    id       text   COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    owner    text   COLLATE "C" NOT NULL,
    kind     text   COLLATE "C" NOT NULL,
    note     text   NOT NULL,
    vector   real[] NOT NULL,
    PRIMARY KEY (space, id)
);

CREATE UNIQUE INDEX vectors_revision ON vectors (space, revision);
CREATE INDEX vectors_owner ON vectors (owner, space) WHERE owner NOT IN ('*', '-');

-- Rows of these people from before are not taken any more.
CREATE TABLE vector_erasures (
    tenant    text   COLLATE "C" NOT NULL,
    owner     text   COLLATE "C" NOT NULL,
    erased_at bigint NOT NULL,
    PRIMARY KEY (tenant, owner)
);
