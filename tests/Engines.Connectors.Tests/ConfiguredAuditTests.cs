using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests;

/// <summary>Calls of connectors of the configuration are in the audit log like those of instances.</summary>
public sealed class ConfiguredAuditTests : IAsyncLifetime
{
    private static readonly ConnectorCaller Ada = new("u-ada", "ada@acme.example", ["employee"]);

    private readonly Kept _kept = new();
    private FakeVendor _vendor = null!;
    private ServiceProvider _provider = null!;

    private IConnectorRegistry Registry => _provider.GetRequiredService<IConnectorRegistry>();

    public async Task InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _provider = new ServiceCollection().AddSingleton<ICallAudit>(_kept).AddStewardConnectors(options => options.Tenants["t-acme"] = new TenantConnectorsOptions
        {
            Okta = new OktaOptions { BaseUrl = _vendor.Url, Token = new SecretText("s3cr3t") },
        }).BuildServiceProvider();
    }

    public async Task DisposeAsync()
    {
        await _provider.DisposeAsync();
        await _vendor.DisposeAsync();
    }

    [Fact]
    public async Task Execute_Read_EntryHasThePersonTheRequestAndNoAddress()
    {
        _vendor.Answer = (_, http) =>
        {
            http.Response.Headers["X-Okta-Request-Id"] = "req-1";
            return FakeVendor.Json(http, "[]");
        };
        var connectors = await Registry.OpenAsync("t-acme", Ada, default);

        await connectors.ExecuteAsync(Connected.Request("okta.users.find", new { email = "bob@acme.example" }, "a-7"), default);

        var (entry, isChange) = Assert.Single(_kept.Entries);
        Assert.Equal(("t-acme", "okta", "users.find", "u-ada", "a-7", "succeeded"), (entry.TenantId, entry.Instance, entry.Operation, entry.UserId, entry.ActionId, entry.Outcome));
        Assert.Equal((200, 1, "req-1"), (entry.Status, entry.Attempts, entry.VendorRequestId));
        Assert.DoesNotContain("bob@", entry.Arguments, StringComparison.Ordinal);
        Assert.Equal(16, JsonElement.Parse(entry.Arguments).GetProperty("email").GetProperty("length").GetInt32());
        Assert.False(isChange);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("r-1", false)]
    public async Task Execute_Change_WaitsForItsEntryUnlessTheJournalOfARunHasIt(string? runId, bool waits)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"errorCode":"E0000006","errorSummary":"no"}""", 403);

        await Registry.ForTenant("t-acme").ExecuteAsync(Connected.Request("okta.users.unlock", new { userId = "00u1" }) with { RunId = runId }, default);

        var (entry, isChange) = Assert.Single(_kept.Entries);
        Assert.Equal(("users.unlock", "forbidden", 403, null), (entry.Operation, entry.Outcome, entry.Status, entry.UserId));
        Assert.Equal(waits, isChange);
    }

    [Fact]
    public async Task Execute_RefusedBeforeAnythingIsSent_EntryCountsNoRequest()
    {
        await Registry.ForTenant("t-acme").ExecuteAsync(Connected.Request("okta.users.get", new { }), default);

        var (entry, _) = Assert.Single(_kept.Entries);
        Assert.Equal(("users.get", "invalid_argument", 0, null), (entry.Operation, entry.Outcome, entry.Attempts, entry.Status));
    }

    [Fact]
    public async Task Execute_UnknownOperation_LeavesNoEntry()
    {
        await Registry.ForTenant("t-acme").ExecuteAsync(Connected.Request("okta.users.eat", new { }), default);

        Assert.Empty(_kept.Entries);
    }

    private sealed class Kept : ICallAudit
    {
        public ConcurrentQueue<(CallAudit Entry, bool IsChange)> Entries { get; } = new();

        public ValueTask RecordAsync(CallAudit entry, bool isChange)
        {
            Entries.Enqueue((entry, isChange));
            return default;
        }
    }
}
