namespace Steward.Tenants;

/// <summary>What a tenant persists.</summary>
[GenerateSerializer]
[Alias("steward.tenant-state")]
internal sealed class TenantState
{
    /// <summary>The profile; null until the tenant is configured.</summary>
    [Id(0)]
    public TenantProfile? Profile { get; set; }

    /// <summary>API keys by their public id.</summary>
    [Id(1)]
    public Dictionary<string, ApiKeyRecord> ApiKeys { get; set; } = new(StringComparer.Ordinal);

    /// <summary>When retention last went through everything; null never.</summary>
    [Id(2)]
    public DateTimeOffset? RetainedAt { get; set; }
}
