namespace Steward.Engines.Approvals.Learning;

/// <summary>How often people decide when they are asked together with others.</summary>
internal sealed class ApproverRates
{
    private const int MinTimes = 5;
    private const double StandsOutBy = 1.3;

    private readonly ShrunkenRates _rates = new();

    private ApproverRates()
    {
    }

    public static ApproverRates Of(IEnumerable<LevelObservation> history)
    {
        var rates = new ApproverRates();
        foreach (var level in history.Where(level => level is { DecidedBy: not null, Asked.Count: > 1 }))
        {
            foreach (var person in level.Asked)
            {
                rates._rates.Add(person, person == level.DecidedBy);
            }
        }

        rates._rates.Fit();
        return rates;
    }

    /// <summary>Who will probably decide; null when nobody stands out, or it is a role.</summary>
    public string? Likely(IReadOnlyList<string> asked, List<string> reasons)
    {
        if (asked.Count == 0)
        {
            return null;
        }

        var ordered = asked.OrderByDescending(_rates.RateOf).ThenBy(person => person, StringComparer.Ordinal).ToList();
        var first = ordered[0];
        if (first.StartsWith("role:", StringComparison.Ordinal))
        {
            return null;
        }

        if (asked.Count == 1)
        {
            return first;
        }

        if (_rates.TimesOf(first) < MinTimes || _rates.RateOf(first) < StandsOutBy * _rates.RateOf(ordered[1]))
        {
            return null;
        }

        reasons.Add($"{first} decided {_rates.HitsOf(first)} of {_rates.TimesOf(first)} that were asked of several.");
        return first;
    }
}
