using System.Text.Json;
using Steward.Engines.Approvals.Machine;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>Everything that happened to an approval, as its journal has it.</summary>
internal static class ApprovalHistory
{
    private const int Page = 500;

    /// <summary>Reads it; what retention left when that is all.</summary>
    public static async Task<IReadOnlyList<ApprovalHistoryEntry>> ReadAsync(IJournalStore journals, string key, CancellationToken cancellationToken)
    {
        var history = new List<ApprovalHistoryEntry>();
        ApprovalState? state = null;
        for (var after = 0L; ;)
        {
            var entries = await journals.ReadAsync(key, after, Page, cancellationToken);
            foreach (var entry in entries)
            {
                after = entry.Sequence;
                if (entry.Type == ApprovalRetired.Type)
                {
                    var receipt = JsonSerializer.Deserialize(entry.Payload.Span, ApprovalReceiptJson.Default.ApprovalRetired)!;
                    history.Add(new ApprovalHistoryEntry { Sequence = entry.Sequence, Type = entry.Type, At = entry.At, Status = receipt.Status });
                }
                else if (entry.Type != ApprovalJournal.SnapshotType && entry.Payload.Length > 0)
                {
                    var happened = ApprovalEvents.Deserialize(entry.Type, entry.Payload.Span);
                    state = ApprovalState.Apply(state, happened, entry.Sequence);
                    history.Add(ToEntry(entry.Sequence, happened, state));
                }
            }

            if (entries.Count < Page)
            {
                return history;
            }
        }
    }

    private static ApprovalHistoryEntry ToEntry(long sequence, ApprovalEvent happened, ApprovalState after) => new()
    {
        Sequence = sequence,
        Type = happened.Type,
        At = happened.At,
        Status = ApprovalViews.StatusOf(after.Status),
        Actor = happened.Actor ?? happened.ActorEmail,
        ActedFor = happened.ActedFor,
        Channel = happened.Channel,
        Reason = happened switch
        {
            ApprovalVoted voted => voted.Decision == VoteDecision.Approve ? Say("approve", voted.Reason) : Say("reject", voted.Reason),
            ApprovalDelegated delegated => Say($"to {delegated.To.Email}", delegated.Reason),
            ApprovalCommented commented => commented.Text,
            LevelOpened opened => Say($"level {opened.Level} ({opened.Name})", string.Join(" ", opened.Warnings)),
            _ => happened.Reason,
        },
    };

    private static string Say(string what, string? why) => string.IsNullOrWhiteSpace(why) ? what : $"{what}: {why}";
}
