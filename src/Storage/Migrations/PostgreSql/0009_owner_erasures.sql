-- How many rows of a person the last erasure has removed, and up to which revision of each space there may be more of them: they go in steps.
ALTER TABLE vector_erasures ADD COLUMN removed bigint NOT NULL DEFAULT 0;

CREATE TABLE vector_owner_erasures (
    tenant  text   COLLATE "C" NOT NULL,
    owner   text   COLLATE "C" NOT NULL,
    space   bigint NOT NULL REFERENCES vector_spaces ON DELETE CASCADE,
    through bigint NOT NULL,
    PRIMARY KEY (tenant, owner, space)
);

CREATE INDEX vector_owner_erasures_space ON vector_owner_erasures (space);
