namespace Steward.Triage;

/// <summary>Where a triage stands, so that an activation need not read its journals from their beginning. What is newer stands in the journals.</summary>
[GenerateSerializer]
[Alias("steward.triage-state")]
internal sealed class TriageState
{
    /// <summary>The <see cref="TriageFold"/> as JSON; null when none was saved.</summary>
    [Id(0)]
    public string? Fold { get; set; }
}
