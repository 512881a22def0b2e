using Steward.Identity;

namespace Steward.People;

/// <summary>
/// What the platform knows of a person: the roles with which they last came themselves. The identity provider is the authority, but it says nothing while nobody signs in. Key:
/// <c>t-acme/u-7/p-person</c>.
/// </summary>
[Alias("steward.person")]
public interface IPersonGrain : IGrainWithStringKey
{
    /// <summary>The person was here, with these roles. The platform only.</summary>
    [Alias("saw")]
    Task Saw(CallerIdentity person, CancellationToken cancellationToken = default);

    /// <summary>When the person was last here and with which roles, to the day; null when that was never noted. The platform only.</summary>
    [Alias("get-last-seen")]
    Task<PersonSeen?> GetLastSeen(CancellationToken cancellationToken = default);
}

/// <summary>When a person was last here.</summary>
[GenerateSerializer]
[Alias("steward.person-seen")]
public sealed record PersonSeen
{
    /// <summary>When; at most a day too early.</summary>
    [Id(0)]
    public required DateTimeOffset At { get; init; }

    /// <summary>With which roles.</summary>
    [Id(1)]
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>With which mail address; null when the identity provider named none.</summary>
    [Id(2)]
    public string? Email { get; init; }

    /// <summary>Under which name; null when the identity provider named none.</summary>
    [Id(3)]
    public string? Name { get; init; }
}
