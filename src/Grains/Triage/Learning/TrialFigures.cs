namespace Steward.Triage;

/// <summary>What a head on trial and those beside it have routed, and what of it was overridden.</summary>
/// <param name="Routed">Tickets that it routed.</param>
/// <param name="Said">Of these, those of which there was word.</param>
/// <param name="Overridden">Of these, those that belonged elsewhere.</param>
/// <param name="OthersRouted">Tickets that the others routed.</param>
/// <param name="OthersOverridden">Of these, those that belonged elsewhere.</param>
/// <param name="SaidByOne">Of those of which there was word, those of which the one person has spoken who spoke of most, since it went on trial.</param>
internal sealed record TrialFigures(long Routed, long Said, long Overridden, long OthersRouted, long OthersOverridden, long SaidByOne = 0)
{
    /// <summary>As they stand now, since ever.</summary>
    public static TrialFigures Of(TriageHeads heads, string version)
    {
        var own = heads.Heads.FirstOrDefault(head => string.Equals(head.Version, version, StringComparison.Ordinal));
        var (routed, said, overridden) = (own?.Routed ?? 0, own?.Said ?? 0, own?.Overridden ?? 0);
        return new TrialFigures(routed, said, overridden, heads.Routed - routed, heads.Overridden - overridden, own?.SaidByOne ?? 0);
    }

    /// <summary>What came since. Words that were taken back since may be of before: nothing is below nothing.</summary>
    /// <param name="before">The figures of then.</param>
    public TrialFigures Since(TrialFigures? before) => before is null ? this : new TrialFigures(
        Math.Max(0, Routed - before.Routed),
        Math.Max(0, Said - before.Said),
        Math.Max(0, Overridden - before.Overridden),
        Math.Max(0, OthersRouted - before.OthersRouted),
        Math.Max(0, OthersOverridden - before.OthersOverridden),
        SaidByOne);

    /// <summary>Of how many there was word, if one person's counts for so many at most.</summary>
    /// <param name="most">The most of one person.</param>
    public long SaidWithOneAtMost(long most) => SaidByOne <= most ? Said : Math.Max(0, Said - SaidByOne) + Math.Min(Said, most);
}
