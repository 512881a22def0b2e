using System.Text.Json.Serialization;

namespace Steward.EnterpriseSim;

/// <summary>What goes wrong with a call.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SimFaultKind>))]
public enum SimFaultKind
{
    /// <summary>The product's answer to too many calls, with its headers; nothing is done.</summary>
    RateLimited,

    /// <summary>A server error in the product's form; nothing is done.</summary>
    ServerError,

    /// <summary>The call is done and answered after a delay.</summary>
    Slow,

    /// <summary>The connection is cut before anything is done.</summary>
    CutBeforeCommit,

    /// <summary>The call is done and the connection is cut before the answer: the caller cannot know the outcome.</summary>
    CutAfterCommit,

    /// <summary>The call is done and the connection is cut in the middle of the answer's body.</summary>
    CutInBody,

    /// <summary>The call is done and answered with a server error (a gateway's 504): the caller cannot know the outcome.</summary>
    ServerErrorAfterCommit,

    /// <summary>The product's answer to an expired token; nothing is done.</summary>
    ExpiredToken,

    /// <summary>The call is done and never answered; the connection stays open until the caller gives up.</summary>
    TimeoutAfterCommit,

    /// <summary>Status 200 with the product's error body; nothing is done.</summary>
    ErrorInSuccess,

    /// <summary>The call is done and one field of the answer is renamed, missing or of another type.</summary>
    SchemaChange,

    /// <summary>An event is sent a second time although it was taken. Hits events, not calls.</summary>
    DuplicateEvent,

    /// <summary>An event is held back until the next one was sent. Hits events, not calls.</summary>
    ReorderEvent,

    /// <summary>An event is never sent. Hits events, not calls.</summary>
    LoseEvent,
}

/// <summary>How an answer to too many calls says when to come back.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SimRetryDialect>))]
public enum SimRetryDialect
{
    /// <summary>The product's own headers.</summary>
    Product,

    /// <summary><c>Retry-After</c> in seconds.</summary>
    Seconds,

    /// <summary><c>Retry-After</c> as an HTTP date.</summary>
    HttpDate,

    /// <summary><c>X-RateLimit-Reset</c> in seconds since 1970.</summary>
    Epoch,

    /// <summary><c>X-RateLimit-Reset</c> as an ISO 8601 time.</summary>
    Iso,

    /// <summary><c>RateLimit-Reset</c> in seconds from now, as the draft of the IETF has it.</summary>
    Delta,

    /// <summary>No header at all.</summary>
    None,
}

/// <summary>What happens to a field of an answer.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SimSchemaChange>))]
public enum SimSchemaChange
{
    /// <summary>It has another name.</summary>
    Renamed,

    /// <summary>It is missing.</summary>
    Removed,

    /// <summary>It has another type: texts become objects, everything else becomes text.</summary>
    Retyped,
}

/// <summary>A fault for the next calls that match. All given conditions must hold.</summary>
public sealed record SimFault
{
    /// <summary>What goes wrong.</summary>
    public required SimFaultKind Kind { get; init; }

    /// <summary>The system to disturb; null for all.</summary>
    public SimSystem? System { get; init; }

    /// <summary>The operation to disturb, such as <c>resetPassword</c>; null for all.</summary>
    public string? Operation { get; init; }

    /// <summary>The HTTP method to disturb; null for all.</summary>
    public string? Method { get; init; }

    /// <summary>A part of path and query that must occur; null for any.</summary>
    public string? PathContains { get; init; }

    /// <summary>How many calls are hit; the default is one.</summary>
    public int Count { get; init; } = 1;

    /// <summary>How many matching calls pass before the first one is hit; the default is none.</summary>
    public int After { get; init; }

    /// <summary>The share of matching calls that is hit, in per cent; null for all of them.</summary>
    public double? Percent { get; init; }

    /// <summary>The delay of <see cref="SimFaultKind.Slow"/>; the default is one second.</summary>
    public int DelayMilliseconds { get; init; } = 1_000;

    /// <summary>The wait that <see cref="SimFaultKind.RateLimited"/> asks for; the default is one second.</summary>
    public int RetryAfterSeconds { get; init; } = 1;

    /// <summary>The status of the server errors; the default is 503, and 504 after the commit.</summary>
    public int? Status { get; init; }

    /// <summary>How <see cref="SimFaultKind.RateLimited"/> says when to come back; the default is the product's way.</summary>
    public SimRetryDialect Dialect { get; init; }

    /// <summary>The product's error code of <see cref="SimFaultKind.ErrorInSuccess"/>, such as <c>fatal_error</c> of Slack; null for a usual one.</summary>
    public string? Code { get; init; }

    /// <summary>The field of <see cref="SimFaultKind.SchemaChange"/>: names between dots, with <c>*</c> for every item of an array.</summary>
    public string? Field { get; init; }

    /// <summary>What happens to <see cref="Field"/>.</summary>
    public SimSchemaChange Change { get; init; }

    /// <summary>The new name of a renamed field.</summary>
    public string? NewName { get; init; }
}
