using System.Globalization;
using System.Text.Json;
using Steward.Engines.Approvals.People;

namespace Steward.People;

/// <summary>When people's mailboxes say that they are out of office, by Entra ID.</summary>
/// <param name="calls">Asks it.</param>
internal sealed class MailboxAbsences(DirectoryCalls calls) : IAbsenceSource
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<Absence>> FindAsync(DirectoryEntry entry, CancellationToken cancellationToken) =>
        await calls.AskAsync("users.out_of_office", new() { ["userId"] = entry.Person.Email }, cancellationToken) is { } found ? Read(found) : [];

    /// <summary>The absences in an answer.</summary>
    internal static IReadOnlyList<Absence> Read(JsonElement found) => DirectoryCalls.Text(found, "status") switch
    {
        "alwaysEnabled" => [new(DateTimeOffset.MinValue, null, "directory")],
        "scheduled" when Instant(found, "from") is { } from && Instant(found, "until") is { } until && from < until => [new(from, until, "directory")],
        _ => [],
    };

    // A zone that this machine does not know counts as UTC: hours too early or late, and not as if nobody were away.
    private static DateTimeOffset? Instant(JsonElement found, string name)
    {
        if (!DateTime.TryParse(DirectoryCalls.Text(found, name), CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return null;
        }

        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        return TimeZoneInfo.TryFindSystemTimeZoneById(DirectoryCalls.Text(found, name + "Zone") ?? "UTC", out var zone) ? new DateTimeOffset(local, zone.GetUtcOffset(local)) : new DateTimeOffset(local, TimeSpan.Zero);
    }
}
