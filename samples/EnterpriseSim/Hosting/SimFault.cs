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

    /// <summary>The delay of <see cref="SimFaultKind.Slow"/>; the default is one second.</summary>
    public int DelayMilliseconds { get; init; } = 1_000;

    /// <summary>The wait that <see cref="SimFaultKind.RateLimited"/> asks for; the default is one second.</summary>
    public int RetryAfterSeconds { get; init; } = 1;

    /// <summary>The status of the server errors; the default is 503, and 504 after the commit.</summary>
    public int? Status { get; init; }
}
