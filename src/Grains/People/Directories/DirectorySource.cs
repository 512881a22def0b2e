using System.Globalization;
using System.Text.Json;
using Steward.Engines.Approvals.People;
using Steward.Engines.Connectors;

namespace Steward.People;

/// <summary>The connectors by which a tenant's people are looked up.</summary>
/// <param name="Connectors">The tenant's connectors, as the platform may use them.</param>
/// <param name="Name">The one that knows people.</param>
/// <param name="IsEntra">Whether that speaks like Entra ID; else like Okta.</param>
/// <param name="Absences">The one that knows who is out of office; null for none.</param>
/// <param name="Timeout">How long one question may take.</param>
/// <param name="Time">The clock.</param>
internal sealed record DirectorySource(ITenantConnectors Connectors, string Name, bool IsEntra, string? Absences, TimeSpan Timeout, TimeProvider Time)
{
    /// <summary>The person with an address; null when there is none, or when several who work here have it: nobody can tell which one is meant.</summary>
    public async Task<DirectoryEntry?> FindAsync(string email, CancellationToken cancellationToken)
    {
        var found = await AskAsync(Name, "users.find", IsEntra ? new() { ["text"] = email } : new() { ["email"] = email }, cancellationToken);
        var entries = Items(found).Select(Read).OfType<DirectoryEntry>().Where(entry => entry.Person.Email.Equals(email, StringComparison.OrdinalIgnoreCase)).ToList();
        var active = entries.FindAll(entry => entry.Person.IsActive);
        return active.Count == 1 ? active[0] : active.Count == 0 && entries.Count == 1 ? entries[0] : null;
    }

    /// <summary>The address of a person's manager; null when there is none with an address.</summary>
    public async Task<string?> FindManagerAsync(DirectoryEntry entry, CancellationToken cancellationToken) =>
        await AskAsync(Name, "users.manager", new() { ["userId"] = entry.Id }, cancellationToken) is { } found ? Text(found, "email") : null;

    /// <summary>The people of a group by its name; null when there is none, or several: nobody can tell which one is meant.</summary>
    public async Task<IReadOnlyList<DirectoryEntry>?> FindGroupAsync(string group, CancellationToken cancellationToken)
    {
        var found = Items(await AskAsync(Name, "groups.find", new() { ["text"] = group }, cancellationToken))
            .Where(item => string.Equals(Text(item, IsEntra ? "displayName" : "name"), group, StringComparison.OrdinalIgnoreCase))
            .Select(item => Text(item, "id"))
            .OfType<string>()
            .ToList();
        return found.Count == 1
            ? [.. Items(await AskAsync(Name, "groups.members", new() { ["groupId"] = found[0] }, cancellationToken)).Select(Read).OfType<DirectoryEntry>()]
            : null;
    }

    /// <summary>The names of a person's groups.</summary>
    public async Task<IReadOnlyList<string>> FindGroupsOfAsync(DirectoryEntry entry, CancellationToken cancellationToken) =>
        [.. Items(await AskAsync(Name, "users.groups", new() { ["userId"] = entry.Id }, cancellationToken)).Select(item => Text(item, IsEntra ? "displayName" : "name")).OfType<string>()];

    /// <summary>When a person's mailbox says that they are out of office. Where that cannot be asked nothing is known: whoever is asked in vain is waited for no longer than the rules say.</summary>
    public async Task<IReadOnlyList<Absence>> FindAbsencesAsync(string email, CancellationToken cancellationToken)
    {
        try
        {
            return Absences is not null && await AskAsync(Absences, "users.out_of_office", new() { ["userId"] = email }, cancellationToken) is { } found ? ReadAbsences(found) : [];
        }
        catch (DirectoryUnavailableException)
        {
            return [];
        }
    }

    /// <summary>The absences in an answer of Entra ID.</summary>
    internal static IReadOnlyList<Absence> ReadAbsences(JsonElement found) => Text(found, "status") switch
    {
        "alwaysEnabled" => [new(DateTimeOffset.MinValue, null, "directory")],
        "scheduled" when Instant(found, "from") is { } from && Instant(found, "until") is { } until && from < until => [new(from, until, "directory")],
        _ => [],
    };

    // A zone that this machine does not know counts as UTC: hours too early or late, and not as if nobody were away.
    private static DateTimeOffset? Instant(JsonElement found, string name)
    {
        if (!DateTime.TryParse(Text(found, name), CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return null;
        }

        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        return TimeZoneInfo.TryFindSystemTimeZoneById(Text(found, name + "Zone") ?? "UTC", out var zone) ? new DateTimeOffset(local, zone.GetUtcOffset(local)) : new DateTimeOffset(local, TimeSpan.Zero);
    }

    /// <summary>The answer; null when what was asked for is not there.</summary>
    /// <exception cref="DirectoryUnavailableException">There is no answer.</exception>
    private async Task<JsonElement?> AskAsync(string connector, string operation, Dictionary<string, string> arguments, CancellationToken cancellationToken)
    {
        var outcome = await Connectors.ExecuteAsync(
            new()
            {
                ActionId = "directory-" + Guid.NewGuid().ToString("n"),
                OperationId = $"{connector}.{operation}",
                Arguments = JsonSerializer.SerializeToElement(arguments),
                Deadline = Time.GetUtcNow() + Timeout,
            },
            cancellationToken);
        return outcome switch
        {
            ActionSucceeded succeeded => succeeded.Result,
            ActionFailed { Code: "not_found" or "invalid_argument" } => null,
            ActionFailed failed => throw new DirectoryUnavailableException($"{connector} does not say who works here: {failed.Message}"),
            _ => throw new DirectoryUnavailableException($"{connector} does not answer."),
        };
    }

    private DirectoryEntry? Read(JsonElement item)
    {
        if (Text(item, "email") is not { Length: > 0 and <= 254 } email)
        {
            return null;
        }

        var address = email.ToLowerInvariant();
        return new(
            Text(item, "id") ?? address,
            new()
            {
                Email = address,
                Name = Text(item, "displayName") ?? address,
                Title = Text(item, "title"),
                Department = Text(item, "department"),
                IsActive = IsEntra
                    ? !(item.TryGetProperty("enabled", out var enabled) && enabled.ValueKind == JsonValueKind.False)
                    : Text(item, "status") is not ("DEPROVISIONED" or "SUSPENDED" or "STAGED"),
            });
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement? found) =>
        found is { ValueKind: JsonValueKind.Object } answer && answer.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : default;

    private static string? Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>A person, and how the system calls them that knows them.</summary>
/// <param name="Id">The id there.</param>
/// <param name="Person">The person.</param>
internal sealed record DirectoryEntry(string Id, Person Person);
