using Steward.Storage;

namespace Steward.Vectors;

/// <summary>How collections of vectors are searched. Bound from <c>Steward:Vectors</c>.</summary>
public sealed class VectorOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Steward:Vectors";

    /// <summary>What the collections that a silo holds to scan may take, in bytes; those used least recently leave. Default 256 MiB.</summary>
    public long ScanMemoryBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>
    /// From how many rows on a collection is searched by the database, where it can; smaller ones are scanned in the process. Default 100,000: by then a scan is not faster than the database's index, and takes about 100 MB. 0 leaves everything to the scan.
    /// </summary>
    public int IndexFromRows { get; set; } = 100_000;

    /// <summary>Who searches which collections, in one line for the log and <c>/healthz</c>.</summary>
    public static string Describe(VectorSupport support, VectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(support);
        ArgumentNullException.ThrowIfNull(options);
        return !support.CanIndex ? support.Summary
            : options.IndexFromRows > 0 ? FormattableString.Invariant($"{support.Summary} from {options.IndexFromRows} rows on")
            : $"{support.Summary}, which are turned off";
    }
}
