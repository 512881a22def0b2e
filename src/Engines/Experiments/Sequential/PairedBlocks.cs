namespace Steward.Engines.Experiments.Sequential;

/// <summary>
/// Divides the units of two groups, as they come, into blocks that hold at least one of each and about as many of either as their shares say. The mean of the one minus the mean of the other is an unbiased difference of
/// each block, and blocks do not share units: so they are independent, whatever the share. Immutable.
/// </summary>
public sealed record PairedBlocks
{
    /// <summary>Units of the judged group in the open block.</summary>
    public long Ours { get; init; }

    /// <summary>The sum of their values.</summary>
    public double OurSum { get; init; }

    /// <summary>Units of the other group in the open block.</summary>
    public long Others { get; init; }

    /// <summary>The sum of their values.</summary>
    public double OtherSum { get; init; }

    /// <summary>Adds a unit.</summary>
    /// <param name="value">0 to 1.</param>
    /// <param name="isOurs">Whether it is of the judged group.</param>
    /// <param name="share">The judged group's share of both, above 0 and below 1.</param>
    /// <param name="difference">The closed block's difference, when this unit closed it.</param>
    public PairedBlocks Add(double value, bool isOurs, double share, out double? difference)
    {
        var next = isOurs ? this with { Ours = Ours + 1, OurSum = OurSum + value } : this with { Others = Others + 1, OtherSum = OtherSum + value };
        var (ours, others) = share <= 0.5 ? (1L, (long)((1 - share) / share)) : ((long)(share / (1 - share)), 1L);
        if (next.Ours < ours || next.Others < others)
        {
            difference = null;
            return next;
        }

        difference = (next.OurSum / next.Ours) - (next.OtherSum / next.Others);
        return new PairedBlocks();
    }
}
