using System.Globalization;

namespace Steward.Engines.Models.Providers;

/// <summary>What the statuses of HTTP mean from any provider.</summary>
internal static class ProviderFailures
{
    /// <summary>The failure that a status stands for.</summary>
    /// <param name="status">The status; 0 when there was no answer.</param>
    /// <param name="retryAfter">How long the provider asks to wait.</param>
    /// <param name="hasBegun">Whether a part of the answer had arrived.</param>
    /// <param name="cause">For logs.</param>
    public static ModelException OfStatus(int status, TimeSpan? retryAfter, bool hasBegun, Exception? cause) => status switch
    {
        401 or 403 => new ModelException("model_unauthenticated", "The model's provider does not accept the key.", cause) { AfterFirstToken = hasBegun },
        402 or 404 => new ModelException("model_missing", $"The model's provider does not have it, or not for this account (status {status}).", cause) { AfterFirstToken = hasBegun },
        429 => new ModelException("model_rate_limited", "The model's provider is over its rate limit.", cause) { IsRetryable = true, RetryAfter = retryAfter, AfterFirstToken = hasBegun },
        408 or 409 or >= 500 => new ModelException("model_unavailable", $"The model's provider answered with status {status}.", cause) { IsRetryable = true, RetryAfter = retryAfter, AfterFirstToken = hasBegun },
        0 => Unreachable(hasBegun, cause),
        _ => new ModelException("model_rejected", $"The model's provider refused the request with status {status}.", cause) { AfterFirstToken = hasBegun },
    };

    /// <summary>The failure that an error among the events of an answer stands for.</summary>
    /// <param name="status">The status that it names; 0 when it names none.</param>
    /// <param name="hasBegun">Whether a part of the answer had arrived: then it has broken off, whatever for.</param>
    public static ModelException OfEvent(int status, bool hasBegun) => hasBegun && status != 429 ? Unreachable(hasBegun, cause: null) : OfStatus(status, retryAfter: null, hasBegun, cause: null);

    /// <summary>The connection failed, or what came is no answer.</summary>
    public static ModelException Unreachable(bool hasBegun, Exception? cause) => new(
        hasBegun ? "model_stream_broken" : "model_unavailable",
        hasBegun ? "The model's answer broke off." : "The model could not be reached.",
        cause) { IsRetryable = true, AfterFirstToken = hasBegun };

    /// <summary>Reads <c>Retry-After</c>: seconds or a date (RFC 9110, 10.2.3), at most a day; null when it is neither.</summary>
    public static TimeSpan? RetryAfter(string? value, TimeProvider time)
    {
        if (double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(Math.Min(seconds, 86_400));
        }

        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? TimeSpan.FromTicks(Math.Clamp((at - time.GetUtcNow()).Ticks, 0, TimeSpan.TicksPerDay))
            : null;
    }
}
