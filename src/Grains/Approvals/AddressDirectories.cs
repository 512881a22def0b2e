using Steward.Engines.Approvals.People;

namespace Steward.Approvals;

/// <summary>The directories of tenants that have none configured: whoever is named by address counts as there, roles are taken from whoever comes with them, and nobody has a manager or is in a group.</summary>
internal sealed class AddressDirectories : ITenantDirectories, IDirectory
{
    /// <inheritdoc/>
    public IDirectory ForTenant(string tenantId) => this;

    /// <inheritdoc/>
    public ValueTask<Person?> FindAsync(string email, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Person?>(email.Contains('@', StringComparison.Ordinal) ? new Person { Email = email.ToLowerInvariant(), Name = email } : null);

    /// <inheritdoc/>
    public ValueTask<Person?> FindManagerAsync(string email, CancellationToken cancellationToken) => ValueTask.FromResult<Person?>(null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Person>?> FindGroupAsync(string group, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<Person>?>(null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Person>?> FindRoleAsync(string role, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<Person>?>(null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> FindGroupsOfAsync(string email, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([]);
}
