namespace Steward;

/// <summary>Journals keep milliseconds; what is shown live must not differ from what is read back.</summary>
internal static class JournalTime
{
    public static DateTimeOffset ToMilliseconds(this DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMillisecond));
}
