namespace Steward.Triage;

/// <summary>How files of old tickets are taken and read.</summary>
public sealed class TriageImportOptions
{
    /// <summary>Where it stands in the configuration.</summary>
    public const string Section = "Steward:Triage:Imports";

    /// <summary>The largest file, in bytes. 1 GiB by default.</summary>
    public long MaxBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>The largest part of a file, in bytes. 4 MiB by default.</summary>
    public int MaxPartBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How long the next part may take before the import is given up. One hour by default.</summary>
    public TimeSpan PartPatience { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many rows are handed to triage at once. 200 by default.</summary>
    public int RowsAtOnce { get; set; } = 200;

    /// <summary>How many characters of rows are handed to triage at once; the last row may go beyond. A million by default.</summary>
    public int CharactersAtOnce { get; set; } = 1_000_000;
}
