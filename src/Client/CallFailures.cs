using Orleans.Runtime;
using Orleans.Runtime.Messaging;
using Steward.Errors;

namespace Steward.Client;

/// <summary>What the failure of a grain call means.</summary>
internal static class CallFailures
{
    /// <summary>Whether the same call may succeed in a moment: a silo is gone or busy, or the answer did not come.</summary>
    public static bool IsTransient(Exception exception) => exception switch
    {
        StewardException error => error.IsRetryable && error.Code == ErrorCodes.Unavailable,
        TimeoutException => true,
        // Includes SiloUnavailableException.
        OrleansMessageRejectionException => true,
        ConnectionFailedException => true,
        ClientNotAvailableException => true,
        GatewayTooBusyException => true,
        EnumerationAbortedException => true,
        // The caller's own cancellation is sorted out before: this one came from a silo that stops.
        OperationCanceledException => true,
        System.Net.Sockets.SocketException => true,
        _ => false,
    };

    /// <summary>Whether the call certainly never reached its grain.</summary>
    private static bool NeverSent(Exception exception) => exception is ConnectionFailedException or ClientNotAvailableException or GatewayTooBusyException;

    /// <summary>The failure as the error that callers see.</summary>
    /// <param name="exception">What the call threw.</param>
    /// <param name="changes">Whether the call would have changed something.</param>
    public static StewardException ToError(Exception exception, bool changes) => exception switch
    {
        StewardException error => error,
        _ when IsTransient(exception) => new StewardException(ErrorCodes.Unavailable, "The cluster cannot be reached now.", exception)
        {
            IsRetryable = true,
            RetryAfter = TimeSpan.FromSeconds(5),
            OutcomeUnknown = changes && !NeverSent(exception),
        },
        _ => new StewardException(ErrorCodes.Internal, "The request could not be carried out because of a defect.", exception) { OutcomeUnknown = changes },
    };
}
