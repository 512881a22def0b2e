namespace Steward.Engines.Approvals.Learning;

/// <summary>
/// How often something happens in each of several groups, drawn towards how often it happens at all: a group of few observations says little. The strength follows from how much the groups differ beyond chance
/// (empirical Bayes for a beta-binomial, its variance by the analysis of variance: Searle, Casella and McCulloch, Variance Components, 1992).
/// </summary>
public sealed class ShrunkenRates
{
    private const double WeakestPrior = 1;
    private const double StrongestPrior = 1_000;

    private readonly Dictionary<string, (int Times, int Hits)> _groups = new(StringComparer.Ordinal);
    private int _times;
    private int _hits;

    /// <summary>How often it happens at all; a half before anything was seen.</summary>
    public double Overall => (_hits + 0.5) / (_times + 1);

    /// <summary>How many observations the overall rate is worth against a group's own.</summary>
    public double Prior { get; private set; } = StrongestPrior;

    /// <summary>Adds an observation.</summary>
    public void Add(string group, bool happened)
    {
        var (times, hits) = _groups.GetValueOrDefault(group);
        _groups[group] = (times + 1, hits + (happened ? 1 : 0));
        _times++;
        _hits += happened ? 1 : 0;
    }

    /// <summary>Finds the strength of the prior from what was added.</summary>
    public void Fit() => Prior = PriorOf();

    /// <summary>Takes the strength over from rates that were fitted.</summary>
    public void Use(double prior) => Prior = prior;

    /// <summary>The rate of a group; the overall one for a group that was never seen.</summary>
    public double RateOf(string group)
    {
        var (times, hits) = _groups.GetValueOrDefault(group);
        return (hits + (Prior * Overall)) / (times + Prior);
    }

    /// <summary>How often a group was seen.</summary>
    public int TimesOf(string group) => _groups.GetValueOrDefault(group).Times;

    /// <summary>How often it happened in a group.</summary>
    public int HitsOf(string group) => _groups.GetValueOrDefault(group).Hits;

    private double PriorOf()
    {
        double overall = Overall, chance = overall * (1 - overall);
        if (_groups.Count < 2 || _times <= _groups.Count)
        {
            return StrongestPrior;
        }

        var (between, squares) = (0d, 0d);
        foreach (var (times, hits) in _groups.Values)
        {
            var difference = ((double)hits / times) - overall;
            between += times * difference * difference;
            squares += (double)times * times;
        }

        var variance = (between - ((_groups.Count - 1) * chance)) / (_times - (squares / _times));
        return variance <= chance / (StrongestPrior + 1) ? StrongestPrior : Math.Clamp((chance / variance) - 1, WeakestPrior, StrongestPrior);
    }
}
