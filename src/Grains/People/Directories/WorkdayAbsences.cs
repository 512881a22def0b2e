using System.Globalization;
using System.Text.Json;
using Steward.Engines.Approvals.People;

namespace Steward.People;

/// <summary>When people have time off by Workday: whole days that were approved.</summary>
/// <param name="calls">Asks it.</param>
/// <param name="isDirectory">Whether it is also the one that knows people, so that their ids are its own.</param>
/// <param name="zone">Where a day begins: entries are dates without a time.</param>
/// <param name="time">The clock.</param>
internal sealed class WorkdayAbsences(DirectoryCalls calls, bool isDirectory, TimeZoneInfo zone, TimeProvider time) : IAbsenceSource
{
    private const int MaxAbsences = 100;

    // Somebody who is off for an hour or an afternoon is not away, and no contract's day is shorter than this.
    private const decimal WholeDayInHours = 6;

    private readonly DirectoryCalls _calls = calls with { IsRefusalAnAnswer = false };
    private readonly WorkdayPeople _people = new(calls);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Absence>> FindAsync(DirectoryEntry entry, CancellationToken cancellationToken) =>
        (isDirectory ? entry : await _people.FindAsync(entry.Person.Email, cancellationToken)) is { Person.IsActive: true } worker
            ? Read(await _calls.AskAsync("time_off.entries", new() { ["workerId"] = worker.Id }, cancellationToken), zone, time.GetUtcNow())
            : [];

    /// <summary>The absences in an answer that are not over; days that follow each other are one.</summary>
    internal static IReadOnlyList<Absence> Read(JsonElement? found, TimeZoneInfo zone, DateTimeOffset now)
    {
        var days = DirectoryCalls.Items(found)
            .Where(item => DirectoryCalls.Text(item, "status") is "Successfully Completed" or "Approved")
            .Select(item => (Date: DateOf(item), Share: ShareOf(item)))
            .Where(entry => entry.Date is not null)
            .GroupBy(entry => entry.Date!.Value)

            // A correction is an entry with a minus.
            .Where(day => day.Sum(entry => entry.Share) >= 1)
            .Select(day => day.Key)
            .Order();
        var absences = new List<Absence>();
        DateOnly? first = null, last = null;
        foreach (var day in days)
        {
            if (last is { } before && day == before.AddDays(1))
            {
                last = day;
                continue;
            }

            Add();
            (first, last) = (day, day);
        }

        Add();
        return [.. absences.Where(absence => absence.Until > now).Take(MaxAbsences)];

        void Add()
        {
            if (first is { } from && last is { } until)
            {
                absences.Add(new(Midnight(from, zone), Midnight(until.AddDays(1), zone), "directory"));
            }
        }
    }

    private static DateOnly? DateOf(JsonElement item) =>
        DateOnly.TryParseExact(DirectoryCalls.Text(item, "date"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) && date < DateOnly.MaxValue ? date : null;

    /// <summary>How much of a day; a unit that is neither days nor hours is none.</summary>
    private static decimal ShareOf(JsonElement item)
    {
        if (!item.TryGetProperty("quantity", out var value)
            || !(value.ValueKind == JsonValueKind.Number ? value.TryGetDecimal(out var quantity) : decimal.TryParse(DirectoryCalls.Text(item, "quantity"), NumberStyles.Float, CultureInfo.InvariantCulture, out quantity))
            || quantity is < -24 or > 24)
        {
            return 0;
        }

        return DirectoryCalls.Text(item, "unit")?.ToUpperInvariant() switch
        {
            "DAYS" or "DAY" => quantity,
            "HOURS" or "HOUR" => quantity / WholeDayInHours,
            _ => 0,
        };
    }

    private static DateTimeOffset Midnight(DateOnly date, TimeZoneInfo zone)
    {
        var local = date.ToDateTime(TimeOnly.MinValue);

        // Where the clock skips midnight the day begins when it goes on.
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}
