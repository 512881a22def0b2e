namespace Steward.Errors;

/// <summary>
/// The root of all errors that Steward raises. Over HTTP it becomes problem details (RFC 9457) with the same code.
/// Expected answers (busy, over budget, needs approval, not configured) are results, not exceptions.
/// </summary>
[GenerateSerializer]
[Alias("steward.error")]
public sealed class StewardException : Exception
{
    /// <summary>Creates an error.</summary>
    /// <param name="code">One of <see cref="ErrorCodes"/>.</param>
    /// <param name="message">A text that is safe to show to the caller.</param>
    /// <param name="innerException">The cause, for logs only.</param>
    public StewardException(string code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>A stable, machine-readable code.</summary>
    [Id(0)]
    public string Code { get; private set; }

    /// <summary>Whether the same call may succeed later without a change.</summary>
    [Id(1)]
    public bool IsRetryable { get; init; }

    /// <summary>How long to wait before trying again.</summary>
    [Id(2)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the call may have taken effect although it failed.</summary>
    [Id(3)]
    public bool OutcomeUnknown { get; init; }

    /// <summary>The name of the input field that was rejected, if it was one.</summary>
    [Id(4)]
    public string? Field { get; init; }

    /// <summary>The same error without its cause: causes are of types that only the process knows where they were raised.</summary>
    public StewardException WithoutCause() => new(Code, Message) { IsRetryable = IsRetryable, RetryAfter = RetryAfter, OutcomeUnknown = OutcomeUnknown, Field = Field };

    /// <summary>An input was rejected.</summary>
    /// <param name="field">The field's name as the caller wrote it.</param>
    /// <param name="allowed">What is allowed, as a sentence.</param>
    public static StewardException Invalid(string field, string allowed) => new(ErrorCodes.InvalidArgument, $"{field}: {allowed}") { Field = field };

    /// <summary>The thing does not exist, or the caller may not know that it does.</summary>
    public static StewardException NotFound(string what) => new(ErrorCodes.NotFound, $"{what} does not exist.");

    /// <summary>The caller is known but may not do this.</summary>
    public static StewardException Forbidden(string message) => new(ErrorCodes.Forbidden, message);
}

/// <summary>The codes of <see cref="StewardException"/>.</summary>
public static class ErrorCodes
{
    /// <summary>An input was rejected; 400.</summary>
    public const string InvalidArgument = "invalid_argument";

    /// <summary>No or no valid credentials; 401.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>Not allowed; 403.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>No such thing; 404.</summary>
    public const string NotFound = "not_found";

    /// <summary>Contradicts what is there; 409.</summary>
    public const string Conflict = "conflict";

    /// <summary>Too many requests, streams or sessions; 429.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>The cluster or the store cannot be reached now; 503.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>A cron line that has no time; 400.</summary>
    public const string ScheduleNeverFires = "schedule_never_fires";

    /// <summary>A webhook's address leads to where requests must not go; 400.</summary>
    public const string WebhookAddressForbidden = "webhook_address_forbidden";

    /// <summary>There are as many things of the kind as may be; 409.</summary>
    public const string LimitReached = "limit_reached";

    /// <summary>A memory cannot be opened: the key that it was sealed with is not in the vault any more; 409.</summary>
    public const string MemoryUnreadable = "memory_unreadable";

    /// <summary>A defect; 500.</summary>
    public const string Internal = "internal";
}
