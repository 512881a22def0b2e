namespace Steward.Engines.Approvals.People;

/// <summary>Asks a directory for each thing once. For one piece of work, by one caller at a time: what it remembers does not get old.</summary>
/// <param name="inner">The directory.</param>
public sealed class RememberingDirectory(IDirectory inner) : IDirectory
{
    private readonly Dictionary<string, Person?> _people = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Person?> _managers = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IReadOnlyList<Person>?> _groups = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IReadOnlyList<Person>?> _roles = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IReadOnlyList<string>> _groupsOf = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public ValueTask<Person?> FindAsync(string email, CancellationToken cancellationToken) => RememberAsync(_people, email, inner.FindAsync, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Person?> FindManagerAsync(string email, CancellationToken cancellationToken) => RememberAsync(_managers, email, inner.FindManagerAsync, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Person>?> FindGroupAsync(string group, CancellationToken cancellationToken) => RememberAsync(_groups, group, inner.FindGroupAsync, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Person>?> FindRoleAsync(string role, CancellationToken cancellationToken) => RememberAsync(_roles, role, inner.FindRoleAsync, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> FindGroupsOfAsync(string email, CancellationToken cancellationToken) => RememberAsync(_groupsOf, email, inner.FindGroupsOfAsync, cancellationToken);

    private static async ValueTask<T> RememberAsync<T>(Dictionary<string, T> known, string name, Func<string, CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        if (!known.TryGetValue(name, out var value))
        {
            known[name] = value = await ask(name, cancellationToken);
        }

        return value;
    }
}
