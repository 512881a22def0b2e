namespace Steward.Approvals;

/// <summary>The other system did not do what it was asked for, or cannot be asked now.</summary>
/// <param name="message">Why, safe to show.</param>
/// <param name="retryAfter">How long it asks to wait.</param>
internal sealed class MirrorException(string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
