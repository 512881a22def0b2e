using Steward.Engines.Approvals.Learning;

namespace Steward.Engines.Approvals.Tests.Learning;

public sealed class ForecastModelTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void TryTrain_KnownTruth_RecoversTheProbabilities()
    {
        Assert.True(ForecastModel.TryTrain(History(4000, 1, Truth), TimeZoneInfo.Utc, out var model, out _));

        Assert.True(model.Quality.IsUseful);
        Assert.True(model.Quality.Brier < 0.9 * model.Quality.BaseBrier, $"{model.Quality.Brier} against {model.Quality.BaseBrier}");
        foreach (var level in History(60, 2, Truth))
        {
            Assert.InRange(model.Predict(level), Truth(level) - 0.12, Truth(level) + 0.12);
        }
    }

    [Fact]
    public void TryTrain_KnownTruth_IsCalibrated()
    {
        Assert.True(ForecastModel.TryTrain(History(4000, 3, Truth), TimeZoneInfo.Utc, out var model, out _));

        Assert.True(model.Quality.Reliability.Count >= 2);
        Assert.All(model.Quality.Reliability.Where(bin => bin.Count >= 50), bin => Assert.InRange(bin.Observed, bin.Predicted - 0.1, bin.Predicted + 0.1));
        Assert.Equal(model.Quality.HeldOut, model.Quality.Reliability.Sum(bin => bin.Count));
    }

    /// <summary>Where there is nothing to learn it says so: of many histories of pure chance no more look useful than a test at 5 % lets through.</summary>
    [Fact]
    public void TryTrain_PureChance_IsSeldomCalledUseful()
    {
        var useful = Enumerable.Range(0, 60).Count(seed =>
        {
            Assert.True(ForecastModel.TryTrain(History(400, 100 + seed, _ => 0.3), TimeZoneInfo.Utc, out var model, out _));
            return model.Quality.IsUseful;
        });

        Assert.InRange(useful, 0, 6);
    }

    [Theory]
    [InlineData(59, 0.5)]
    [InlineData(200, 0)]
    [InlineData(200, 1)]
    public void TryTrain_TooLittleHistory_SaysSo(int count, double late)
    {
        Assert.False(ForecastModel.TryTrain(History(count, 5, _ => late), TimeZoneInfo.Utc, out var model, out var refusal));

        Assert.Null(model);
        Assert.StartsWith("Not enough history yet", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void TryTrain_Twice_IsTheSame()
    {
        var history = History(500, 6, Truth);
        Assert.True(ForecastModel.TryTrain(history, TimeZoneInfo.Utc, out var one, out _));
        Assert.True(ForecastModel.TryTrain(history.AsEnumerable().Reverse(), TimeZoneInfo.Utc, out var other, out _));

        Assert.Equal(one.Predict(history[7]), other.Predict(history[7]));
    }

    [Fact]
    public void Predict_NeverSeen_IsNearTheUsual()
    {
        Assert.True(ForecastModel.TryTrain(History(2000, 7, _ => 0.3), TimeZoneInfo.Utc, out var model, out _));

        Assert.InRange(model.Predict(History(1, 8, _ => 0)[0] with { Type = "never", Asked = ["new@acme.example"] }), 0.2, 0.4);
    }

    [Fact]
    public void Forecast_OpenLevel_RisesWithTimeAndGivesReasons()
    {
        Assert.True(ForecastModel.TryTrain(History(4000, 9, Truth), TimeZoneInfo.Utc, out var model, out _));
        var state = States.Open("slow@acme.example", "okta", Start, TimeSpan.FromHours(24));

        var early = model.Forecast(state, Start)!;
        var late = model.Forecast(state, Start.AddHours(20))!;

        Assert.True(early.BreachProbability > 0.5);
        Assert.True(late.BreachProbability > early.BreachProbability);
        Assert.Contains(early.Reasons, reason => reason.StartsWith("More likely: slow@acme.example: ", StringComparison.Ordinal));
        Assert.Contains(late.Reasons, reason => reason.Contains("of the time is over", StringComparison.Ordinal));
        Assert.Equal("slow@acme.example", early.LikelyApprover);
        Assert.Null(model.Forecast(state with { Levels = [] }, Start));
    }

    [Fact]
    public void Forecast_SeveralAsked_NamesWhoUsuallyDecides()
    {
        var random = new Random(11);
        var history = History(1000, 10, Truth).Select(level => level with
        {
            Asked = ["ann@acme.example", "bob@acme.example", "cat@acme.example"],
            DecidedBy = level.DecidedAt is null ? null : random.NextDouble() < 0.8 ? "bob@acme.example" : "cat@acme.example",
        });
        Assert.True(ForecastModel.TryTrain(history, TimeZoneInfo.Utc, out var model, out _));

        Assert.InRange(model.Quality.ApproverHits!.Value, 0.7, 0.9);
        Assert.Equal(1 / 3d, model.Quality.ApproverChance!.Value, 6);
        Assert.Equal("bob@acme.example", model.Forecast(States.Open("ann@acme.example,bob@acme.example", "okta", Start, TimeSpan.FromHours(8)), Start)!.LikelyApprover);
    }

    [Fact]
    public void Forecast_PureChance_SaysNothingOfTheTime()
    {
        var seed = Enumerable.Range(200, 20).First(seed => ForecastModel.TryTrain(History(400, seed, _ => 0.3), TimeZoneInfo.Utc, out var tried, out _) && !tried.Quality.IsUseful);
        Assert.True(ForecastModel.TryTrain(History(400, seed, _ => 0.3), TimeZoneInfo.Utc, out var model, out _));

        Assert.Null(model.Forecast(States.Open("slow@acme.example", "okta", Start, TimeSpan.FromHours(24)), Start)!.BreachProbability);
    }

    // One slow approver, one slow type, and Fridays.
    private static double Truth(LevelObservation level) => LogisticRegression.Sigmoid(
        -1.5 + (level.Asked[0].StartsWith("slow", StringComparison.Ordinal) ? 2.2 : 0) + (level.Type == "legal" ? 1.2 : 0) + (level.OpenedAt.DayOfWeek == DayOfWeek.Friday ? 0.8 : 0));

    private static List<LevelObservation> History(int count, int seed, Func<LevelObservation, double> truth)
    {
        var random = new Random(seed);
        string[] people = ["slow@acme.example", "ann@acme.example", "bob@acme.example", "cat@acme.example"];
        string[] types = ["okta", "legal", "pay"];
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var opened = Start.AddHours(i * 3 % 8760).AddMinutes(random.Next(180));
            var level = new LevelObservation { Type = types[random.Next(3)], Asked = [people[random.Next(4)]], OpenedAt = opened, DueAt = opened.AddHours(8 << random.Next(3)) };
            var took = random.NextDouble();
            return random.NextDouble() < truth(level) ? level : level with { DecidedAt = opened + (took * took * (level.DueAt - opened)), DecidedBy = level.Asked[0] };
        })];
    }
}
