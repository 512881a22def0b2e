using System.Globalization;

namespace Steward.Connectors;

/// <summary>
/// One week of a tenant's audit log, which has a journal of its own. Numbers of entries go up over all weeks: a week's index, and the place in its journal. Pure.
/// </summary>
/// <param name="Index">Weeks since 1970; 0 for what was written before there were weeks.</param>
internal readonly record struct AuditWeek(int Index)
{
    /// <summary>The first letter of the last part of a week's journal.</summary>
    public const char KeyLetter = 'l';

    private const long PerWeek = 10_000_000_000;
    private const int Days = 7;

    /// <summary>What was written before there were weeks: the journal whose key is the log's.</summary>
    public static AuditWeek Before { get; }

    /// <summary>The week of a time.</summary>
    public static AuditWeek Of(DateTimeOffset at) => new((int)((at - DateTimeOffset.UnixEpoch).Days / Days));

    /// <summary>The week of a journal; null when it is none of the log's.</summary>
    public static AuditWeek? Read(string log, string journal) =>
        journal == log ? Before
        : journal.StartsWith($"{log}/{KeyLetter}-", StringComparison.Ordinal)
            && int.TryParse(journal.AsSpan(log.Length + 3), NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index > 0 ? new AuditWeek(index)
        : null;

    /// <summary>The week's journal.</summary>
    public string JournalOf(string log) => Index == 0 ? log : string.Create(CultureInfo.InvariantCulture, $"{log}/{KeyLetter}-{Index:00000}");

    /// <summary>The number of an entry by its place in the week's journal.</summary>
    public long Number(long sequence) => (Index * PerWeek) + sequence;

    /// <summary>The last place in the week's journal whose number is lower; 0 when there is none.</summary>
    public long LastBefore(long number, long head) => Math.Clamp(number - 1 - (Index * PerWeek), 0, head);
}
