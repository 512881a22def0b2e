namespace Steward.Triage;

/// <summary>How tickets are triaged. Bound from <c>Steward:Triage</c>.</summary>
public sealed class TriageOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Triage";

    /// <summary>What the heads that a silo keeps loaded may take, in bytes; those used least recently leave. Default 256 MiB.</summary>
    public long HeadMemoryBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>How many of its last labelled tickets a tenant's triage holds to name similar ones; 0 for none, and then none is found by its words either. Default 2,000.</summary>
    public int SimilarTickets { get; set; } = 2_000;

    /// <summary>After how many new entries of its journals a triage saves where it stands: as many are read at most when it is activated after a loss. Default 2,000.</summary>
    public int SnapshotAfter { get; set; } = 2_000;

    /// <summary>How long a ticket waits for a model. Default 2 s.</summary>
    public TimeSpan ModelTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>For how long models that gave no answer are not asked again, where a head of words can answer. Default 5 s.</summary>
    public TimeSpan ModelPause { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Tickets of one tenant that may be under way, and as many searches for old ones; more are refused as busy. Default 512.</summary>
    public int ConcurrentTickets { get; set; } = 512;

    /// <summary>The embedder by which old tickets are found again; empty for none: then they are found by words. Default <c>embedder</c>.</summary>
    public string SimilarModel { get; set; } = "embedder";

    /// <summary>The embedder that <see cref="SimilarModel"/> took the place of: asked, too, until all tickets have a vector of its successor. Default: none.</summary>
    public string? SimilarModelBefore { get; set; }

    /// <summary>How often vectors of tickets whose texts retention has removed are looked for. Default 1 day.</summary>
    public TimeSpan SweepVectorsEvery { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The embedder that compares names of groups. Default <c>embedder</c>.</summary>
    public string NameModel { get; set; } = "embedder";
}
