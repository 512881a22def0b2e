namespace Steward.Engines.Experiments.Assignment;

/// <summary>Which variant a conversation or tenant gets: the same one however often, wherever and by whomever it is asked, and another one in each experiment. Pure.</summary>
public static class VariantAssignment
{
    /// <summary>Chooses. As the first share grows and the second shrinks, nobody who had the first one loses it; so put what is to grow first.</summary>
    /// <param name="salt">The experiment's own; without it the same people would be in the same group of all experiments.</param>
    /// <param name="unit">What is assigned: a conversation or a tenant.</param>
    /// <param name="shares">The variants' shares of all, each 0 to 1, together at most 1.</param>
    /// <returns>The variant's index; null for what is left over.</returns>
    public static int? Choose(string salt, string unit, IReadOnlyList<double> shares)
    {
        ArgumentNullException.ThrowIfNull(shares);
        var place = StableHash.Of("experiment " + salt, unit) / ((double)uint.MaxValue + 1);
        var bound = 0d;
        for (var i = 0; i < shares.Count; i++)
        {
            bound += shares[i];
            if (place < bound)
            {
                return i;
            }
        }

        return null;
    }
}
