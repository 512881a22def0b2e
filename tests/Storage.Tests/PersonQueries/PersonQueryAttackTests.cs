namespace Steward.Storage.Tests.PersonQueries;

/// <summary>Statements that a person's code must not get through: each is refused, or gives nothing that is not the person's own. Afterwards everything is as before.</summary>
public sealed class PersonQueryAttackTests(PersonDatabase database) : IClassFixture<PersonDatabase>
{
    // The server is shared with other tests, which make roles and take locks of their own.
    private string Untouched =>
        $"""
        WITH own AS (SELECT * FROM pg_authid WHERE rolname ~ '_{database.Number}$' OR rolname !~ '^(limited|person|context)_')
        SELECT concat_ws('|', (SELECT count(*) FROM data.tickets), (SELECT count(*) FROM data.mine), (SELECT count(*) FROM data.salaries), (SELECT count(*) FROM data.unnamed), (SELECT is_called FROM data.counter),
            (SELECT count(*) FROM pg_class WHERE relnamespace = 'data'::regnamespace), (SELECT count(*) FROM own), (SELECT count(*) FROM pg_db_role_setting WHERE setrole IN (SELECT oid FROM own)), (SELECT count(*) FROM pg_prepared_xacts),
            (SELECT count(*) FROM pg_largeobject_metadata), (SELECT md5(string_agg(rolpassword, '' ORDER BY rolname)) FROM own),
            (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))
        """;

    public static TheoryData<string> Refused => new(
    [
        // Writing, as a statement and inside one.
        "INSERT INTO tickets (id, tenant, owner, title) VALUES (999, 't-acme', 'u-2', 'x')",
        "UPDATE tickets SET title = 'x'",
        "DELETE FROM tickets",
        "TRUNCATE tickets",
        "MERGE INTO tickets t USING mine m ON t.id = m.id WHEN MATCHED THEN DELETE",
        "WITH gone AS (DELETE FROM tickets RETURNING *) SELECT * FROM gone",
        "WITH new AS (INSERT INTO mine VALUES (999, 't-acme', 'u-2', 'x') RETURNING *) SELECT * FROM new",
        "WITH new AS (UPDATE mine SET note = 'x' RETURNING *) SELECT * FROM new",
        "SELECT * FROM mine FOR UPDATE",
        "SELECT * FROM mine FOR SHARE",
        "SELECT * INTO stolen FROM tickets",
        "SELECT * INTO TEMP stolen FROM tickets",
        "CREATE TABLE stolen AS SELECT * FROM tickets",
        "CREATE TEMP TABLE t (a int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP TABLE tickets",
        "ALTER TABLE tickets DISABLE ROW LEVEL SECURITY",
        "GRANT ALL ON tickets TO PUBLIC",
        "COMMENT ON TABLE tickets IS 'x'",
        "REFRESH MATERIALIZED VIEW x",
        "VACUUM",
        "ANALYZE tickets",
        "REINDEX TABLE tickets",
        "CLUSTER tickets",
        // Settings, roles and transactions.
        "SET default_transaction_read_only = off",
        "SET LOCAL transaction_read_only = off",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION DEFAULT",
        "RESET ALL",
        "RESET ROLE",
        "SHOW ALL",
        "SHOW data_directory",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT a",
        "PREPARE TRANSACTION 'a'",
        "ALTER ROLE CURRENT_USER SET statement_timeout = 0",
        "ALTER ROLE CURRENT_USER PASSWORD 'x'",
        "ALTER SYSTEM SET log_statement = 'all'",
        "CREATE ROLE x SUPERUSER",
        "DISCARD ALL",
        // Several statements, however they are hidden.
        "SELECT 1; SELECT 2",
        "SELECT 1; DELETE FROM tickets",
        "SELECT 1;DELETE FROM mine;--",
        "SELECT 1 /* ; */; DROP TABLE tickets",
        "SELECT 1 -- remark\n; DELETE FROM tickets",
        "COMMIT; SET default_transaction_read_only = off; DELETE FROM tickets",
        "SELECT $$;$$; DELETE FROM tickets",
        "SELECT E'\\';'; DELETE FROM tickets; --'",
        "SELECT 1; CLOSE q; DECLARE q CURSOR WITH HOLD FOR SELECT 2",
        "SELECT 1; COMMIT; BEGIN",
        // Code and files of the server.
        "DO $$ BEGIN DELETE FROM data.tickets; END $$",
        "DO LANGUAGE plpgsql 'BEGIN END'",
        "CALL data.touch()",
        "COPY tickets TO STDOUT",
        "COPY tickets TO PROGRAM 'id'",
        "COPY mine FROM PROGRAM 'id'",
        "COPY (SELECT 1) TO '/tmp/x'",
        "LOAD 'plpgsql'",
        "EXPLAIN ANALYZE DELETE FROM tickets",
        "EXPLAIN SELECT * FROM tickets",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "DECLARE c CURSOR FOR SELECT 1",
        "LISTEN x",
        "NOTIFY x",
        "LOCK TABLE tickets",
        "CHECKPOINT",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_read_binary_file('/etc/passwd')",
        "SELECT * FROM pg_ls_dir('/')",
        "SELECT pg_stat_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT lo_get(1)",
        // Functions with side effects, or that run a text as a statement.
        "SELECT data.touch()",
        "SELECT nextval('data.counter')",
        "SELECT setval('data.counter', 9)",
        "SELECT set_config('default_transaction_read_only', 'off', false)",
        "SELECT set_config('row_security', 'off', false)",
        "SELECT current_setting('data_directory')",
        "SELECT pg_sleep(30)",
        "SELECT pg_sleep_for('30 s')",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_xact_lock(1)",
        "SELECT pg_notify('a', 'b')",
        "SELECT pg_terminate_backend(pid) FROM generate_series(1, 99999) pid",
        "SELECT pg_cancel_backend(1)",
        "SELECT pg_reload_conf()",
        "SELECT pg_backend_pid()",
        "SELECT pg_export_snapshot()",
        "SELECT pg_switch_wal()",
        "SELECT pg_logical_emit_message(false, 'a', 'b')",
        "SELECT pg_create_restore_point('a')",
        "SELECT txid_current()",
        "SELECT pg_current_xact_id()",
        "SELECT query_to_xml('SELECT * FROM data.tickets', true, true, '')",
        "SELECT query_to_xml('DELETE FROM data.tickets', true, true, '')",
        "SELECT table_to_xml('data.tickets', true, true, '')",
        "SELECT database_to_xml(true, true, '')",
        "SELECT * FROM ts_stat('SELECT title::tsvector FROM data.tickets')",
        "SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery')",
        "SELECT dblink('host=127.0.0.1', 'SELECT 1')",
        "SELECT steward_context.enter(1, 'a', 't-globex', 'u-2', '{hr}')",
        "SELECT steward_context.leave(1)",
        // The catalogue, other schemas and what is not granted.
        "SELECT * FROM pg_shadow",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_roles",
        "SELECT * FROM pg_class",
        "SELECT * FROM pg_stat_activity",
        "SELECT * FROM pg_settings",
        "SELECT * FROM pg_hba_file_rules",
        "SELECT * FROM pg_stats",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM information_schema.enabled_roles",
        "SELECT version()",
        "SELECT inet_server_addr()",
        "SELECT pg_get_viewdef('pg_stats'::regclass)",
        "SELECT has_table_privilege('postgres', 'data.tickets', 'select')",
        "SELECT * FROM steward_context.backends",
        "SELECT * FROM steward_context.readers",
        "SELECT * FROM data.unnamed",
        "SELECT secret FROM tickets",
        "SELECT * FROM tickets",
        "SELECT t FROM tickets t",
        "SELECT row_to_json(t) FROM tickets t",
        "SELECT count(secret) FROM tickets",
        "SELECT id FROM tickets WHERE secret LIKE 'secret%'",
        "SELECT id FROM tickets ORDER BY secret",
        "SELECT t.* FROM mine m JOIN tickets t USING (id)",
        // Nothing, or no statement.
        ";",
        "-- only a remark",
        "SELECT",
        "'; DROP TABLE tickets; --",
    ]);

    public static TheoryData<string> Others => new(
    [
        "SELECT tenant FROM tickets WHERE tenant = 't-globex'",
        "SELECT tenant FROM tickets WHERE tenant <> 't-acme' OR true",
        "SELECT tenant FROM data.tickets",
        "SELECT a.tenant FROM tickets a FULL JOIN tickets b ON a.id = b.id + 1",
        "WITH x AS (SELECT tenant FROM tickets) SELECT tenant FROM x",
        "WITH x AS MATERIALIZED (SELECT tenant FROM tickets) SELECT tenant FROM x",
        "SELECT (SELECT tenant FROM tickets t WHERE t.id = n) FROM generate_series(1, 120) n",
        "SELECT t.tenant FROM generate_series(1, 120) n CROSS JOIN LATERAL (SELECT tenant FROM tickets t WHERE t.id = n) t",
        "SELECT tenant FROM tickets EXCEPT SELECT 'nothing'",
        "SELECT tenant FROM tickets TABLESAMPLE SYSTEM (100)",
        "SELECT tenant FROM ONLY tickets",
        "SELECT min(tenant) FROM tickets UNION SELECT max(tenant) FROM tickets",
        "SELECT first_value(tenant) OVER (ORDER BY tenant DESC) FROM tickets",
        "SELECT steward_context.tenant_id()",
        "SELECT tenant FROM tickets WHERE steward_context.has_role('{*}') OR true",
        "SELECT string_agg(DISTINCT tenant, ',') FROM tickets",
        "WITH RECURSIVE r(id, tenant) AS (SELECT id, tenant FROM tickets WHERE id = 2 UNION ALL SELECT t.id, t.tenant FROM r JOIN tickets t ON t.id = r.id + 1) SELECT tenant FROM r",
    ]);

    public static TheoryData<string> Probes => new(
    [
        // An error, or its absence, must not tell of rows that are not the person's: 1/0 for every row of the other tenant.
        "SELECT count(*) FROM tickets WHERE CASE WHEN tenant = 't-globex' THEN 1 / (priority - priority) ELSE 1 END = 1",
        "SELECT count(*) FROM tickets WHERE (CASE WHEN tenant = 't-globex' THEN title ELSE '1' END)::int = 1",
        "SELECT count(*) FROM tickets WHERE tenant = 't-acme' OR title::int = 1",
        "SELECT sum(1 / CASE WHEN tenant = 't-globex' THEN 0 ELSE 1 END) FROM tickets",
    ]);

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Query_Attack_IsRefusedAndNothingChanges(string sql)
    {
        var before = await database.SeeAsync(Untouched);

        var result = await database.AskAsync(sql);

        Assert.True(result.Code is "refused" or "invalid", $"{sql} gave {result.Code ?? "rows"}: {result.Message ?? System.Text.Encoding.UTF8.GetString(result.Rows.Span)}");
        Assert.Equal(0, result.RowCount);
        Assert.Equal(before, await database.SeeAsync(Untouched));
        Assert.Null((await database.AskAsync("SELECT 1")).Code);
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Query_OtherTenantsRows_AreNotThere(string sql)
    {
        var rows = PersonDatabase.Rows(await database.AskAsync(sql));

        Assert.DoesNotContain("globex", rows.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Probes))]
    public async Task Query_ErrorAsAProbe_TellsNothingOfOthersRows(string sql)
    {
        var result = await database.AskAsync(sql);

        Assert.True(result.Code is null, $"{result.Code}: {result.Message}");
    }
}
