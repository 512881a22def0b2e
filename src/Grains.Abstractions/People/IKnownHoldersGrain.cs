using Steward.Identity;

namespace Steward.People;

/// <summary>Those who lately came by themselves with one of a tenant's roles, for what all of them should know. Key: <c>t-acme/i-role-finance</c>.</summary>
[Alias("steward.known-holders")]
public interface IKnownHoldersGrain : IGrainWithStringKey
{
    /// <summary>A person was here: with the role, or without it any more. The platform only.</summary>
    [Alias("saw")]
    Task Saw(CallerIdentity person, bool holds, CancellationToken cancellationToken = default);

    /// <summary>The same of several people at once, in their order, for the price of one. The platform only.</summary>
    [Alias("saw-all")]
    Task SawAll(IReadOnlyList<HolderSeen> people, CancellationToken cancellationToken = default);

    /// <summary>Who holds the role, as far as that is known. The platform only.</summary>
    [Alias("list")]
    Task<KnownHolders> List(CancellationToken cancellationToken = default);
}

/// <summary>Somebody who was here: with a role, or without it any more.</summary>
[GenerateSerializer]
[Alias("steward.holder-seen")]
public sealed record HolderSeen
{
    /// <summary>Who.</summary>
    [Id(0)]
    public required CallerIdentity Person { get; init; }

    /// <summary>Whether the person holds the role.</summary>
    [Id(1)]
    public required bool Holds { get; init; }
}

/// <summary>Who holds a role.</summary>
[GenerateSerializer]
[Alias("steward.holders-of-role")]
public sealed record KnownHolders
{
    /// <summary>Those who are known, who were here last first.</summary>
    [Id(0)]
    public required IReadOnlyList<KnownHolder> People { get; init; }

    /// <summary>Whether more came with it lately than are kept: the list has only some of them.</summary>
    [Id(1)]
    public bool IsCrowded { get; init; }
}

/// <summary>Somebody who holds a role.</summary>
[GenerateSerializer]
[Alias("steward.holder-of-role")]
public sealed record KnownHolder
{
    /// <summary>The person's id.</summary>
    [Id(0)]
    public required string UserId { get; init; }

    /// <summary>Mail address; null when the identity provider named none.</summary>
    [Id(1)]
    public string? Email { get; init; }

    /// <summary>Name; null when the identity provider named none.</summary>
    [Id(2)]
    public string? Name { get; init; }
}
