-- What everybody may do in a new database, and nobody needs who only reads tables.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE USAGE ON LANGUAGE plpgsql, sql FROM PUBLIC;
REVOKE SELECT ON ALL TABLES IN SCHEMA pg_catalog, information_schema FROM PUBLIC;
DO $$
DECLARE one record;
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    -- A function that never changes its answer has no side effect. Of the others only those stay that are named or cannot tell of the server.
    FOR one IN
        SELECT p.oid::regprocedure AS signature, p.prokind
        FROM pg_proc p
        WHERE p.pronamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
          AND ((p.provolatile = 'v' AND p.proname NOT IN ('random', 'gen_random_uuid', 'clock_timestamp', 'statement_timestamp', 'timeofday') AND p.prokind <> 'a')
            OR (p.provolatile = 's' AND p.proname ~ '^(pg_|txid_|has_|inet_|current_setting|version|query_to_|table_to_|schema_to_|database_to_|cursor_to_|col_description|obj_description|shobj_|to_reg|row_security|currtid|ts_stat|lo_|getdatabaseencoding|current_schema|acl|makeacl|session_user|binary_upgrade|shell_|tsvector_update|lowrite|loread|json_populate_type|format_type)')
            OR p.proname ~ '^(lo_|pg_read|pg_ls|pg_stat_file|dblink|nextval|setval|currval|lastval)')
          AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', one.signature);
    END LOOP;
END $$;
