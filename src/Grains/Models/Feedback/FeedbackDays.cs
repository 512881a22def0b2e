using System.Globalization;
using System.Text;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Models.Feedback;

/// <summary>The days of the list of feedback: a journal for each, an entry for each answer that something was said of.</summary>
internal sealed class FeedbackDays(IJournalStore journals, IGrainFactory grains, PlatformIdentity platform)
{
    /// <summary>The type of the entries.</summary>
    public const string EntryType = "feedback.given";

    /// <summary>How many grains are asked at once.</summary>
    public const int AtOnce = 50;

    /// <summary>The answer of an entry; null for a receipt.</summary>
    public static string? TargetOf(JournalEntry entry) => entry.Type == EntryType && entry.Payload.Length > 0 ? Encoding.UTF8.GetString(entry.Payload.Span[1..^1]) : null;

    /// <summary>The content of an entry: the answer as JSON; its letters need no escape.</summary>
    public static byte[] ContentOf(string target) => Encoding.UTF8.GetBytes($"\"{target}\"");

    /// <summary>Removes what was last said on a day, so that the day's journal may be removed.</summary>
    public async Task<bool> RetireAsync(string journal, CancellationToken cancellationToken)
    {
        var tenantId = GrainKeys.TenantOf(journal);
        var day = DateOnly.ParseExact(GrainKeys.LastPart(journal)[2..], "yyyyMMdd", CultureInfo.InvariantCulture);
        for (var after = 0L; ;)
        {
            var entries = await journals.ReadAsync(journal, after, AtOnce, cancellationToken);
            foreach (var target in entries.Select(TargetOf).OfType<string>())
            {
                platform.Assume(tenantId);
                await grains.GetGrain<IFeedbackGrain>(GrainKeys.Feedback(tenantId, target)).Retire(day, cancellationToken);
            }

            if (entries.Count < AtOnce)
            {
                return true;
            }

            after = entries[^1].Sequence;
        }
    }
}
