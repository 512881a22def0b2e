using Orleans.Runtime;
using Steward.Errors;

namespace Steward.Triage;

/// <summary>Tells a model that gives no answer from a caller who wants none any more, and from a defect of the question.</summary>
internal static class ModelFailures
{
    /// <summary>Whether an answer may come from elsewhere.</summary>
    public static bool Is(Exception exception, CancellationToken cancellationToken) => !cancellationToken.IsCancellationRequested
        && exception is StewardException { Code: ErrorCodes.Unavailable or ErrorCodes.Overloaded or ErrorCodes.NotFound or ErrorCodes.Internal } or StewardException { Code: ErrorCodes.InvalidArgument, Field: "model" } or TimeoutException or OrleansException or OperationCanceledException;

    /// <summary>What a caller is told when nothing else answers.</summary>
    public static StewardException ToError(Exception failure) => failure is StewardException { Code: ErrorCodes.Overloaded } busy
        ? new StewardException(ErrorCodes.Overloaded, busy.Message, failure) { IsRetryable = true, RetryAfter = busy.RetryAfter }
        : new StewardException(ErrorCodes.Unavailable, $"No model answers now, and the tenant has no head of words alone{(failure is StewardException known ? ": " + known.Message : ".")}", failure)
        {
            // A model that does not exist, or is for something else, is what the settings say: asking again helps nobody.
            IsRetryable = failure is not StewardException { Code: ErrorCodes.NotFound or ErrorCodes.InvalidArgument },
            RetryAfter = (failure as StewardException)?.RetryAfter,
        };
}
