using System.Data;
using Npgsql;
using Steward.Storage.Migrations;
using Steward.Storage.PostgreSql;

namespace Steward.Storage.Tests.Migrations;

/// <summary>
/// The statements that the Orleans ADO.NET providers look up, called with the parameter names and types that the providers use and read by the
/// column names that they read.
/// </summary>
public sealed class OrleansSchemaTests(PostgreSqlStorageFixture fixture) : IAsyncLifetime, IClassFixture<PostgreSqlStorageFixture>
{
    private static readonly DateTime Noon = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(fixture.ConnectionString);

    // Each test is a cluster and a service of its own.
    private readonly string _deployment = Guid.NewGuid().ToString("n");
    private readonly string _service = Guid.NewGuid().ToString("n");

    public async Task InitializeAsync()
    {
        await using var database = new PostgreSqlDatabase(fixture.ConnectionString);
        await PostgreSqlMigrations.ApplyAsync(database, MigrationSet.Orleans, TimeProvider.System, CancellationToken.None);
    }

    public async Task DisposeAsync() => await _source.DisposeAsync();

    [Theory]
    [InlineData("GatewaysQueryKey")]
    [InlineData("MembershipReadRowKey")]
    [InlineData("MembershipReadAllKey")]
    [InlineData("InsertMembershipVersionKey")]
    [InlineData("UpdateIAmAlivetimeKey")]
    [InlineData("InsertMembershipKey")]
    [InlineData("UpdateMembershipKey")]
    [InlineData("DeleteMembershipTableEntriesKey")]
    [InlineData("CleanupDefunctSiloEntriesKey")]
    [InlineData("ReadReminderRowsKey")]
    [InlineData("ReadRangeRows1Key")]
    [InlineData("ReadRangeRows2Key")]
    [InlineData("ReadReminderRowKey")]
    [InlineData("UpsertReminderRowKey")]
    [InlineData("DeleteReminderRowKey")]
    [InlineData("DeleteReminderRowsKey")]
    [InlineData("WriteToStorageKey")]
    [InlineData("ReadFromStorageKey")]
    [InlineData("ClearStorageKey")]
    [InlineData("DeleteStorageKey")]
    public async Task Migrate_Database_HoldsTheQuery(string key) => Assert.NotEmpty(await TextAsync(key));

    [Fact]
    public async Task InsertMembershipVersion_Twice_SaysTrueThenFalse()
    {
        Assert.True(await TrueAsync("InsertMembershipVersionKey", ("DeploymentId", _deployment, DbType.String)));
        Assert.False(await TrueAsync("InsertMembershipVersionKey", ("DeploymentId", _deployment, DbType.String)));
    }

    [Fact]
    public async Task InsertMembership_CurrentVersion_AddsTheSiloAndStepsTheVersion()
    {
        await StartClusterAsync();

        Assert.True(await InsertSiloAsync(port: 1, version: 0));

        var row = Assert.Single(await ReadAsync("MembershipReadAllKey", ("DeploymentId", _deployment, DbType.String)));
        Assert.Equal(
            (1, "127.0.0.1", 1, 7, "silo", "host", 3, 30001, Noon, Noon),
            ((int)row["Version"]!, (string)row["Address"]!, (int)row["Port"]!, (int)row["Generation"]!, (string)row["SiloName"]!, (string)row["HostName"]!,
                (int)row["Status"]!, (int)row["ProxyPort"]!, (DateTime)row["StartTime"]!, (DateTime)row["IAmAliveTime"]!));
    }

    [Fact]
    public async Task InsertMembership_StaleVersionOrKnownSilo_ChangesNothing()
    {
        await StartClusterAsync();
        await InsertSiloAsync(port: 1, version: 0);

        Assert.False(await InsertSiloAsync(port: 2, version: 0));
        Assert.False(await InsertSiloAsync(port: 1, version: 1));

        Assert.Equal(1, Assert.Single(await ReadAsync("MembershipReadAllKey", ("DeploymentId", _deployment, DbType.String)))["Version"]);
    }

    [Fact]
    public async Task InsertMembership_ManySilosWithTheSameView_LetsOneIn()
    {
        await StartClusterAsync();

        var inserted = await Task.WhenAll(Enumerable.Range(1, 12).Select(port => InsertSiloAsync(port, version: 0)));

        Assert.Equal(1, inserted.Count(success => success));
        Assert.Equal(1, Assert.Single(await ReadAsync("MembershipReadAllKey", ("DeploymentId", _deployment, DbType.String)))["Version"]);
    }

    [Fact]
    public async Task UpdateMembership_CurrentVersion_ChangesTheSiloAndStepsTheVersion()
    {
        await StartClusterAsync();
        await InsertSiloAsync(port: 1, version: 0);

        Assert.True(await UpdateSiloAsync(port: 1, version: 1, status: 6, suspects: "S127.0.0.1:1:1,2026"));
        Assert.False(await UpdateSiloAsync(port: 1, version: 1, status: 3, suspects: null));
        Assert.False(await UpdateSiloAsync(port: 9, version: 2, status: 3, suspects: null));

        var row = Assert.Single(await ReadAsync("MembershipReadAllKey", ("DeploymentId", _deployment, DbType.String)));
        Assert.Equal((2, 6, "S127.0.0.1:1:1,2026"), ((int)row["Version"]!, (int)row["Status"]!, (string)row["SuspectTimes"]!));
    }

    [Fact]
    public async Task MembershipReadRow_UnknownSilo_ReturnsTheVersionAlone()
    {
        await StartClusterAsync();

        var row = Assert.Single(await ReadAsync("MembershipReadRowKey", [("DeploymentId", _deployment, DbType.String), .. Address(5)]));

        Assert.Equal((0, null), ((int)row["Version"]!, row["StartTime"]));
    }

    [Fact]
    public async Task Gateways_ActiveAndDeadSilos_ListsTheActive()
    {
        await StartClusterAsync();
        await InsertSiloAsync(port: 1, version: 0);
        await InsertSiloAsync(port: 2, version: 1);
        await UpdateSiloAsync(port: 2, version: 2, status: 6, suspects: null);

        var row = Assert.Single(await ReadAsync("GatewaysQueryKey", ("DeploymentId", _deployment, DbType.String), ("Status", 3, DbType.Int32)));

        Assert.Equal(("127.0.0.1", 30001, 7), ((string)row["Address"]!, (int)row["ProxyPort"]!, (int)row["Generation"]!));
    }

    [Fact]
    public async Task UpdateIAmAlive_KnownSilo_LeavesTheVersion()
    {
        await StartClusterAsync();
        await InsertSiloAsync(port: 1, version: 0);

        await ReadAsync("UpdateIAmAlivetimeKey", [("DeploymentId", _deployment, DbType.String), .. Address(1), ("IAmAliveTime", Noon.AddHours(1), DbType.DateTime)]);

        var row = Assert.Single(await ReadAsync("MembershipReadRowKey", [("DeploymentId", _deployment, DbType.String), .. Address(1)]));
        Assert.Equal((1, Noon.AddHours(1)), ((int)row["Version"]!, (DateTime)row["IAmAliveTime"]!));
    }

    [Fact]
    public async Task CleanupDefunctSilos_OldAndDead_RemovesThemOnly()
    {
        await StartClusterAsync();
        await InsertSiloAsync(port: 1, version: 0);
        await InsertSiloAsync(port: 2, version: 1);
        await UpdateSiloAsync(port: 2, version: 2, status: 6, suspects: null);

        await ReadAsync("CleanupDefunctSiloEntriesKey", ("DeploymentId", _deployment, DbType.String), ("IAmAliveTime", Noon.AddDays(1), DbType.DateTime));

        Assert.Equal(1, Assert.Single(await ReadAsync("MembershipReadAllKey", ("DeploymentId", _deployment, DbType.String)))["Port"]);
    }

    [Fact]
    public async Task DeleteMembershipEntries_Cluster_RemovesAllOfIt()
    {
        await StartClusterAsync();
        await InsertSiloAsync(port: 1, version: 0);

        await ReadAsync("DeleteMembershipTableEntriesKey", ("DeploymentId", _deployment, DbType.String));

        Assert.Empty(await ReadAsync("MembershipReadAllKey", ("DeploymentId", _deployment, DbType.String)));
    }

    [Fact]
    public async Task WriteToStorage_NewThenCurrentVersion_CountsUp()
    {
        Assert.Equal(1, await WriteAsync("t-acme", null, [1]));
        Assert.Equal(2, await WriteAsync("t-acme", 1, [2]));

        var row = Assert.Single(await ReadAsync("ReadFromStorageKey", Key("t-acme")));
        Assert.Equal(2, row["Version"]);
        Assert.Equal(new byte[] { 2 }, row["PayloadBinary"]);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(7, 7)]
    public async Task WriteToStorage_StaleVersion_AnswersTheGivenOne(int? version, int? expected)
    {
        await WriteAsync("t-acme", null, [1]);

        Assert.Equal(expected, await WriteAsync("t-acme", version, [2]));
        Assert.Equal(new byte[] { 1 }, Assert.Single(await ReadAsync("ReadFromStorageKey", Key("t-acme")))["PayloadBinary"]);
    }

    [Fact]
    public async Task WriteToStorage_ManyNewAtOnce_LetsOneThrough()
    {
        var versions = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => WriteAsync("t-acme", null, [(byte)i])));

        Assert.Equal(1, versions.Count(version => version == 1));
        Assert.Equal(9, versions.Count(version => version is null));
        Assert.Single(await ReadAsync("ReadFromStorageKey", Key("t-acme")));
    }

    [Fact]
    public async Task Storage_KeysWithAndWithoutText_AreDifferentRows()
    {
        await WriteAsync(null, null, [1]);
        await WriteAsync("", null, [2]);
        await WriteAsync("T-ACME", null, [3]);
        await WriteAsync("t-acme", null, [4]);

        Assert.Equal(new byte[] { 1 }, Assert.Single(await ReadAsync("ReadFromStorageKey", Key(null)))["PayloadBinary"]);
        Assert.Equal(new byte[] { 3 }, Assert.Single(await ReadAsync("ReadFromStorageKey", Key("T-ACME")))["PayloadBinary"]);
    }

    [Fact]
    public async Task ClearStorage_CurrentVersion_KeepsTheVersionCounting()
    {
        await WriteAsync("t-acme", null, [1]);

        Assert.Empty(await ReadAsync("ClearStorageKey", [.. Key("t-acme"), ("GrainStateVersion", 9, DbType.Int32)]));
        Assert.Equal(2, Assert.Single(await ReadAsync("ClearStorageKey", [.. Key("t-acme"), ("GrainStateVersion", 1, DbType.Int32)]))["NewGrainStateVersion"]);
        Assert.Null(Assert.Single(await ReadAsync("ReadFromStorageKey", Key("t-acme")))["PayloadBinary"]);
        Assert.Equal(3, await WriteAsync("t-acme", 2, [1]));
    }

    [Fact]
    public async Task DeleteStorage_CurrentVersion_RemovesTheRow()
    {
        await WriteAsync("t-acme", null, [1]);

        Assert.Equal(2, Assert.Single(await ReadAsync("DeleteStorageKey", [.. Key("t-acme"), ("GrainStateVersion", 1, DbType.Int32)]))["NewGrainStateVersion"]);
        Assert.Empty(await ReadAsync("ReadFromStorageKey", Key("t-acme")));
    }

    [Fact]
    public async Task UpsertReminder_Twice_CountsTheVersionUp()
    {
        Assert.Equal(0, await UpsertAsync("run/t-acme", "watchdog", 5));
        Assert.Equal(1, await UpsertAsync("run/t-acme", "watchdog", 5));

        var row = Assert.Single(await ReadAsync("ReadReminderRowKey", Reminder("run/t-acme", "watchdog")));
        Assert.Equal(
            ("run/t-acme", "watchdog", Noon, 60_000L, 1),
            ((string)row["GrainId"]!, (string)row["ReminderName"]!, (DateTime)row["StartTime"]!, (long)row["Period"]!, (int)row["Version"]!));
    }

    [Fact]
    public async Task ReadRange_BothKinds_AreOpenAtTheBeginningAndClosedAtTheEnd()
    {
        foreach (var hash in new[] { int.MinValue, -1, 0, 5, int.MaxValue })
        {
            await UpsertAsync($"run/{hash}", "watchdog", hash);
        }

        Assert.Equal(["run/0", "run/5"], await RangeAsync("ReadRangeRows1Key", -1, 5));
        Assert.Equal([$"run/{int.MinValue}", $"run/{int.MaxValue}"], await RangeAsync("ReadRangeRows2Key", 5, int.MinValue));
        Assert.Equal(5, (await RangeAsync("ReadRangeRows2Key", 0, 0)).Count);
    }

    [Fact]
    public async Task DeleteReminder_ByVersion_SaysWhetherItWasThere()
    {
        await UpsertAsync("run/t-acme", "watchdog", 5);

        Assert.False(await TrueAsync("DeleteReminderRowKey", [.. Reminder("run/t-acme", "watchdog"), ("Version", 3, DbType.Int32)]));
        Assert.True(await TrueAsync("DeleteReminderRowKey", [.. Reminder("run/t-acme", "watchdog"), ("Version", 0, DbType.Int32)]));
        Assert.Empty(await ReadAsync("ReadReminderRowsKey", Reminder("run/t-acme", "watchdog")[..2]));
    }

    [Fact]
    public async Task DeleteReminders_OfAService_LeavesOthers()
    {
        await UpsertAsync("run/t-acme", "watchdog", 5);

        await ReadAsync("DeleteReminderRowsKey", ("ServiceId", "other", DbType.String));
        Assert.Single(await RangeAsync("ReadRangeRows2Key", 0, 0));

        await ReadAsync("DeleteReminderRowsKey", ("ServiceId", _service, DbType.String));
        Assert.Empty(await RangeAsync("ReadRangeRows2Key", 0, 0));
    }

    private static (string Name, object? Value, DbType Type)[] Address(int port) =>
        [("Address", "127.0.0.1", DbType.String), ("Port", port, DbType.Int32), ("Generation", 7, DbType.Int32)];

    private (string Name, object? Value, DbType Type)[] Key(string? text) =>
    [
        ("GrainIdHash", 11, DbType.Int32), ("GrainIdN0", 0L, DbType.Int64), ("GrainIdN1", 0L, DbType.Int64), ("GrainTypeHash", 12, DbType.Int32),
        ("GrainTypeString", "tenant", DbType.String), ("GrainIdExtensionString", text, DbType.String), ("ServiceId", _service, DbType.String),
    ];

    private (string Name, object? Value, DbType Type)[] Reminder(string grain, string name) =>
        [("ServiceId", _service, DbType.String), ("GrainId", grain, DbType.String), ("ReminderName", name, DbType.String)];

    private Task<bool> StartClusterAsync() => TrueAsync("InsertMembershipVersionKey", ("DeploymentId", _deployment, DbType.String));

    private Task<bool> InsertSiloAsync(int port, int version) => TrueAsync(
        "InsertMembershipKey",
        [
            ("DeploymentId", _deployment, DbType.String), ("IAmAliveTime", Noon, DbType.DateTime), ("SiloName", "silo", DbType.String), ("HostName", "host", DbType.String),
            .. Address(port), ("StartTime", Noon, DbType.DateTime), ("Status", 3, DbType.Int32), ("ProxyPort", 30000 + port, DbType.Int32), ("Version", version, DbType.Int32),
        ]);

    private Task<bool> UpdateSiloAsync(int port, int version, int status, string? suspects) => TrueAsync(
        "UpdateMembershipKey",
        [
            ("DeploymentId", _deployment, DbType.String), .. Address(port), ("IAmAliveTime", Noon, DbType.DateTime), ("Status", status, DbType.Int32),
            ("SuspectTimes", suspects, DbType.String), ("Version", version, DbType.Int32),
        ]);

    private async Task<int?> WriteAsync(string? text, int? version, byte[] payload) => (int?)Assert.Single(await ReadAsync(
        "WriteToStorageKey", [.. Key(text), ("GrainStateVersion", version, DbType.Int32), ("PayloadBinary", payload, DbType.Binary)]))["NewGrainStateVersion"];

    private async Task<int> UpsertAsync(string grain, string name, int hash) => (int)Assert.Single(await ReadAsync(
        "UpsertReminderRowKey",
        [.. Reminder(grain, name), ("GrainHash", hash, DbType.Int32), ("StartTime", Noon, DbType.DateTime), ("Period", 60_000, DbType.Int32)]))["Version"]!;

    private async Task<List<string>> RangeAsync(string key, int begin, int end) =>
        [.. (await ReadAsync(key, ("ServiceId", _service, DbType.String), ("BeginHash", begin, DbType.Int32), ("EndHash", end, DbType.Int32)))
            .Select(row => (string)row["GrainId"]!).Order(StringComparer.Ordinal)];

    private async Task<bool> TrueAsync(string key, params (string Name, object? Value, DbType Type)[] parameters)
    {
        var row = Assert.Single(await ReadAsync(key, parameters));
        return Convert.ToBoolean(Assert.Single(row).Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<string> TextAsync(string key)
    {
        await using var select = _source.CreateCommand("SELECT QueryText FROM OrleansQuery WHERE QueryKey = $1");
        select.Parameters.AddWithValue(key);
        return (string)(await select.ExecuteScalarAsync() ?? "");
    }

    private async Task<List<Dictionary<string, object?>>> ReadAsync(string key, params (string Name, object? Value, DbType Type)[] parameters)
    {
        await using var command = _source.CreateCommand(await TextAsync(key));
        foreach (var (name, value, type) in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { ParameterName = name, Value = value ?? DBNull.Value, DbType = type });
        }

        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<Dictionary<string, object?>>();
        while (await reader.ReadAsync())
        {
            var row = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < reader.FieldCount; i++)
            {
                row[reader.GetName(i)] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            }

            rows.Add(row);
        }

        return rows;
    }
}
