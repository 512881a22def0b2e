namespace Steward.Engines.Approvals.People;

/// <summary>
/// Who works in a tenant's organisation. Everything is looked up by mail address, which is what all systems share; comparison ignores case. Safe for concurrent use.
/// </summary>
public interface IDirectory
{
    /// <summary>The person with an address, or null when the directory knows none. Also tells those who have left: see <see cref="Person.IsActive"/>.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory could not be asked.</exception>
    ValueTask<Person?> FindAsync(string email, CancellationToken cancellationToken);

    /// <summary>The person's manager, or null when there is none.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory could not be asked.</exception>
    ValueTask<Person?> FindManagerAsync(string email, CancellationToken cancellationToken);

    /// <summary>The members of a group by its name, active or not; null when there is no such group.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory could not be asked.</exception>
    ValueTask<IReadOnlyList<Person>?> FindGroupAsync(string group, CancellationToken cancellationToken);

    /// <summary>The people who hold a role of the platform, as far as that is known; null when it is known of nobody: only who comes with the role then counts.</summary>
    ValueTask<IReadOnlyList<Person>?> FindRoleAsync(string role, CancellationToken cancellationToken);

    /// <summary>The groups that a person is in, by name.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory could not be asked.</exception>
    ValueTask<IReadOnlyList<string>> FindGroupsOfAsync(string email, CancellationToken cancellationToken);
}

/// <summary>A person as the directory knows them.</summary>
public sealed record Person
{
    /// <summary>Mail address, in lower case.</summary>
    public required string Email { get; init; }

    /// <summary>Display name.</summary>
    public required string Name { get; init; }

    /// <summary>The platform's id of the person, <c>u-…</c>; null when they have never been here and it does not follow from the directory.</summary>
    public string? UserId { get; init; }

    /// <summary>Job title.</summary>
    public string? Title { get; init; }

    /// <summary>Department.</summary>
    public string? Department { get; init; }

    /// <summary>IANA time zone, for example <c>Europe/Berlin</c>; null when it is not known.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Language as a BCP 47 tag; null when it is not known.</summary>
    public string? Locale { get; init; }

    /// <summary>Whether the person works here now. Those who do not are never asked.</summary>
    public bool IsActive { get; init; } = true;

    /// <summary>When they are, or will be, out of office.</summary>
    public IReadOnlyList<Absence> Absences { get; init; } = [];

    /// <summary>Whether several people sign in with the address: it is none of theirs then, and gives nobody a right.</summary>
    public bool IsAddressShared { get; init; }

    /// <summary>Whether two could be the same person.</summary>
    public bool MayBe(Person other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return MayBe(other.UserId, other.Email);
    }

    /// <summary>Whether an id or an address is this person's.</summary>
    public bool MayBe(string? userId, string? email) =>
        (UserId is not null && UserId == userId) || (email is { Length: > 0 } && Email.Equals(email, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A time in which somebody is out of office.</summary>
/// <param name="From">Its beginning, inclusive.</param>
/// <param name="Until">Its end, exclusive; null when it is open.</param>
/// <param name="Source">Who says so: <c>directory</c> or <c>self</c>.</param>
public sealed record Absence(DateTimeOffset From, DateTimeOffset? Until, string Source)
{
    /// <summary>Whether it holds at a time.</summary>
    public bool Covers(DateTimeOffset at) => From <= at && (Until is null || at < Until);
}

/// <summary>Somebody decides for somebody else for a time: the delegate acts for the delegator, and both are recorded.</summary>
public sealed record Delegation
{
    /// <summary>Unique in the tenant.</summary>
    public required string DelegationId { get; init; }

    /// <summary>Mail address of whoever is acted for.</summary>
    public required string From { get; init; }

    /// <summary>Mail address of the delegate.</summary>
    public required string To { get; init; }

    /// <summary>Its beginning, inclusive.</summary>
    public required DateTimeOffset Begins { get; init; }

    /// <summary>Its end, exclusive.</summary>
    public required DateTimeOffset Ends { get; init; }

    /// <summary>Only for requests of these types; empty for all.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>The user id of whoever is acted for, once somebody surely came with their address; from then on nobody else is meant, whoever gets the address later.</summary>
    public string? FromUserId { get; init; }

    /// <summary>The user id of the delegate, in the same way.</summary>
    public string? ToUserId { get; init; }

    /// <summary>Whether it is for requests of a type.</summary>
    public bool IsFor(string type) => Types.Count == 0 || Types.Contains(type, StringComparer.Ordinal);

    /// <summary>Whether it holds for a type at a time.</summary>
    public bool Covers(string type, DateTimeOffset at) => Begins <= at && at < Ends && IsFor(type);

    /// <summary>Whether it is by whoever has this address and perhaps this id.</summary>
    public bool IsBy(PersonRef person)
    {
        ArgumentNullException.ThrowIfNull(person);
        return IsBy(person.UserId, person.Email);
    }

    internal bool IsBy(Person person) => IsBy(person.UserId, person.Email);

    /// <summary>The delegate, of whom the directory knows the address; null when that is somebody else's by now.</summary>
    internal Person? Meant(Person found) =>
        ToUserId is null ? found
        : found.UserId is null ? found with { UserId = ToUserId }
        : found.UserId == ToUserId ? found
        : null;

    private bool IsBy(string? userId, string email) => From.Equals(email, StringComparison.OrdinalIgnoreCase) && (FromUserId is null || userId is null || FromUserId == userId);
}

/// <summary>The directory could not be asked; it is asked again later, and nobody is left out meanwhile.</summary>
public sealed class DirectoryUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
