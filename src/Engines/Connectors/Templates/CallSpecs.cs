using System.Text.Json;

namespace Steward.Engines.Connectors.Templates;

/// <summary>Something that an answer shows. What is given must all hold.</summary>
public sealed record ReplySignal
{
    /// <summary>The status.</summary>
    public int? Status { get; init; }

    /// <summary>Where in the body to look, for example <c>error</c>.</summary>
    public string? BodyPath { get; init; }

    /// <summary>The value there.</summary>
    public JsonElement? EqualTo { get; init; }

    /// <summary>A regular expression that the value there, or without a path the whole body, must contain.</summary>
    public string? Matches { get; init; }
}

/// <summary>How a system says what went wrong.</summary>
public sealed record ErrorSpec
{
    /// <summary>Answers that are errors though their status says success, for example Slack's <c>ok: false</c>.</summary>
    public IReadOnlyList<ReplySignal> InSuccess { get; init; } = [];

    /// <summary>Where a text for people stands; the first that is there counts.</summary>
    public IReadOnlyList<string> MessagePaths { get; init; } = [];

    /// <summary>What certain errors mean.</summary>
    public IReadOnlyList<ErrorCodeSpec> Codes { get; init; } = [];
}

/// <summary>What one error means.</summary>
public sealed record ErrorCodeSpec
{
    /// <summary>How it shows.</summary>
    public required ReplySignal When { get; init; }

    /// <summary>One of the codes of <see cref="ActionFailed"/>.</summary>
    public required string Code { get; init; }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool Retryable { get; init; }

    /// <summary>Whether the system says so before it does anything. Otherwise a write that fails with <c>unavailable</c> or <c>timeout</c> may have been done.</summary>
    public bool NotDone { get; init; }
}

/// <summary>How many calls a system takes.</summary>
public sealed record LimitSpec
{
    /// <summary>What shares the number.</summary>
    public LimitScope Scope { get; init; } = LimitScope.Instance;

    /// <summary>The operations it is for; all when empty.</summary>
    public IReadOnlyList<string> Operations { get; init; } = [];

    /// <summary>What identifies the resource, a template over arguments, for <see cref="LimitScope.Resource"/>, for example <c>{issue}</c>.</summary>
    public string? Resource { get; init; }

    /// <summary>The sliding window.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>The most calls (in units of <see cref="OperationTemplate.Cost"/>) in any window.</summary>
    public required int Max { get; init; }

    /// <summary>The most calls at the same time.</summary>
    public int? MaxConcurrent { get; init; }

    /// <summary>The system's own headers, which the window is adapted to.</summary>
    public LimitHeaders? Headers { get; init; }
}

/// <summary>What shares a limit.</summary>
public enum LimitScope
{
    /// <summary>All instances of a template in a tenant.</summary>
    Tenant,

    /// <summary>One instance.</summary>
    Instance,

    /// <summary>One operation of an instance.</summary>
    Operation,

    /// <summary>One resource of an instance, such as one Jira issue or one Slack channel.</summary>
    Resource,
}

/// <summary>The names and the dialect of rate limit headers.</summary>
public sealed record LimitHeaders
{
    /// <summary>The header with the limit.</summary>
    public string? Limit { get; init; }

    /// <summary>The header with what is left.</summary>
    public string? Remaining { get; init; }

    /// <summary>The header with the time of the reset.</summary>
    public string? Reset { get; init; }

    /// <summary>How the reset is written.</summary>
    public ResetFormat ResetFormat { get; init; } = ResetFormat.Epoch;

    /// <summary>The header that says which limit was hit.</summary>
    public string? Reason { get; init; }

    /// <summary>A header with <c>used/limit</c> in it, such as Salesforce's <c>Sforce-Limit-Info: api-usage=10/15000</c>.</summary>
    public string? Usage { get; init; }
}

/// <summary>How the time of a reset is written.</summary>
public enum ResetFormat
{
    /// <summary>Seconds since 1970.</summary>
    Epoch,

    /// <summary>Milliseconds since 1970.</summary>
    EpochMilliseconds,

    /// <summary>Seconds from now.</summary>
    Delta,

    /// <summary>ISO 8601.</summary>
    Iso,
}

/// <summary>Which failures are tried again inside one call: only operations without effect, or whose repetition has none.</summary>
public sealed record RetrySpec
{
    /// <summary>The statuses.</summary>
    public IReadOnlyList<int> Statuses { get; init; } = [429, 502, 503, 504];

    /// <summary>Attempts in all, 1 to 4.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>The first wait's upper bound; doubled with each attempt, drawn between zero and the bound (full jitter).</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The largest bound.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait that the system may ask for without the call failing at once with that time.</summary>
    public TimeSpan MaxInlineWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A header other than <c>Retry-After</c> with the seconds to wait.</summary>
    public string? RetryAfterHeader { get; init; }

    /// <summary>Where in an error's body the seconds to wait stand.</summary>
    public string? RetryAfterPath { get; init; }
}

/// <summary>How a list is paged. Paths are of the answer's body.</summary>
public sealed record PaginationSpec
{
    /// <summary>The kind.</summary>
    public required PaginationKind Kind { get; init; }

    /// <summary>Where the items stand; the whole body when null.</summary>
    public string? Items { get; init; }

    /// <summary>The query parameter (or, with <see cref="InBody"/>, body member) for the page's size.</summary>
    public string? SizeParameter { get; init; }

    /// <summary>The largest page.</summary>
    public int PageSize { get; init; } = 100;

    /// <summary>The parameter for the cursor, the offset or the page's number.</summary>
    public string? Parameter { get; init; }

    /// <summary>Where the next cursor or the next page's address stands.</summary>
    public string? NextPath { get; init; }

    /// <summary>Where it says whether there is more.</summary>
    public string? MorePath { get; init; }

    /// <summary>The number of the first page.</summary>
    public int FirstPage { get; init; } = 1;

    /// <summary>Whether the parameters belong into the JSON body instead of the query.</summary>
    public bool InBody { get; init; }

    /// <summary>The most pages that one call reads.</summary>
    public int MaxPages { get; init; } = 10;
}

/// <summary>The ways of paging.</summary>
public enum PaginationKind
{
    /// <summary>One answer holds all.</summary>
    None,

    /// <summary>A <c>Link</c> header with <c>rel=next</c> (RFC 8288).</summary>
    Link,

    /// <summary>A cursor from the last answer.</summary>
    Cursor,

    /// <summary>The number of items to skip.</summary>
    Offset,

    /// <summary>The page's number.</summary>
    Page,

    /// <summary>The next page's address in the body.</summary>
    NextUrl,
}
