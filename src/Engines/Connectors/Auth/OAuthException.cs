using Steward.Engines.Connectors.Execution;

namespace Steward.Engines.Connectors.Auth;

/// <summary>No token was to be had. The message is safe to show: it holds neither a credential nor what the server sent.</summary>
public sealed class OAuthException : Exception
{
    private OAuthException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>A code of <see cref="ActionFailed"/>.</summary>
    public string Code { get; }

    /// <summary>The server's own error code (RFC 6749 5.2), where it gave one that is fit to show.</summary>
    public string? Error { get; private init; }

    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsRetryable { get; private init; }

    /// <summary>Whether the server may have acted although there was no usable answer: a refresh token that is good for one use may be used up.</summary>
    public bool OutcomeUnknown { get; private init; }

    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Whether the grant itself was refused (<c>invalid_grant</c>), as opposed to the client or the request.</summary>
    public bool IsGrantRefused { get; private init; }

    internal static OAuthException NotConfigured(string message, Exception? inner = null) => new(FailureCodes.NotConfigured, message, inner);

    internal static OAuthException Refused(string message, string? error, bool isGrant) => new(FailureCodes.Unauthenticated, message) { Error = error, IsGrantRefused = isGrant };

    internal static OAuthException Limited(string message, string? error, TimeSpan? retryAfter) =>
        new(FailureCodes.RateLimited, message) { Error = error, IsRetryable = true, RetryAfter = retryAfter };

    internal static OAuthException Unavailable(string message, bool outcomeUnknown, TimeSpan? retryAfter = null, Exception? inner = null, string? error = null) =>
        new(FailureCodes.Unavailable, message, inner) { IsRetryable = true, OutcomeUnknown = outcomeUnknown, RetryAfter = retryAfter, Error = error };

    internal static OAuthException BadResponse(string message) => new(FailureCodes.BadResponse, message) { OutcomeUnknown = true, IsRetryable = true };
}
