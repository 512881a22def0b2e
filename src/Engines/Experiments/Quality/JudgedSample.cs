using Steward.Engines.Experiments.Assignment;

namespace Steward.Engines.Experiments.Quality;

/// <summary>Which answers are judged in the background: 0.1 to 1 % of each stratum (a feature, an intent, a tier), rare ones more often, so that each gets about as many judgements. Pure.</summary>
public static class JudgedSample
{
    /// <summary>The smallest share.</summary>
    public const double Least = 0.001;

    /// <summary>The largest share.</summary>
    public const double Most = 0.01;

    /// <summary>The share of a stratum's answers that is judged.</summary>
    /// <param name="volume">How many answers it had the day before; 0 when that is not known.</param>
    /// <param name="wanted">How many judgements of it are wanted a day.</param>
    public static double Share(long volume, double wanted = 50) => volume <= 0 ? Most : Math.Clamp(wanted / volume, Least, Most);

    /// <summary>Whether an answer is judged; the same for the same one, wherever it is asked.</summary>
    /// <param name="callId">The call.</param>
    /// <param name="share">The stratum's share.</param>
    public static bool Includes(string callId, double share) => VariantAssignment.Choose("judged", callId, [share]) == 0;
}
