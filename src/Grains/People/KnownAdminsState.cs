using Orleans.Runtime;
using Orleans.Storage;
using Steward.Identity;

namespace Steward.People;

/// <summary>What earlier releases persisted of a tenant's admins. Only read, by <see cref="KnownHoldersGrain"/>.</summary>
[GenerateSerializer]
[Alias("steward.known-admins-state")]
internal sealed class KnownAdminsState
{
    /// <summary>The grain, and the name of its state, that wrote it.</summary>
    internal const string GrainTypeName = "knownadmins", StateName = "admins";

    /// <summary>The admins by user id.</summary>
    [Id(0)]
    public Dictionary<string, KnownAdmin> Admins { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The id of the grain that kept a tenant's.</summary>
    internal static GrainId IdOf(string tenantId) => GrainId.Create(GrainTypeName, $"{GrainKeys.Tenant(tenantId)}/i-admins");

    /// <summary>What is still there of a tenant's; empty where nothing was ever written.</summary>
    internal static async Task<IReadOnlyDictionary<string, KnownAdmin>> ReadAsync(IGrainStorage storage, string tenantId)
    {
        var stored = new GrainState<KnownAdminsState>(new KnownAdminsState());
        await storage.ReadStateAsync(StateName, IdOf(tenantId), stored);
        return stored is { RecordExists: true, State: { } known } ? known.Admins : new Dictionary<string, KnownAdmin>();
    }
}

/// <summary>One admin.</summary>
[GenerateSerializer]
[Alias("steward.known-admin")]
internal sealed class KnownAdmin
{
    /// <summary>Who.</summary>
    [Id(0)]
    public required CallerIdentity Person { get; set; }

    /// <summary>When they were here last, to the day.</summary>
    [Id(1)]
    public DateTimeOffset At { get; set; }
}
