using System.Buffers;

namespace Steward.Identity;

/// <summary>Who calls. Travels with every grain call as a signed envelope and is checked by each silo.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.caller-identity")]
public sealed record CallerIdentity
{
    /// <summary>The tenant, for example <c>t-acme</c>.</summary>
    [Id(0)]
    public required string TenantId { get; init; }

    /// <summary>The person or service account, for example <c>u-ada.lovelace</c>.</summary>
    [Id(1)]
    public required string UserId { get; init; }

    /// <summary>Roles in the tenant; see <see cref="Roles"/>.</summary>
    [Id(2)]
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Display name, if known.</summary>
    [Id(3)]
    public string? Name { get; init; }

    /// <summary>Mail address, if known: how external systems know this person.</summary>
    [Id(4)]
    public string? Email { get; init; }
}

/// <summary>Roles that Steward itself understands.</summary>
public static class WellKnownRoles
{
    /// <summary>May configure the tenant.</summary>
    public const string Admin = "admin";

    /// <summary>May read what was decided in the tenant and what became of it, and change nothing.</summary>
    public const string Auditor = "auditor";

    /// <summary>May act for other employees in IT matters, such as password resets.</summary>
    public const string HelpDesk = "helpdesk";

    /// <summary>The platform itself: silos and front ends acting without a person. Never granted to a person.</summary>
    public const string System = "system";

    /// <summary>What the roles begin with that say which teams somebody is in: <c>team-ops</c> is the team <c>ops</c>, for budgets and chargeback.</summary>
    public const string TeamPrefix = "team-";

    private static readonly SearchValues<char> TeamCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>The team that somebody's calls count for.</summary>
    /// <param name="roles">Their roles.</param>
    /// <param name="asked">The team that they name; null for the first whose name is 1 to 64 of a-z, 0-9, dot, underscore and hyphen.</param>
    /// <returns>Null when they are in none.</returns>
    public static string? TeamOf(IReadOnlyList<string> roles, string? asked = null)
    {
        ArgumentNullException.ThrowIfNull(roles);
        return asked is not null && roles.Contains(TeamPrefix + asked) ? asked : roles.FirstOrDefault(role => role.StartsWith(TeamPrefix, StringComparison.Ordinal) && IsTeam(role.AsSpan(TeamPrefix.Length)))?[TeamPrefix.Length..];
    }

    // The identity provider's roles are anybody's names: what a call could not be counted for is no team.
    private static bool IsTeam(ReadOnlySpan<char> name) => name.Length is > 0 and <= 64 && !name.ContainsAnyExcept(TeamCharacters);
}
