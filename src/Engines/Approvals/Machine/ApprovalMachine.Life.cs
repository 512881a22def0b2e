namespace Steward.Engines.Approvals.Machine;

public static partial class ApprovalMachine
{
    /// <summary>Adds a comment, also when it is over.</summary>
    public static ApprovalOutcome Comment(ApprovalState state, CommentCommand command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (events, current) = Past(state, now);
        return command.OperationId is not null && current.Comments.Any(known => known.OperationId == command.OperationId && command.Actor.MayBe(known.By, known.Email))
            ? new() { Events = events, IsRepeat = true }
            : ApprovalOutcome.Of([
                .. events,
                new ApprovalCommented
                {
                    At = now,
                    Text = command.Text,
                    OperationId = command.OperationId,
                    Actor = command.Actor.UserId,
                    ActorEmail = command.Actor.Email,
                    ActorName = command.Actor.Name,
                    Channel = command.Channel,
                },
            ]);
    }

    /// <summary>Withdraws the request: whoever asked, an admin or the platform may. Nothing happens when it is over.</summary>
    public static ApprovalOutcome Cancel(ApprovalState state, CancelCommand command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (events, current) = Past(state, now);
        if (current.IsOver)
        {
            return new() { Events = events, IsRepeat = true };
        }

        return command.Actor is { } actor && !MayManage(current, actor)
            ? ApprovalOutcome.Refuse(RefusalKind.NotYours, "Only whoever asked, or an admin, can withdraw a request.", events: events)
            : ApprovalOutcome.Of([
                .. events,
                new ApprovalCancelled
                {
                    At = now,
                    Actor = command.Actor?.UserId,
                    ActorEmail = command.Actor?.Email,
                    ActorName = command.Actor?.Name,
                    Channel = command.Channel,
                    Reason = command.Reason,
                },
            ]);
    }

    /// <summary>Uses an approval up: once, for what was approved, while it is valid. The same operation may ask again.</summary>
    public static ApprovalOutcome Consume(ApprovalState state, ConsumeCommand command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (events, current) = Past(state, now);
        if (command.Actor is { } actor && !MayManage(current, actor))
        {
            return ApprovalOutcome.Refuse(RefusalKind.NotYours, "Only whoever asked, or an admin, can use an approval up.", events: events);
        }

        if (command.SubjectHash != current.Request.SubjectHash)
        {
            return ApprovalOutcome.Refuse(RefusalKind.StaleHash, "This is not what was asked for.", "subjectHash", events);
        }

        if (current.ConsumedBy is { } by)
        {
            return by == command.OperationId
                ? new() { Events = events, IsRepeat = true }
                : ApprovalOutcome.Refuse(RefusalKind.NotUsable, "The approval was used up by another operation.", events: events);
        }

        var fault = current switch
        {
            { Status: not ApprovalStatus.Approved } => current.IsOver ? OverText(current) : "It is not approved yet.",
            { End.NotBefore: { } notBefore } when now < notBefore => $"Changes are frozen until {notBefore:u}.",
            { End.ValidUntil: { } until } when now >= until => $"The approval was valid until {until:u}.",
            _ => null,
        };
        return fault is null
            ? ApprovalOutcome.Of([
                .. events,
                new ApprovalConsumed
                {
                    At = now,
                    OperationId = command.OperationId,
                    Actor = command.Actor?.UserId,
                    ActorEmail = command.Actor?.Email,
                    ActorName = command.Actor?.Name,
                },
            ])
            : ApprovalOutcome.Refuse(RefusalKind.NotUsable, fault, events: events);
    }

    private static string OverText(ApprovalState state)
    {
        var end = state.End!;
        var how = state.Status switch
        {
            ApprovalStatus.Approved => "approved",
            ApprovalStatus.Rejected => "rejected",
            ApprovalStatus.Expired => "over, because nobody decided in time,",
            _ => "withdrawn",
        };
        var who = end.Label is null ? "" : $" by {end.Label}" + (end.For is null ? "" : $" for {end.For}") + (end.Channel is null ? "" : $" ({end.Channel})");
        return $"It was already {how}{who} at {end.At:u}." + (end.Reason is null ? "" : $" Reason: {end.Reason}");
    }

    private static string Verb(VoteDecision decision) => decision == VoteDecision.Approve ? "approved" : "rejected";
}
