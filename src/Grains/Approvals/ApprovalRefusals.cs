using Steward.Engines.Approvals.Machine;
using Steward.Errors;

namespace Steward.Approvals;

/// <summary>What the machine refuses, as the contract's errors.</summary>
internal static class ApprovalRefusals
{
    /// <summary>Throws when a command was refused.</summary>
    public static void Check(ApprovalOutcome outcome)
    {
        if (outcome.Refusal is { } refusal)
        {
            throw ToException(refusal);
        }
    }

    private static StewardException ToException(ApprovalRefusal refusal) => refusal.Kind switch
    {
        RefusalKind.NotYours or RefusalKind.OwnRequest or RefusalKind.FourEyes => StewardException.Forbidden(refusal.Message),
        RefusalKind.Invalid => new StewardException(ErrorCodes.InvalidArgument, refusal.Field is null ? refusal.Message : $"{refusal.Field}: {refusal.Message}") { Field = refusal.Field },
        RefusalKind.NotOpen => new StewardException(ErrorCodes.Conflict, refusal.Message) { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(1) },
        _ => new StewardException(ErrorCodes.Conflict, refusal.Field is null ? refusal.Message : $"{refusal.Field}: {refusal.Message}") { Field = refusal.Field },
    };
}
