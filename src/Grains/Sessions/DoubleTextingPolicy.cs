using Steward.Tenants;

namespace Steward.Sessions;

/// <summary>What happens to a message that arrives while others have no end yet. Pure.</summary>
internal static class DoubleTextingPolicy
{
    /// <summary>Whether the tenant's profile has to be known to decide.</summary>
    public static bool Matters(SubmitMessage command, Conversation conversation) =>
        conversation.Active is not null || command.Options?.Background == true;

    /// <param name="command">The message.</param>
    /// <param name="conversation">The session.</param>
    /// <param name="profile">The tenant's profile; null when the tenant is not configured.</param>
    /// <param name="mostEntries">How many entries may follow a message before it has an end.</param>
    public static MessageAdmission Decide(SubmitMessage command, Conversation conversation, TenantProfile? profile, int mostEntries)
    {
        if (conversation.OpenSince is { } since && conversation.Sequence - since + conversation.Pending.Count - 1 >= mostEntries)
        {
            return MessageAdmission.Refuse("Too many messages were handed in while one is worked on. Wait for its answer, or cancel it.");
        }

        if (command.Options?.Background == true)
        {
            // A background run neither waits for others nor stands in their way.
            var most = profile?.MaxBackgroundRuns ?? 8;
            return conversation.Detached.Count < most
                ? MessageAdmission.Accept
                : MessageAdmission.Refuse($"{conversation.Detached.Count} runs of this session already go on in the background; at most {most} may.");
        }

        if (conversation.Active is null)
        {
            return MessageAdmission.Accept;
        }

        var waiting = conversation.Pending.Count - 1;
        var limit = profile?.MaxWaitingMessages ?? 16;
        var policy = command.DoubleTexting ?? profile?.DoubleTexting ?? DoubleTexting.Enqueue;
        if (policy == DoubleTexting.Reject)
        {
            return MessageAdmission.Refuse("The previous message is still being worked on.");
        }

        if (policy == DoubleTexting.Enqueue && waiting >= limit)
        {
            return MessageAdmission.Refuse($"{waiting} messages already wait in this session; at most {limit} may.");
        }

        if (policy == DoubleTexting.Enqueue)
        {
            return MessageAdmission.Accept;
        }

        // Those that wait are dropped with the active one: whoever starts anew does not mean them any more.
        return new MessageAdmission
        {
            Supersedes = [.. conversation.Pending.Select(pending => pending.Message.RunId).Where(run => !conversation.IsSuperseded(run))],
            RollsBack = policy != DoubleTexting.RollBack
                ? []
                : [.. conversation.Pending.Select(pending => pending.Message.RunId).Where(run => !conversation.IsRolledBack(run))],
        };
    }
}

/// <summary>Whether a message is accepted, and what it takes the place of.</summary>
internal sealed record MessageAdmission
{
    public static readonly MessageAdmission Accept = new();

    /// <summary>Why it is not accepted, safe to show.</summary>
    public string? Refusal { get; private init; }

    /// <summary>The runs to be stopped.</summary>
    public IReadOnlyList<string> Supersedes { get; init; } = [];

    /// <summary>The runs whose turns leave the conversation.</summary>
    public IReadOnlyList<string> RollsBack { get; init; } = [];

    public static MessageAdmission Refuse(string reason) => new() { Refusal = reason };
}
