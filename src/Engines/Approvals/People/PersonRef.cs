namespace Steward.Engines.Approvals.People;

/// <summary>A person as an approval remembers them: enough to recognise them, and to tell them something.</summary>
public sealed record PersonRef
{
    /// <summary>Mail address, in lower case; empty when only the user id is known.</summary>
    public required string Email { get; init; }

    /// <summary>Display name.</summary>
    public required string Name { get; init; }

    /// <summary>The platform's id of the person; null when it was not known.</summary>
    public string? UserId { get; init; }

    /// <summary>BCP 47 tag; null when it was not known.</summary>
    public string? Locale { get; init; }

    /// <summary>IANA time zone; null when it was not known.</summary>
    public string? TimeZone { get; init; }

    /// <summary>What names the person in records: the mail address, or the user id where only that is known.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Key => Email.Length > 0 ? Email : UserId ?? "";

    /// <summary>What is remembered of a person of the directory.</summary>
    public static PersonRef Of(Person person)
    {
        ArgumentNullException.ThrowIfNull(person);
        return new()
        {
            Email = person.Email.ToLowerInvariant(),
            Name = person.Name,
            UserId = person.UserId,
            Locale = person.Locale,
            TimeZone = person.TimeZone,
        };
    }

    /// <summary>
    /// Whether somebody who acts is surely this person, which is what a right to vote takes: the same user id where both are known, else the same mail address. An address alone never outweighs another user id,
    /// since addresses are given to somebody else in time; and an address with which several people come is nobody's.
    /// </summary>
    public bool IsSurely(ApprovalActor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return UserId is not null && actor.UserId is not null
            ? UserId == actor.UserId
            : !actor.IsAddressShared && HasAddressOf(actor);
    }

    /// <summary>Whether nothing but the mail address would say that somebody who acts is this person.</summary>
    public bool IsByAddressAlone(ApprovalActor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return (UserId is null || actor.UserId is null) && HasAddressOf(actor);
    }

    private bool HasAddressOf(ApprovalActor actor) => actor.Email is { Length: > 0 } && Email.Equals(actor.Email, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether somebody who acts could be this person, which is enough to be kept from voting twice.</summary>
    public bool MayBe(ApprovalActor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return MayBe(actor.UserId, actor.Email);
    }

    /// <summary>Whether an id or an address is this person's.</summary>
    public bool MayBe(string? userId, string? email) =>
        (UserId is not null && UserId == userId) || (email is { Length: > 0 } && Email.Equals(email, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Somebody who acts on an approval.</summary>
public sealed record ApprovalActor
{
    /// <summary>The platform's id of the person; null where only the address is known, for example in a mirrored record.</summary>
    public string? UserId { get; init; }

    /// <summary>Mail address; null when it is not known.</summary>
    public string? Email { get; init; }

    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>Roles in the tenant.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Whether others come with the same address, or nobody could tell: it gives no right then.</summary>
    public bool IsAddressShared { get; init; }

    /// <summary>What the person is called in texts.</summary>
    public string Label => Name ?? Email ?? UserId ?? "somebody";

    /// <summary>Whether two could be the same person.</summary>
    public bool MayBe(string? userId, string? email) =>
        (UserId is not null && UserId == userId) || (Email is { Length: > 0 } && email is not null && Email.Equals(email, StringComparison.OrdinalIgnoreCase));
}
