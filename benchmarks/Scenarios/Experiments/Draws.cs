namespace Steward.Benchmarks.Scenarios.Experiments;

#pragma warning disable CA5394 // Nothing is to be kept from anybody; the same seed has to give the same.

/// <summary>The values of simulated units.</summary>
internal static class Draws
{
    // A mean of about 700 tokens with a long tail, some above what values are cut off at.
    private const double MedianTokens = 500;
    private const double Spread = 0.8;

    /// <summary>One metric that is 1 at some rate, else 0.</summary>
    public static UnitDraw Rate(double control, double variant) => (random, isVariant, values) => values[0] = Flag(random, isVariant ? variant : control);

    /// <summary>One metric with a long tail.</summary>
    public static UnitDraw Cost(double factor) => (random, isVariant, values) => values[0] = Tokens(random) * (isVariant ? factor : 1);

    /// <summary>One metric: the share of successful calls of a conversation of 1 to 20 calls, which has a rate of its own.</summary>
    public static UnitDraw Conversations(double rate) => (random, _, values) =>
    {
        var own = Flag(random, 0.5) > 0 ? 1 : (2 * rate) - 1;
        var (calls, good) = (random.Next(1, 21), 0d);
        for (var i = 0; i < calls; i++)
        {
            good += Flag(random, own);
        }

        values[0] = good / calls;
    };

    /// <summary>Success, tokens and score.</summary>
    public static UnitDraw Three(double success) => (random, _, values) => (values[0], values[1], values[2]) = (Flag(random, success), Tokens(random), Flag(random, 0.8));

    /// <summary>Errors, slowness, tokens, and the score of one unit in twenty.</summary>
    public static UnitDraw Guards(double control, double variant, double slow = 0.05, double cost = 1) => (random, isVariant, values) =>
        (values[0], values[1], values[2], values[3]) = (
            Flag(random, isVariant ? variant : control),
            Flag(random, isVariant ? slow : 0.05),
            Tokens(random) * (isVariant ? cost : 1),
            random.NextDouble() < 0.05 ? Flag(random, 0.8) : null);

    private static double Flag(Random random, double rate) => random.NextDouble() < rate ? 1 : 0;

    private static double Tokens(Random random) => MedianTokens * Math.Exp(Spread * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
