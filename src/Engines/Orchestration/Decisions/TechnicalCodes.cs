namespace Steward.Engines.Orchestration;

/// <summary>
/// The codes of failures that are nobody's decision: what failed may succeed once a system is back, a credential is renewed or a defect is repaired. A run that ends with one of them
/// can be replayed. All other codes are answers: asking again gives the same.
/// </summary>
public static class TechnicalCodes
{
    private static readonly HashSet<string> Codes = new(StringComparer.Ordinal)
    {
        "internal",
        "unavailable",
        "timeout",
        "rate_limited",
        "bad_response",
        "unauthenticated",
        "not_configured",
        "model_unauthenticated",
        "model_missing",
        "model_rejected",
        "model_rate_limited",
        "model_unavailable",
        "model_timeout",
        "model_stream_broken",
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> All => Codes;

    /// <summary>Whether a code of a step or of a run's end is one of them.</summary>
    public static bool Contains(string? code) => code is not null && Codes.Contains(code);
}
