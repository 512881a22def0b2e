using Steward.Engines.Triage.Heads;

namespace Steward.Engines.Triage.Learning;

/// <summary>When a tenant's head is trained: once a day, within the hour that the tenant chose, at a time that its id decides, so that not all tenants begin at once. Pure.</summary>
public static class TrainingNight
{
    /// <summary>How late a training may begin that was missed; after that it waits for the next night, since people work by day.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(3);

    /// <summary>The next time after one.</summary>
    /// <param name="after">The result is later than this.</param>
    /// <param name="hour">The hour, 0 to 23, in the zone.</param>
    /// <param name="zone">The tenant's zone.</param>
    /// <param name="tenantId">The tenant.</param>
    public static DateTimeOffset Next(DateTimeOffset after, int hour, TimeZoneInfo zone, string tenantId)
    {
        ArgumentNullException.ThrowIfNull(zone);
        ArgumentOutOfRangeException.ThrowIfNegative(hour);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hour, 23);
        var into = TimeSpan.FromSeconds(StableHash.Of("night", tenantId) % 3600);
        var day = TimeZoneInfo.ConvertTime(after, zone).Date.AddDays(-1);
        while (true)
        {
            var local = DateTime.SpecifyKind(day.AddHours(hour) + into, DateTimeKind.Unspecified);
            // An hour that the clock leaves out is the next one; of one that comes twice it is the first.
            local = zone.IsInvalidTime(local) ? local.AddHours(1) : local;
            var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
            var at = new DateTimeOffset(local, offset).ToUniversalTime();
            if (at > after)
            {
                return at;
            }

            day = day.AddDays(1);
        }
    }
}
