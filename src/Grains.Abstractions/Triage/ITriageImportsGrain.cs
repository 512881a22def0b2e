using Orleans.Concurrency;

namespace Steward.Triage;

/// <summary>Knows a tenant's imports of old tickets, and lets one at a time be at work. Key: <c>t-acme/i-triage-imports</c>.</summary>
[Alias("steward.triage-imports")]
public interface ITriageImportsGrain : IGrainWithStringKey
{
    /// <summary>Takes note of an import that is about to begin. Idempotent. The platform only.</summary>
    /// <exception cref="Errors.StewardException"><c>limit_reached</c> while another one is at work.</exception>
    [Alias("begin")]
    Task Begin(string importId, CancellationToken cancellationToken = default);

    /// <summary>The last 20 imports, newest first. Admins, and the platform.</summary>
    [Alias("list")]
    [AlwaysInterleave] // Safe: reads the list as it was last written; each import answers for itself.
    Task<IReadOnlyList<TriageImport>> List(CancellationToken cancellationToken = default);
}
