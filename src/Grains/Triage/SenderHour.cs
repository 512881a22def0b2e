using System.Runtime.InteropServices;

namespace Steward.Triage;

/// <summary>How many tickets of each trusted sender have counted within the last hour of the clock: a sender that sends without end neither hides what others send nor judges a head alone.</summary>
internal sealed class SenderHour
{
    /// <summary>The hour, counted from that of the Unix epoch.</summary>
    public long Hour { get; set; }

    /// <summary>By user.</summary>
    public Dictionary<string, int> Counts { get; set; } = [];

    /// <summary>Counts a ticket, where one more may count.</summary>
    /// <param name="at">When it came.</param>
    /// <param name="userId">The sender.</param>
    /// <param name="most">How many may count within an hour.</param>
    /// <returns>Whether it counts.</returns>
    public bool TryAdd(DateTimeOffset at, string userId, int most)
    {
        Turn(at);
        if (Counts.GetValueOrDefault(userId) >= most)
        {
            return false;
        }

        Add(at, userId);
        return true;
    }

    /// <summary>Gives back the place of a ticket that came to nothing.</summary>
    /// <param name="at">When it came.</param>
    /// <param name="userId">The sender.</param>
    public void Return(DateTimeOffset at, string userId)
    {
        if (HourOf(at) == Hour && Counts.TryGetValue(userId, out var count) && count > 0)
        {
            Counts[userId] = count - 1;
        }
    }

    /// <summary>Counts a ticket that counted.</summary>
    public void Add(DateTimeOffset at, string userId)
    {
        Turn(at);
        CollectionsMarshal.GetValueRefOrAddDefault(Counts, userId, out _)++;
    }

    /// <summary>The same figures, to be counted on with.</summary>
    public SenderHour Copy() => new() { Hour = Hour, Counts = new Dictionary<string, int>(Counts, StringComparer.Ordinal) };

    private static long HourOf(DateTimeOffset at) => at.ToUnixTimeSeconds() / 3600;

    private void Turn(DateTimeOffset at)
    {
        var hour = HourOf(at);
        if (hour > Hour)
        {
            Hour = hour;
            Counts.Clear();
        }
    }
}
