using System.Globalization;

namespace Steward.Models;

/// <summary>One day of a tenant's cost records, which has a journal of its own, so that retention can remove it. Places of batches go up over all days. Pure.</summary>
/// <param name="Day">The day, in UTC.</param>
internal readonly record struct ModelCostDay(DateOnly Day)
{
    /// <summary>The first letter of the last part of a day's journal.</summary>
    public const char KeyLetter = 'y';

    private const long PerDay = 10_000_000_000;
    private const string Format = "yyyyMMdd";

    /// <summary>The day of a place.</summary>
    public static ModelCostDay OfPlace(long place) => new(DateOnly.FromDayNumber((int)(place / PerDay)));

    /// <summary>Whether a journal is that of a day of these records.</summary>
    public static bool IsJournalOf(string costs, string journal) =>
        journal.StartsWith($"{costs}/{KeyLetter}-", StringComparison.Ordinal) && DateOnly.TryParseExact(journal.AsSpan(costs.Length + 3), Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <summary>The day's journal.</summary>
    public string JournalOf(string costs) => $"{costs}/{KeyLetter}-{Day.ToString(Format, CultureInfo.InvariantCulture)}";

    /// <summary>The place of a batch.</summary>
    public long Place(long sequence) => (Day.DayNumber * PerDay) + sequence;

    /// <summary>The place in the day's journal after which to read; 0 when the place is of an earlier day.</summary>
    public long SequenceOf(long place) => place / PerDay == Day.DayNumber ? place % PerDay : 0;
}
