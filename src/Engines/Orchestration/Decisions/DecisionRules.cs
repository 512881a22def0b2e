namespace Steward.Engines.Orchestration;

/// <summary>What holds for decisions of people, whoever keeps them: who may decide, once, about exactly what was asked. Pure.</summary>
public static class DecisionRules
{
    /// <summary>The decision of a request that lapsed.</summary>
    public const string Expired = "expired";

    /// <summary>The decision of an approval that was withdrawn.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>
    /// Whether a decision counts. The first one does, for ever; the same person may repeat it. Whoever may not decide learns nothing else. Whoever asked may decide only where
    /// the request names <c>requester</c>, whatever their roles are.
    /// </summary>
    /// <param name="state">The request and what became of it.</param>
    /// <param name="decider">Who decides.</param>
    /// <param name="requesterId">In whose name the run acts.</param>
    /// <param name="decision">What is decided.</param>
    /// <param name="subjectHash">The hash of what the decider has seen.</param>
    /// <param name="now">The time.</param>
    public static DecisionCheck Check(DecisionState state, Decider decider, string requesterId, string decision, string subjectHash, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(decider);
        if (!MayDecide(state.Request, decider, requesterId))
        {
            return DecisionCheck.Forbidden;
        }

        if (state.Made is { } made)
        {
            return made.Decision == Expired
                ? DecisionCheck.Expired
                : made.By == decider.UserId && made.Decision == decision ? DecisionCheck.AlreadyDecided : DecisionCheck.Conflict;
        }

        if (state.Request.ExpiresAt <= now)
        {
            return DecisionCheck.Expired;
        }

        if (!string.Equals(state.Request.SubjectHash, subjectHash, StringComparison.Ordinal))
        {
            return DecisionCheck.StaleSubject;
        }

        return state.Request.Options.Contains(decision) ? DecisionCheck.Ok : DecisionCheck.UnknownOption;
    }

    /// <summary>Whether a person is among those who may decide; also who may see the request.</summary>
    public static bool MayDecide(DecisionRequested request, Decider decider, string requesterId)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(decider);
        return string.Equals(decider.UserId, requesterId, StringComparison.Ordinal)
            ? request.Deciders.Contains("requester")
            : request.Deciders.Any(who => Names(who, decider));
    }

    /// <summary>
    /// The facts that close what has lapsed by now. Not approvals that an owner of their own stands for: somebody may have decided there, in time, what has not been told here.
    /// </summary>
    public static IReadOnlyList<DecisionMade> ExpireDecisions(RunSnapshot snapshot, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return [.. snapshot.Decisions
            .Where(decision => decision is { IsOpen: true, Request.ApprovalId: null } && decision.Request.ExpiresAt <= now)
            .Select(decision => new DecisionMade { RequestId = decision.Request.RequestId, Decision = Expired })];
    }

    /// <summary>When the first of some open requests lapses that the run itself has to close; null never.</summary>
    internal static DateTimeOffset? FirstLapse(IEnumerable<DecisionState> open) => open.Where(decision => decision.Request.ApprovalId is null).Min(decision => decision.Request.ExpiresAt);

    private static bool Names(string who, Decider decider) => who.Split(':', 2) switch
    {
        ["role", var role] => decider.Roles.Contains(role),
        ["email", var email] => email.Length > 0 && string.Equals(email, decider.Email, StringComparison.OrdinalIgnoreCase),
        ["user", var userId] => string.Equals(userId, decider.UserId, StringComparison.Ordinal),
        _ => false,
    };
}
