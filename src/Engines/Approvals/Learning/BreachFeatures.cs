using System.Globalization;

namespace Steward.Engines.Approvals.Learning;

/// <summary>What the model sees of a level: how often the like was late, by whom was asked, type, hour and weekday, and how much time there was. Each feature is a deviation from the tenant's usual, and has a sentence.</summary>
internal sealed class BreachFeatures
{
    public const int Count = 7;

    private static readonly string[] DayNames = ["Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"];

    private readonly ShrunkenRates _people = new();
    private readonly ShrunkenRates _types = new();
    private readonly ShrunkenRates _hours = new();
    private readonly ShrunkenRates _days = new();
    private readonly TimeZoneInfo _zone;
    private readonly double _usualHours;
    private int _times;
    private int _late;

    public BreachFeatures(TimeZoneInfo zone, double usualHours) => (_zone, _usualHours) = (zone, usualHours);

    public double BaseRate => (_late + 0.5) / (_times + 1);

    public int Times => _times;

    public int Late => _late;

    /// <summary>The features of each level as they could be told when it was opened: its rates are those of the levels before it, so that no outcome explains itself.</summary>
    public static (List<double[]> Rows, BreachFeatures Last) Encode(IReadOnlyList<LevelObservation> history, TimeZoneInfo zone)
    {
        var logs = history.Select(level => Math.Log(1 + (level.DueAt - level.OpenedAt).TotalHours)).Order().ToList();
        var all = new BreachFeatures(zone, logs.Count == 0 ? 0 : logs[logs.Count / 2]);
        foreach (var level in history)
        {
            all.Add(level);
        }

        all._people.Fit();
        all._types.Fit();
        all._hours.Fit();
        all._days.Fit();
        var before = new BreachFeatures(zone, all._usualHours);
        before._people.Use(all._people.Prior);
        before._types.Use(all._types.Prior);
        before._hours.Use(all._hours.Prior);
        before._days.Use(all._days.Prior);
        var rows = new List<double[]>(history.Count);
        foreach (var level in history)
        {
            rows.Add(before.Of(level));
            before.Add(level);
        }

        return (rows, all);
    }

    public double[] Of(LevelObservation level)
    {
        var local = TimeZoneInfo.ConvertTime(level.OpenedAt, _zone);
        return
        [
            1,
            level.Asked.Count == 0 ? 0 : level.Asked.Average(person => Deviation(_people, person)),
            Deviation(_types, level.Type),
            Deviation(_hours, Hour(local)),
            Deviation(_days, Day(local)),
            Math.Log(1 + Math.Max(0, (level.DueAt - level.OpenedAt).TotalHours)) - _usualHours,
            Math.Log(Math.Max(1, level.Asked.Count)),
        ];
    }

    /// <summary>A feature in words.</summary>
    public string Say(int feature, LevelObservation level)
    {
        var local = TimeZoneInfo.ConvertTime(level.OpenedAt, _zone);
        return feature switch
        {
            1 => level.Asked.Count == 1 ? Rate(_people, level.Asked[0], level.Asked[0]) : $"those {level.Asked.Count} who are asked: {Percent(level.Asked.Average(_people.RateOf))} late",
            2 => Rate(_types, level.Type, $"requests of the type {level.Type}"),
            3 => Rate(_hours, Hour(local), string.Create(CultureInfo.InvariantCulture, $"asked between {local.Hour / 3 * 3}:00 and {(local.Hour / 3 * 3) + 3}:00")),
            4 => Rate(_days, Day(local), $"asked on {DayNames[(int)local.DayOfWeek]}"),
            5 => string.Create(CultureInfo.InvariantCulture, $"{(level.DueAt - level.OpenedAt).TotalHours:0.#} hours to decide; usual are {Math.Exp(_usualHours) - 1:0.#}"),
            _ => level.Asked.Count == 1 ? "one is asked" : $"{level.Asked.Count} are asked",
        };
    }

    public static string Percent(double rate) => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(rate * 100)} %");

    private void Add(LevelObservation level)
    {
        var local = TimeZoneInfo.ConvertTime(level.OpenedAt, _zone);
        foreach (var person in level.Asked)
        {
            _people.Add(person, level.IsLate);
        }

        _types.Add(level.Type, level.IsLate);
        _hours.Add(Hour(local), level.IsLate);
        _days.Add(Day(local), level.IsLate);
        _times++;
        _late += level.IsLate ? 1 : 0;
    }

    private static double Deviation(ShrunkenRates rates, string group) => LogisticRegression.LogOdds(rates.RateOf(group)) - LogisticRegression.LogOdds(rates.Overall);

    private static string Rate(ShrunkenRates rates, string group, string name) => $"{name}: {rates.HitsOf(group)} of {rates.TimesOf(group)} late";

    // Three hours together: a tenant's history is too small for each alone.
    private static string Hour(DateTimeOffset local) => (local.Hour / 3).ToString(CultureInfo.InvariantCulture);

    private static string Day(DateTimeOffset local) => ((int)local.DayOfWeek).ToString(CultureInfo.InvariantCulture);
}
