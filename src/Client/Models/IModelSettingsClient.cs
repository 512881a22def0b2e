using Steward.Models;

namespace Steward.Client;

/// <summary>What a tenant allows and wants of models. Reached through <see cref="IStewardUserClient.ModelSettings"/> and <see cref="IModelClient"/>.</summary>
public interface IModelSettingsClient
{
    /// <summary>The tenant's settings. Admins only.</summary>
    Task<ModelSettings> GetSettingsAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces the tenant's settings. Not repeated. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>conflict</c> when the revision is not the one that holds.</exception>
    Task<ModelSettings> SetSettingsAsync(ModelSettings settings, CancellationToken cancellationToken = default);

    /// <summary>Counts a change of what answers rest on. Admins only. May be counted twice after a failure, which costs cached answers and nothing else.</summary>
    /// <param name="source">The source; the empty name stands for all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<long> BumpSourceAsync(string source, CancellationToken cancellationToken = default);
}
