using System.Text.Json;
using Steward.Engines.Approvals.People;

namespace Steward.People;

/// <summary>
/// The people of Workday: workers by their work mail address. Somebody's manager is the manager of their primary supervisory organisation, and groups are supervisory organisations, by their name or, where several share
/// one, by how Workday shows them: <c>Sales (Grace Hopper)</c>.
/// </summary>
/// <param name="calls">Asks it.</param>
internal sealed class WorkdayPeople(DirectoryCalls calls) : IPeopleSource
{
    // A query of Workday also fails when the integration user may not see a field: that says nothing of whom it was about.
    private readonly DirectoryCalls _calls = calls with { IsRefusalAnAnswer = false };

    /// <inheritdoc/>
    public async Task<DirectoryEntry?> FindAsync(string email, CancellationToken cancellationToken)
    {
        if (!CanBeAskedFor(email))
        {
            return null;
        }

        var active = With(email, await _calls.AskAsync("people.find", new() { ["email"] = email }, cancellationToken), isActive: true);
        if (active.Count > 0)
        {
            return active.Count == 1 ? active[0] : null;
        }

        var left = With(email, await _calls.AskAsync("people.find_left", new() { ["email"] = email }, cancellationToken), isActive: false);
        return left.Count == 1 ? left[0] : null;
    }

    /// <inheritdoc/>
    public async Task<string?> FindManagerAsync(DirectoryEntry entry, CancellationToken cancellationToken)
    {
        // Whoever is on top leads their own organisation.
        return await OrganizationOfAsync(entry, cancellationToken) is { } organization
            && DirectoryCalls.Text(organization, "managerId") is { } managerId
            && managerId != entry.Id
            && await _calls.AskAsync("workers.get", new() { ["workerId"] = managerId }, cancellationToken) is { } manager
            ? DirectoryCalls.Text(manager, "email")
            : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DirectoryEntry>?> FindGroupAsync(string group, CancellationToken cancellationToken)
    {
        var listed = await _calls.AskAsync("organizations.list", [], cancellationToken);
        var found = DirectoryCalls.Items(listed).Where(item => NamesOf(item).Contains(group, StringComparer.OrdinalIgnoreCase)).Select(item => DirectoryCalls.Text(item, "id")).OfType<string>().ToList();
        if (found.Count <= 1 && DirectoryCalls.IsCut(listed))
        {
            // Whoever names a group by a name that others share names none: the one that was found may not be the only one.
            throw new DirectoryUnavailableException($"{_calls.Name} has more organisations than are looked through, so that it is not known which one is {group}.");
        }

        if (found.Count != 1)
        {
            return null;
        }

        var members = await _calls.AskAsync("organizations.workers", new() { ["organizationId"] = found[0] }, cancellationToken);
        return DirectoryCalls.IsCut(members)
            ? throw new DirectoryUnavailableException($"{group} has more people in {_calls.Name} than are read.")
            : [.. DirectoryCalls.Items(members).Select(item => Read(item, isActive: true)).OfType<DirectoryEntry>()];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> FindGroupsOfAsync(DirectoryEntry entry, CancellationToken cancellationToken) =>
        await OrganizationOfAsync(entry, cancellationToken) is { } organization ? NamesOf(organization) : [];

    /// <summary>
    /// Whether a text can stand in a query. How Workday's query language writes a quotation mark inside of a text is not documented, so such a text is never sent; nor has anybody an address with one.
    /// </summary>
    internal static bool CanBeAskedFor(string text) => text.Length <= 254 && !text.Any(character => character is '"' or '\\' || char.IsControl(character) || char.IsSurrogate(character));

    private async Task<JsonElement?> OrganizationOfAsync(DirectoryEntry entry, CancellationToken cancellationToken) =>
        await _calls.AskAsync("workers.get", new() { ["workerId"] = entry.Id }, cancellationToken) is { } worker && DirectoryCalls.Text(worker, "organizationId") is { } organizationId
            ? await _calls.AskAsync("organizations.get", new() { ["organizationId"] = organizationId }, cancellationToken)
            : null;

    private static IReadOnlyList<string> NamesOf(JsonElement organization) =>
        [.. new[] { DirectoryCalls.Text(organization, "name"), DirectoryCalls.Text(organization, "title") }.OfType<string>().Distinct(StringComparer.Ordinal)];

    private static List<DirectoryEntry> With(string email, JsonElement? found, bool isActive) =>
        [.. DirectoryCalls.Items(found).Select(item => Read(item, isActive)).OfType<DirectoryEntry>().Where(entry => entry.Person.Email.Equals(email, StringComparison.OrdinalIgnoreCase)).DistinctBy(entry => entry.Id)];

    private static DirectoryEntry? Read(JsonElement item, bool isActive)
    {
        if (DirectoryCalls.Text(item, "email") is not { Length: > 0 and <= 254 } email || DirectoryCalls.Text(item, "id") is not { } id)
        {
            return null;
        }

        var address = email.ToLowerInvariant();
        return new(id, new() { Email = address, Name = DirectoryCalls.Text(item, "name") ?? address, Title = DirectoryCalls.Text(item, "title"), IsActive = isActive });
    }
}
