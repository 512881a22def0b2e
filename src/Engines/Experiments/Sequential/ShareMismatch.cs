using MathNet.Numerics;

namespace Steward.Engines.Experiments.Sequential;

/// <summary>
/// Evidence that units are not divided as was planned, which makes every comparison of them void: a Dirichlet mixture against the planned shares, which may be looked at after each unit (Lindon and Malek, Anytime-valid
/// inference for multinomial count data, 2022). Pure.
/// </summary>
public static class ShareMismatch
{
    /// <summary>From where on the division is believed to be wrong: one in a thousand where it is right.</summary>
    public const double Enough = 1_000;

    // How close to the plan a wrong division is expected to be: as if so many units had been seen before.
    private const double Concentration = 200;

    /// <summary>The evidence; 1 for none.</summary>
    /// <param name="units">How many units each variant got.</param>
    /// <param name="shares">The planned shares, each above 0; they need not add up to 1.</param>
    public static double Evidence(IReadOnlyList<long> units, IReadOnlyList<double> shares)
    {
        ArgumentNullException.ThrowIfNull(units);
        ArgumentNullException.ThrowIfNull(shares);
        ArgumentOutOfRangeException.ThrowIfNotEqual(units.Count, shares.Count);
        var (whole, total, log) = (shares.Sum(), units.Sum(), 0d);
        for (var i = 0; i < units.Count; i++)
        {
            var share = shares[i] / whole;
            log += SpecialFunctions.GammaLn((Concentration * share) + units[i]) - SpecialFunctions.GammaLn(Concentration * share) - (units[i] * Math.Log(share));
        }

        return Math.Exp(Math.Min(700, log + SpecialFunctions.GammaLn(Concentration) - SpecialFunctions.GammaLn(Concentration + total)));
    }
}
