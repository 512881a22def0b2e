namespace Steward.Engines.Connectors.Execution;

/// <summary>Ends an operation with an outcome other than success. Never leaves this assembly.</summary>
internal sealed class OutcomeException(ActionOutcome outcome) : Exception("The operation ended without success.")
{
    public ActionOutcome Outcome { get; } = outcome;

    public static OutcomeException Failed(string code, string message, bool isRetryable = false, TimeSpan? retryAfter = null, string? field = null) =>
        new(new ActionFailed(code, message, isRetryable, retryAfter, field));

    public static OutcomeException Invalid(string field, string allowed) => Failed(FailureCodes.InvalidArgument, $"{field}: {allowed}", field: field);

    public static OutcomeException Unknown(string reason) => new(new ActionUnknown(reason));
}

/// <summary>The codes of <see cref="ActionFailed"/>.</summary>
internal static class FailureCodes
{
    public const string InvalidArgument = "invalid_argument";
    public const string NotConfigured = "not_configured";
    public const string NotFound = "not_found";
    public const string Unauthenticated = "unauthenticated";
    public const string Forbidden = "forbidden";
    public const string Conflict = "conflict";
    public const string Rejected = "rejected";
    public const string RateLimited = "rate_limited";
    public const string Unavailable = "unavailable";
    public const string Timeout = "timeout";
    public const string BadResponse = "bad_response";
}
