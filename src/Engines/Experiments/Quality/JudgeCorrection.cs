namespace Steward.Engines.Experiments.Quality;

/// <summary>What a judge said of answers that people had labelled.</summary>
/// <param name="GoodCalledGood">Good ones that it called good.</param>
/// <param name="Good">Good ones.</param>
/// <param name="BadCalledBad">Bad ones that it called bad.</param>
/// <param name="Bad">Bad ones.</param>
public readonly record struct JudgeCalibration(long GoodCalledGood, long Good, long BadCalledBad, long Bad)
{
    /// <summary>The share of good answers that it recognises (TPR); 0 for none.</summary>
    public double Sensitivity => Good == 0 ? 0 : (double)GoodCalledGood / Good;

    /// <summary>The share of bad answers that it recognises (TNR); 0 for none.</summary>
    public double Specificity => Bad == 0 ? 0 : (double)BadCalledBad / Bad;

    /// <summary>By how much it shrinks differences between groups: 1 for one that never errs, 0 for one that says nothing.</summary>
    public double Youden => Sensitivity + Specificity - 1;

    /// <summary>Agreement beyond chance with the people.</summary>
    public Agreement Agreement => Agreement.Of(GoodCalledGood, Good - GoodCalledGood, Bad - BadCalledBad, BadCalledBad);

    /// <summary>Counts.</summary>
    /// <param name="answers">Of each answer, what people say of it and what the judge said.</param>
    public static JudgeCalibration Of(IEnumerable<(bool IsGood, bool IsCalledGood)> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        var (goodGood, good, badBad, bad) = (0L, 0L, 0L, 0L);
        foreach (var (isGood, isCalledGood) in answers)
        {
            good += isGood ? 1 : 0;
            bad += isGood ? 0 : 1;
            goodGood += isGood && isCalledGood ? 1 : 0;
            badBad += !isGood && !isCalledGood ? 1 : 0;
        }

        return new(goodGood, good, badBad, bad);
    }
}

/// <summary>A share and between which bounds it probably lies.</summary>
/// <param name="Value">The share.</param>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound.</param>
public readonly record struct ShareEstimate(double Value, double Low, double High);

/// <summary>Corrects what a judge says of many answers by its own errors. Pure.</summary>
public static class JudgeCorrection
{
    private const double Z = 1.959964;

    /// <summary>
    /// The true share of good answers (Rogan and Gladen, 1978), with bounds for 95 % that hold the errors of the calibration too (Lee et al., How to correctly report LLM-as-a-judge evaluations); null when the judge is no better
    /// than chance by what is known of it, for then it says nothing.
    /// </summary>
    /// <param name="calledGood">Answers that the judge called good.</param>
    /// <param name="judged">Answers that it judged.</param>
    /// <param name="judge">What is known of it.</param>
    public static ShareEstimate? Correct(long calledGood, long judged, in JudgeCalibration judge)
    {
        if (judged == 0 || judge.Good == 0 || judge.Bad == 0 || judge.Youden <= 0)
        {
            return null;
        }

        var value = Share((double)calledGood / judged, judge.Sensitivity, judge.Specificity);

        // A success and a failure more on each side (Agresti and Coull, 1998): shares of 0 and 1 are not certain.
        var (judgedMore, goodMore, badMore) = (judged + (Z * Z), judge.Good + 2d, judge.Bad + 2d);
        var called = (calledGood + (Z * Z / 2)) / judgedMore;
        var (sensitivity, specificity) = ((judge.GoodCalledGood + 1) / goodMore, (judge.BadCalledBad + 1) / badMore);
        if (sensitivity + specificity <= 1)
        {
            return null;
        }

        var middle = Share(called, sensitivity, specificity);
        var deviation = Math.Sqrt(
            (called * (1 - called) / judgedMore) + (middle * middle * sensitivity * (1 - sensitivity) / goodMore) + ((1 - middle) * (1 - middle) * specificity * (1 - specificity) / badMore))
            / (sensitivity + specificity - 1);
        return new(value, Math.Max(0, Math.Min(value, middle - (Z * deviation))), Math.Min(1, Math.Max(value, middle + (Z * deviation))));
    }

    private static double Share(double called, double sensitivity, double specificity) => Math.Clamp((called + specificity - 1) / (sensitivity + specificity - 1), 0, 1);
}
