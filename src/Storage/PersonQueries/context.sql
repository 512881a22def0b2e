-- Whose rights count in a process of the server. Written by one role, read by nobody but the functions below.
CREATE SCHEMA IF NOT EXISTS steward_context;
REVOKE ALL ON SCHEMA steward_context FROM PUBLIC;
CREATE UNLOGGED TABLE IF NOT EXISTS steward_context.backends (
    process integer PRIMARY KEY,
    started timestamptz NOT NULL,
    role name NOT NULL,
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    roles text[] NOT NULL
);
CREATE TABLE IF NOT EXISTS steward_context.readers (role name PRIMARY KEY, tenant_id text NOT NULL);

-- The row of this very process, and only where its role is the tenant's own: a number that was used before, or another tenant's, counts for nothing.
CREATE OR REPLACE FUNCTION steward_context.tenant_id() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT b.tenant_id FROM steward_context.backends b JOIN steward_context.readers r ON r.role = b.role AND r.tenant_id = b.tenant_id
    WHERE b.process = pg_backend_pid() AND b.role = session_user AND b.started = (SELECT a.backend_start FROM pg_stat_get_activity(pg_backend_pid()) a)
$$;
CREATE OR REPLACE FUNCTION steward_context.user_id() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT b.user_id FROM steward_context.backends b WHERE b.process = pg_backend_pid() AND b.tenant_id = steward_context.tenant_id()
$$;
CREATE OR REPLACE FUNCTION steward_context.has_role(wanted text[]) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM steward_context.backends b WHERE b.process = pg_backend_pid() AND b.tenant_id = steward_context.tenant_id() AND (b.roles && wanted OR '*' = ANY (wanted)))
$$;

CREATE OR REPLACE FUNCTION steward_context.enter(of_process integer, of_role name, of_tenant text, of_user text, with_roles text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO steward_context.backends (process, started, role, tenant_id, user_id, roles)
    SELECT a.pid, a.backend_start, r.role, r.tenant_id, of_user, with_roles
    FROM pg_stat_get_activity(of_process) a JOIN pg_roles p ON p.oid = a.usesysid JOIN steward_context.readers r ON r.role = p.rolname
    WHERE r.role = of_role AND r.tenant_id = of_tenant
    ON CONFLICT (process) DO UPDATE SET started = excluded.started, role = excluded.role, tenant_id = excluded.tenant_id, user_id = excluded.user_id, roles = excluded.roles;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such process of this role and tenant' USING ERRCODE = '57P03';
    END IF;
END $$;
CREATE OR REPLACE FUNCTION steward_context.leave(of_process integer) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DELETE FROM steward_context.backends WHERE process = of_process
$$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA steward_context FROM PUBLIC;
