using Steward.Engines.Notifications;

namespace Steward.Notifications;

/// <summary>Which notices of a thread are not worth sending any more, since a later or an earlier one of the same channel says it. Pure.</summary>
internal static class Superseding
{
    /// <summary>Why a question is not asked any more.</summary>
    public const string Closed = "it was decided before this was sent";

    /// <summary>Why a repetition is left out.</summary>
    public const string Repeated = "another notice about the same had not been sent yet";

    /// <summary>
    /// What is left out of the notices that wait, in order. Nothing that is being sent is among <paramref name="items"/>. A closing whose questions all stayed unsent is marked as one that makes sense only where there is a
    /// message to change.
    /// </summary>
    public static IReadOnlyList<(QueueItem Item, string Reason)> Settle(IReadOnlyList<QueueItem> items)
    {
        if (items.Count < 2)
        {
            return [];
        }

        List<(QueueItem, string)> left = [];
        for (var at = 0; at < items.Count; at++)
        {
            var item = items[at];
            if (IsQuestion(item) && items.Skip(at + 1).FirstOrDefault(IsClosing) is { } closing)
            {
                closing.OnlyAsUpdate |= !item.MayBeOut;
                left.Add((item, Closed));
            }
            else if (IsReminder(item) ? items.Take(at).Any(IsQuestion) : IsQuestion(item) && items.Skip(at + 1).Any(IsEscalation))
            {
                left.Add((item, Repeated));
            }
        }

        return left;
    }

    private static bool IsQuestion(QueueItem item) => item.Notice.Kind is NoticeKinds.ApprovalRequested or NoticeKinds.ApprovalReminder or NoticeKinds.ApprovalEscalated;

    private static bool IsReminder(QueueItem item) => item.Notice.Kind == NoticeKinds.ApprovalReminder;

    private static bool IsEscalation(QueueItem item) => item.Notice.Kind == NoticeKinds.ApprovalEscalated;

    private static bool IsClosing(QueueItem item) => item.Notice.Kind == NoticeKinds.ApprovalClosed;
}
