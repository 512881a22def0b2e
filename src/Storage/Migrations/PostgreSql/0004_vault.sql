-- Secrets in versions. sealed is encrypted with a key of the version's own, which is encrypted with the key that key_id names.
CREATE TABLE vault_secrets (
    tenant      text    COLLATE "C" NOT NULL,
    path        text    COLLATE "C" NOT NULL,
    version     integer NOT NULL,
    created_at  bigint  NOT NULL,
    key_id      text    COLLATE "C" NOT NULL,
    wrapped_key bytea   NOT NULL,
    sealed      bytea   NOT NULL,
    PRIMARY KEY (tenant, path, version)
);

-- What a rotation of keys looks for.
CREATE INDEX vault_secrets_key ON vault_secrets (key_id);

-- Adds a version if the one before it is the newest, and removes those beyond kept. Says whether it did.
CREATE FUNCTION steward_vault_add(
    new_tenant      text,
    new_path        text,
    new_version     integer,
    new_created_at  bigint,
    new_key_id      text,
    new_wrapped_key bytea,
    new_sealed      bytea,
    kept            integer
) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
    newest integer;
BEGIN
    -- A rotated credential is handed out when this is answered: it is on stable storage by then, whatever the server's default is.
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    -- One writer of a secret at a time, also while it has no row that could be locked.
    PERFORM pg_advisory_xact_lock(hashtextextended(new_tenant || '/' || new_path, 0));
    SELECT coalesce(max(s.version), 0) INTO newest FROM vault_secrets s WHERE s.tenant = new_tenant AND s.path = new_path;
    IF newest <> new_version - 1 THEN
        RETURN false;
    END IF;

    INSERT INTO vault_secrets (tenant, path, version, created_at, key_id, wrapped_key, sealed)
    VALUES (new_tenant, new_path, new_version, new_created_at, new_key_id, new_wrapped_key, new_sealed);
    DELETE FROM vault_secrets s WHERE s.tenant = new_tenant AND s.path = new_path AND s.version <= new_version - kept;
    RETURN true;
END
$function$;

-- Removes all versions and gives their number.
CREATE FUNCTION steward_vault_remove(old_tenant text, old_path text) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
    removed integer;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    PERFORM pg_advisory_xact_lock(hashtextextended(old_tenant || '/' || old_path, 0));
    DELETE FROM vault_secrets s WHERE s.tenant = old_tenant AND s.path = old_path;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$function$;
