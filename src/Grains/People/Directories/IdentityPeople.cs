using System.Text.Json;
using Steward.Engines.Approvals.People;

namespace Steward.People;

/// <summary>The people of Okta or Entra ID.</summary>
/// <param name="calls">Asks it.</param>
/// <param name="isEntra">Whether it speaks like Entra ID; else like Okta.</param>
internal sealed class IdentityPeople(DirectoryCalls calls, bool isEntra) : IPeopleSource
{
    /// <inheritdoc/>
    public async Task<DirectoryEntry?> FindAsync(string email, CancellationToken cancellationToken)
    {
        var found = await calls.AskAsync("users.find", isEntra ? new() { ["text"] = email } : new() { ["email"] = email }, cancellationToken);
        var entries = DirectoryCalls.Items(found).Select(Read).OfType<DirectoryEntry>().Where(entry => entry.Person.Email.Equals(email, StringComparison.OrdinalIgnoreCase)).ToList();
        var active = entries.FindAll(entry => entry.Person.IsActive);
        return active.Count == 1 ? active[0] : active.Count == 0 && entries.Count == 1 ? entries[0] : null;
    }

    /// <inheritdoc/>
    public async Task<string?> FindManagerAsync(DirectoryEntry entry, CancellationToken cancellationToken) =>
        await calls.AskAsync("users.manager", new() { ["userId"] = entry.Id }, cancellationToken) is { } found ? DirectoryCalls.Text(found, "email") : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DirectoryEntry>?> FindGroupAsync(string group, CancellationToken cancellationToken)
    {
        var found = DirectoryCalls.Items(await calls.AskAsync("groups.find", new() { ["text"] = group }, cancellationToken))
            .Where(item => string.Equals(NameOf(item), group, StringComparison.OrdinalIgnoreCase))
            .Select(item => DirectoryCalls.Text(item, "id"))
            .OfType<string>()
            .ToList();
        return found.Count == 1
            ? [.. DirectoryCalls.Items(await calls.AskAsync("groups.members", new() { ["groupId"] = found[0] }, cancellationToken)).Select(Read).OfType<DirectoryEntry>()]
            : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> FindGroupsOfAsync(DirectoryEntry entry, CancellationToken cancellationToken) =>
        [.. DirectoryCalls.Items(await calls.AskAsync("users.groups", new() { ["userId"] = entry.Id }, cancellationToken)).Select(NameOf).OfType<string>()];

    private string? NameOf(JsonElement group) => DirectoryCalls.Text(group, isEntra ? "displayName" : "name");

    private DirectoryEntry? Read(JsonElement item)
    {
        if (DirectoryCalls.Text(item, "email") is not { Length: > 0 and <= 254 } email)
        {
            return null;
        }

        var address = email.ToLowerInvariant();
        return new(
            DirectoryCalls.Text(item, "id") ?? address,
            new()
            {
                Email = address,
                Name = DirectoryCalls.Text(item, "displayName") ?? address,
                Title = DirectoryCalls.Text(item, "title"),
                Department = DirectoryCalls.Text(item, "department"),
                IsActive = isEntra
                    ? !(item.TryGetProperty("enabled", out var enabled) && enabled.ValueKind == JsonValueKind.False)
                    : DirectoryCalls.Text(item, "status") is not ("DEPROVISIONED" or "SUSPENDED" or "STAGED"),
            });
    }
}
