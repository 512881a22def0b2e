namespace Steward.Engines.Experiments.Quality;

/// <summary>How far two who judged the same agree.</summary>
/// <param name="Count">What both judged.</param>
/// <param name="Observed">The share on which they agree; 0 for nothing.</param>
/// <param name="Kappa">Agreement beyond chance (Cohen, 1960): 1 for full agreement, 0 for that of chance; null when either always said the same, for then chance agrees as well.</param>
/// <param name="Error">The standard error of kappa; null with it.</param>
public readonly record struct Agreement(long Count, double Observed, double? Kappa, double? Error)
{
    /// <summary>Of two judgements of yes or no.</summary>
    /// <param name="bothYes">Both said yes.</param>
    /// <param name="onlyFirst">Only the first did.</param>
    /// <param name="onlySecond">Only the second did.</param>
    /// <param name="bothNo">Both said no.</param>
    public static Agreement Of(long bothYes, long onlyFirst, long onlySecond, long bothNo)
    {
        double count = bothYes + onlyFirst + onlySecond + bothNo;
        if (count == 0)
        {
            return new(0, 0, null, null);
        }

        var (first, second, observed) = ((bothYes + onlyFirst) / count, (bothYes + onlySecond) / count, (bothYes + bothNo) / count);
        var byChance = (first * second) + ((1 - first) * (1 - second));
        return byChance >= 1 || first is 0 or 1 || second is 0 or 1
            ? new((long)count, observed, null, null)
            : new((long)count, observed, (observed - byChance) / (1 - byChance), Math.Sqrt(observed * (1 - observed) / count) / (1 - byChance));
    }
}
