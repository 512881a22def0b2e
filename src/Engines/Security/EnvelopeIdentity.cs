namespace Steward.Engines.Security;

/// <summary>Who calls, as an identity envelope or a validated token says. Compares by content.</summary>
public sealed record EnvelopeIdentity
{
    /// <summary>The tenant, for example <c>t-acme</c>.</summary>
    public required string TenantId { get; init; }

    /// <summary>The person or service account, for example <c>u-ada.lovelace</c>.</summary>
    public required string UserId { get; init; }

    /// <summary>Roles in the tenant.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Display name, if known.</summary>
    public string? Name { get; init; }

    /// <summary>Mail address, if known.</summary>
    public string? Email { get; init; }

    /// <inheritdoc />
    public bool Equals(EnvelopeIdentity? other) =>
        other is not null && TenantId == other.TenantId && UserId == other.UserId && Name == other.Name && Email == other.Email && Roles.SequenceEqual(other.Roles);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(TenantId);
        hash.Add(UserId);
        hash.Add(Email);
        foreach (var role in Roles)
        {
            hash.Add(role);
        }

        return hash.ToHashCode();
    }
}
