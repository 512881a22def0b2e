namespace Steward.Vectors;

/// <summary>How collections of vectors are searched. Bound from <c>Steward:Vectors</c>.</summary>
public sealed class VectorOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Steward:Vectors";

    /// <summary>What the collections that a silo holds to scan may take, in bytes; those used least recently leave. Default 256 MiB.</summary>
    public long ScanMemoryBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>
    /// From how many rows on a collection is searched by the database, where it can; smaller ones are scanned in the process. Default 50,000: by then a scan takes as long as asking the database, and about 50 MB. 0 leaves everything to the scan.
    /// </summary>
    public int IndexFromRows { get; set; } = 50_000;
}
