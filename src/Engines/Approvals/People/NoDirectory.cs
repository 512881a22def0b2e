namespace Steward.Engines.Approvals.People;

/// <summary>Of a tenant that has connected no directory: it knows nobody.</summary>
public sealed class NoDirectory : IDirectory
{
    private NoDirectory()
    {
    }

    /// <summary>The only one.</summary>
    public static NoDirectory Instance { get; } = new();

    /// <inheritdoc/>
    public ValueTask<Person?> FindAsync(string email, CancellationToken cancellationToken) => new((Person?)null);

    /// <inheritdoc/>
    public ValueTask<Person?> FindManagerAsync(string email, CancellationToken cancellationToken) => new((Person?)null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Person>?> FindGroupAsync(string group, CancellationToken cancellationToken) => new((IReadOnlyList<Person>?)null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Person>?> FindRoleAsync(string role, CancellationToken cancellationToken) => new((IReadOnlyList<Person>?)null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> FindGroupsOfAsync(string email, CancellationToken cancellationToken) => new([]);
}
