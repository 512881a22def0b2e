using System.Globalization;
using System.Text;
using System.Text.Json;
using Steward.Storage;

namespace Steward.Models;

/// <summary>
/// Finds one call's record in the journals of the days: the call's id says when it began, entries are in the order of time, so that the first one after the beginning is found by halves. Reads at most <see cref="Most"/> entries from there.
/// </summary>
internal sealed class ModelCostPlace(IJournalStore journals, string key)
{
    /// <summary>The most entries that are looked through.</summary>
    public const int Most = 5_000;

    private const int AtOnce = 50;
    private const int IdLength = 35;
    private const int OldestDays = 90;

    // Longer than any call, and than its record waits.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(75);

    // Clocks of servers differ.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    /// <summary>When a call began, by its id (<c>mc-</c> and a UUID of version 7); null for other ids, and for what is too old or to come.</summary>
    public static DateTimeOffset? BeginOf(string callId, DateTimeOffset now)
    {
        if (callId is not { Length: IdLength } || !long.TryParse(callId.AsSpan(3, 12), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var milliseconds))
        {
            return null;
        }

        var earliest = now.AddDays(-OldestDays).ToUnixTimeMilliseconds();
        return milliseconds >= earliest && milliseconds <= (now + Slack).ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    /// <summary>The record, or null.</summary>
    public async Task<ModelCost?> FindAsync(string callId, DateTimeOffset began, CancellationToken cancellationToken)
    {
        var (from, until, looked) = (began - Slack, began + Longest, 0);
        var wanted = Encoding.UTF8.GetBytes(callId);
        for (var day = DateOnly.FromDateTime(from.UtcDateTime); day <= DateOnly.FromDateTime(until.UtcDateTime); day = day.AddDays(1))
        {
            var journal = new ModelCostDay(day).JournalOf(key);
            for (var after = await BeforeAsync(journal, from, cancellationToken); looked < Most;)
            {
                var entries = await journals.ReadAsync(journal, after, AtOnce, cancellationToken);
                looked += entries.Count;
                foreach (var entry in entries)
                {
                    if (entry.At > until)
                    {
                        return null;
                    }

                    after = entry.Sequence;
                    if (entry.Payload.Span.IndexOf(wanted) >= 0
                        && JsonSerializer.Deserialize(entry.Payload.Span, ModelCostJson.Default.ModelCostBatch)!.Costs.FirstOrDefault(cost => cost.CallId == callId) is { } found)
                    {
                        return found;
                    }
                }

                if (entries.Count < AtOnce)
                {
                    break;
                }
            }
        }

        return null;
    }

    // The sequence number before the first entry that was written at or after a time.
    private async Task<long> BeforeAsync(string journal, DateTimeOffset time, CancellationToken cancellationToken)
    {
        var (low, high) = (0L, (await journals.GetHeadAsync(journal, cancellationToken))?.Sequence ?? 0);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var entries = await journals.ReadAsync(journal, middle, 1, cancellationToken);
            if (entries.Count == 1 && entries[0].At < time)
            {
                low = entries[0].Sequence;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
