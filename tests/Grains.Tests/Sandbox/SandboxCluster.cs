using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Sandboxing;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Operations;
using Steward.Sandbox;
using Steward.Storage;

namespace Steward.Grains.Tests.Sandbox;

/// <summary>A silo whose sandboxes the tests script, and a table of salaries that only some may read.</summary>
public sealed class SandboxCluster : GrainCluster
{
    internal ScriptedPool Pool { get; } = new();

    internal NotedAudit Audit { get; } = new();

    internal ISandboxLeaseGrain Lease(string id, string tenant = "t-acme") => Grains.GetGrain<ISandboxLeaseGrain>(GrainKeys.SandboxLease(tenant, id));

    internal static string NewId() => "x-" + Guid.NewGuid().ToString("n");

    internal static StartSandboxExecution Code(params string[] lines) => new() { Language = "python", Code = string.Join('\n', lines) };

    internal Task<int> WatchdogAsync(string tenant) => Silo.GetRequiredService<OpenWork>().WakeAsync(tenant, default);

    internal static async Task<SandboxExecution> EndedAsync(ISandboxLeaseGrain lease)
    {
        SandboxExecution? found = null;
        await Conversing.UntilAsync(async () => (found = await lease.Get()) is { IsDestroyed: true });
        return found!;
    }

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ISandboxPool>(Pool);
        silo.Services.AddSingleton<IPersonQueries, Salaries>();
        silo.Services.AddSingleton<ICallAudit>(Audit);
        silo.Services.AddStewardSandboxTools();
        silo.Services.Configure<SandboxLeaseOptions>(options =>
        {
            // Only the tests of deadlines ask for something that nobody waits for.
            options.Background = TimeSpan.FromMilliseconds(300);
            options.Grace = TimeSpan.FromMilliseconds(300);
        });
    }

    private sealed class Salaries : IPersonQueries
    {
        public bool IsConfigured(string tenantId) => tenantId == "t-acme";

        public ValueTask<PersonQueryResult> QueryAsync(PersonQuery query, CancellationToken cancellationToken = default) => ValueTask.FromResult(
            query.Roles.Contains("hr")
                ? new PersonQueryResult { Columns = [new PersonQueryColumn("who", "text"), new PersonQueryColumn("amount", "integer")], Rows = Encoding.UTF8.GetBytes($"""[["{query.UserId} of {query.TenantId}",1000]]"""), RowCount = 1 }
                : new PersonQueryResult { Code = "refused", Message = "The table 'salaries' does not exist, or you may not read it." });
    }
}

/// <summary>Notes audit entries.</summary>
internal sealed class NotedAudit : ICallAudit
{
    public ConcurrentQueue<CallAudit> Entries { get; } = new();

    public ValueTask RecordAsync(CallAudit entry, bool isChange)
    {
        Entries.Enqueue(entry);
        return default;
    }
}

/// <summary>The tests of leases share one silo.</summary>
[CollectionDefinition(Name)]
public sealed class SandboxClusterGroup : ICollectionFixture<SandboxCluster>
{
    public const string Name = "sandbox";
}
