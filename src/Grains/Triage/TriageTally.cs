namespace Steward.Triage;

/// <summary>What was decided for one group, on one day or over several, and what became of it.</summary>
internal sealed class TriageTally
{
    public long Decided { get; set; }

    public long AutoRouted { get; set; }

    public long Reviewed { get; set; }

    /// <summary>Decisions of all bands about which somebody said something.</summary>
    public long Said { get; set; }

    /// <summary>Of these, those that were right.</summary>
    public long Right { get; set; }

    public long RoutedSaid { get; set; }

    public long RoutedOverridden { get; set; }

    public long AutoSaid { get; set; }

    public long AutoOverridden { get; set; }

    /// <summary>Counts a decision.</summary>
    public void Decide(TriageBand band)
    {
        Decided++;
        AutoRouted += band == TriageBand.AutoRoute ? 1 : 0;
        Reviewed += band == TriageBand.Review ? 1 : 0;
    }

    /// <summary>Counts what somebody said of a decision, or takes that back.</summary>
    /// <param name="band">The decision's band.</param>
    /// <param name="isRight">Whether it was right.</param>
    /// <param name="sign">1, or -1 to take it back.</param>
    public void Say(TriageBand band, bool isRight, int sign)
    {
        Said += sign;
        Right += isRight ? sign : 0;
        if (band == TriageBand.Human)
        {
            return;
        }

        RoutedSaid += sign;
        RoutedOverridden += isRight ? 0 : sign;
        if (band == TriageBand.AutoRoute)
        {
            AutoSaid += sign;
            AutoOverridden += isRight ? 0 : sign;
        }
    }

    /// <summary>Adds another one.</summary>
    public void Add(TriageTally other)
    {
        Decided += other.Decided;
        AutoRouted += other.AutoRouted;
        Reviewed += other.Reviewed;
        Said += other.Said;
        Right += other.Right;
        RoutedSaid += other.RoutedSaid;
        RoutedOverridden += other.RoutedOverridden;
        AutoSaid += other.AutoSaid;
        AutoOverridden += other.AutoOverridden;
    }

    /// <summary>As it is shown.</summary>
    public TriageGroupReport ToReport(string label) => new()
    {
        Label = label,
        Decided = Decided,
        AutoRouted = AutoRouted,
        Reviewed = Reviewed,
        Said = RoutedSaid,
        Overridden = RoutedOverridden,
        Accuracy = Share(Right, Said),
        MisrouteRate = Share(AutoOverridden, AutoSaid),
        OverrideRate = Share(RoutedOverridden, RoutedSaid),
    };

    private static double? Share(long part, long whole) => whole == 0 ? null : (double)part / whole;
}
