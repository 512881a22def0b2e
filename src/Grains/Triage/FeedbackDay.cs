using System.Runtime.InteropServices;

namespace Steward.Triage;

/// <summary>
/// Of how many tickets each person's word has judged each version on the last day: whoever clicks all day neither brings a head down nor up. Bounded: beyond so many people and versions nobody's word judges one that day.
/// </summary>
internal sealed class FeedbackDay
{
    /// <summary>How often one person's word judges one version in a day (in UTC).</summary>
    public const int MostOfOne = 3;

    private const int MostKnown = 5_000;

    public int Day { get; set; }

    /// <summary>By version and person.</summary>
    public Dictionary<string, int> Counts { get; set; } = [];

    /// <summary>Counts a word, where it still judges.</summary>
    /// <returns>Whether it does.</returns>
    public bool TryAdd(DateTimeOffset at, string by, string version)
    {
        Turn(at);
        var known = Counts.TryGetValue(KeyOf(by, version), out var count);
        if (known ? count >= MostOfOne : Counts.Count >= MostKnown)
        {
            return false;
        }

        Add(at, by, version);
        return true;
    }

    /// <summary>Counts a word that judged.</summary>
    public void Add(DateTimeOffset at, string by, string version)
    {
        Turn(at);
        CollectionsMarshal.GetValueRefOrAddDefault(Counts, KeyOf(by, version), out _)++;
    }

    /// <summary>The same figures, to be counted on with.</summary>
    public FeedbackDay Copy() => new() { Day = Day, Counts = new Dictionary<string, int>(Counts, StringComparer.Ordinal) };

    // Versions have no such character.
    private static string KeyOf(string by, string version) => $"{version}\n{by}";

    private void Turn(DateTimeOffset at)
    {
        var day = DateOnly.FromDateTime(at.UtcDateTime).DayNumber;
        if (day > Day)
        {
            Day = day;
            Counts.Clear();
        }
    }
}
