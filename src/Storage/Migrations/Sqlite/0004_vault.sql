-- Secrets in versions. sealed is encrypted with a key of the version's own, which is encrypted with the key that key_id names.
CREATE TABLE vault_secrets (
    id          INTEGER PRIMARY KEY,
    tenant      TEXT    NOT NULL,
    path        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    key_id      TEXT    NOT NULL,
    wrapped_key BLOB    NOT NULL,
    sealed      BLOB    NOT NULL,
    UNIQUE (tenant, path, version)
);

-- What a rotation of keys looks for.
CREATE INDEX vault_secrets_key ON vault_secrets (key_id);
