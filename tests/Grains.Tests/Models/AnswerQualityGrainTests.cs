using Steward.Engines.Notifications;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Models;
using Steward.Models.Quality;
using Steward.People;

namespace Steward.Grains.Tests.Models;

/// <summary>What follows from judged answers, people's words and questions; and how a call is found among costs.</summary>
[Collection(TimedClusterGroup.Name)]
public sealed class AnswerQualityGrainTests(TimedCluster cluster)
{
    private readonly string _tenant = "t-qual" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task Scores_ThatFallAfterAPromptsChange_NameIt()
    {
        await RecordAsync("b-1", judged: Answers(0, 300, "agent@1", 0.9).Concat(Answers(300, 300, "agent@2", 0.3)));

        var regression = Assert.Single((await ReportAsync()).Features.Single().Regressions);
        Assert.Equal("prompt agent@1 → agent@2", regression.Change);
        Assert.Equal((0.9, 0.3), (Math.Round(regression.Before, 3), Math.Round(regression.After, 3)));
        Assert.True(regression.LeastFall > 0.2, $"{regression.LeastFall}");
    }

    [Fact]
    public async Task Scores_ThatStay_AreNoRegression()
    {
        await RecordAsync("b-1", judged: Answers(0, 300, "agent@1", 0.9).Concat(Answers(300, 300, "agent@2", 0.9)));

        Assert.Empty((await ReportAsync()).Features.Single().Regressions);
    }

    [Fact]
    public async Task Regression_AdminsAreToldOnce()
    {
        await KnowAdminAsync();
        await RecordAsync("b-1", judged: Answers(0, 300, "agent@1", 0.9).Concat(Answers(300, 300, "agent@2", 0.3)));
        await Conversing.UntilAsync(() => Task.FromResult(Told(NoticeKinds.ModelRegression).Count > 0));
        await RecordAsync("b-2", judged: Answers(600, 50, "agent@2", 0.3));
        await RecordAsync("b-3", judged: Answers(650, 50, "agent@2", 0.3));

        // A finding that is told now would be told before the next one.
        await RecordAsync("b-4", judged: Answers(700, 300, "agent@3", 0.0));
        await Conversing.UntilAsync(() => Task.FromResult(Told(NoticeKinds.ModelRegression).Count > 1));
        var told = Told(NoticeKinds.ModelRegression).Select(notice => NoticeData.Read<QualityNoticeData>(notice.Data)).ToList();
        Assert.Equal(["prompt agent@1 → agent@2", "prompt agent@2 → agent@3"], told.Select(data => data.Change));
        Assert.Equal(("chat", 0.9, 0.3), (told[0].Feature, Math.Round(told[0].Before!.Value, 3), Math.Round(told[0].After!.Value, 3)));
    }

    [Fact]
    public async Task Drift_AdminsAreToldOnceUntilItCanBeAnother()
    {
        await KnowAdminAsync();
        var today = DateOnly.FromDateTime(cluster.Time.GetUtcNow().UtcDateTime);
        await RecordAsync("b-1", questions: [Count(today.AddDays(-20), "intent:password", 900), Count(today.AddDays(-20), "intent:vpn", 100), Count(today, "intent:password", 400), Count(today, "intent:vpn", 600)]);
        await Conversing.UntilAsync(() => Task.FromResult(Told(NoticeKinds.ModelDrift).Count > 0));
        cluster.Time.Advance(TimeSpan.FromDays(1));
        await RecordAsync("b-2", questions: [Count(today.AddDays(1), "intent:vpn", 1)]);

        // Another thing that moves is told, and would be told after the first.
        await RecordAsync("b-3", questions: [Count(today.AddDays(-20), "length:5", 900), Count(today.AddDays(-20), "length:6", 100), Count(today, "length:5", 400), Count(today, "length:6", 600)]);
        await Conversing.UntilAsync(() => Task.FromResult(Told(NoticeKinds.ModelDrift).Count > 1));
        Assert.Equal(["intent", "length"], Told(NoticeKinds.ModelDrift).Select(notice => NoticeData.Read<QualityNoticeData>(notice.Data).Of));
    }

    [Fact]
    public async Task Finding_ThatCouldNotBeTold_IsToldWithALaterBatch()
    {
        await KnowAdminAsync();
        cluster.ToldNotices.IsDown = true;
        try
        {
            await RecordAsync("b-1", judged: Answers(0, 300, "agent@1", 0.9).Concat(Answers(300, 300, "agent@2", 0.3)));
            Assert.Empty(Told(NoticeKinds.ModelRegression));
        }
        finally
        {
            cluster.ToldNotices.IsDown = false;
        }

        var batch = 1;
        await Conversing.UntilAsync(async () =>
        {
            await RecordAsync($"b-{++batch}", judged: Answers(600 + batch, 1, "agent@2", 0.3));
            return Told(NoticeKinds.ModelRegression).Count > 0;
        });
    }

    [Fact]
    public async Task Labels_OfJudgedAnswers_CalibrateTheJudge()
    {
        // The judge calls 8 of 10 good ones good, and 9 of 10 bad ones bad; a run's label is that of its calls.
        await RecordAsync("b-1", judged: Enumerable.Range(0, 20).Select(i => Answer(i, "agent@1", 0.5) with { RunId = i == 0 ? "r-0" : null, IsGood = i < 8 || i == 19 }));
        System();
        foreach (var i in Enumerable.Range(0, 20))
        {
            await Grain.Label(new AnswerLabel { Target = i == 0 ? "r-0" : $"mc-{i}", IsGood = i < 10 });
            await Grain.Label(new AnswerLabel { Target = $"mc-unknown-{i}", IsGood = true });
        }

        var report = await ReportAsync();
        Assert.Equal((20, 0.8, 0.9), (report.Judge.Labelled, report.Judge.Sensitivity, report.Judge.Specificity));
        Assert.Equal(0.7, report.Judge.Kappa!.Value, 3);
        Assert.True(report.Judge.KappaError > 0);

        // 9 of 20 are called good; corrected (0.45 - 0.1) / (0.8 - 0.1) it is a half.
        var feature = report.Features.Single();
        Assert.Equal((0.45, 0.5), (feature.CalledGood, Math.Round(feature.Good!.Value, 6)));
        Assert.True(feature.GoodLow < 0.5 && feature.GoodHigh > 0.5);
    }

    [Fact]
    public async Task Questions_OfAnotherKindThisWeek_AreADrift()
    {
        var today = DateOnly.FromDateTime(cluster.Time.GetUtcNow().UtcDateTime);
        await RecordAsync("b-1", questions:
        [
            Count(today.AddDays(-20), "intent:password", 900), Count(today.AddDays(-20), "intent:vpn", 100), Count(today, "intent:password", 400), Count(today, "intent:vpn", 600),
            Count(today.AddDays(-20), "length:5", 500), Count(today.AddDays(-20), "length:6", 500), Count(today, "length:5", 502), Count(today, "length:6", 498),
        ]);

        var drifts = (await ReportAsync()).Features.Single().Drifts.ToDictionary(drift => drift.Of);
        Assert.True(drifts["intent"].IsShifted);
        Assert.False(drifts["length"].IsShifted);
        Assert.True(drifts["length"].Threshold > drifts["length"].Index);
    }

    [Fact]
    public async Task Record_SameBatchTwice_CountsOnceAndOnlyThePlatformMay()
    {
        await RecordAsync("b-1", judged: [Answer(1, "agent@1", 0.5)]);
        await RecordAsync("b-1", judged: [Answer(1, "agent@1", 0.5)]);

        Assert.Equal(1, (await ReportAsync()).Features.Single().Judged);
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Grain.Record(new AnswerQualityBatch { BatchId = "b-2" }))).Code);
        cluster.SignIn(_tenant, "u-eve");
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Grain.GetReport())).Code);
    }

    [Fact]
    public async Task Costs_OfManyBatches_AreFoundByTheCallsId()
    {
        System();
        var costs = cluster.Grains.GetGrain<IModelCostsGrain>(GrainKeys.ModelCosts(_tenant));
        var calls = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            var now = cluster.Time.GetUtcNow();
            calls.Add($"mc-{Guid.CreateVersion7(now):N}");
            System();
            await costs.Append(new ModelCostBatch
            {
                BatchId = $"b-{i}",
                Day = DateOnly.FromDateTime(now.UtcDateTime),
                Costs = [new ModelCost { CallId = calls[^1], At = now, UserId = "u-ada", Variants = ["a=b"], ConversationId = $"talk-{i}" }],
            });
            cluster.Time.Advance(TimeSpan.FromMinutes(20));
        }

        System();
        foreach (var i in new[] { 0, 1, 14, 28, 29 })
        {
            Assert.Equal($"talk-{i}", (await costs.Find(calls[i]))!.ConversationId);
        }

        Assert.Null(await costs.Find($"mc-{Guid.CreateVersion7(cluster.Time.GetUtcNow()):N}"));
        Assert.Null(await costs.Find("mc-" + new string('f', 32)));
        Assert.Null(await costs.Find("mc-0123456789abcdef"));
    }

    private List<Notice> Told(string kind) => [.. cluster.ToldNotices.Told.Where(notice => notice.TenantId == _tenant && notice.Kind == kind)];

    private async Task KnowAdminAsync()
    {
        System();
        await cluster.Grains.GetGrain<IKnownHoldersGrain>(GrainKeys.KnownHolders(_tenant, WellKnownRoles.Admin)).Saw(new CallerIdentity { TenantId = _tenant, UserId = "u-root", Roles = [WellKnownRoles.Admin], Email = "root@acme.example" }, holds: true);
    }

    private IAnswerQualityGrain Grain => cluster.Grains.GetGrain<IAnswerQualityGrain>(GrainKeys.AnswerQuality(_tenant));

    private static QuestionCount Count(DateOnly day, string kind, long count) => new() { Feature = "chat", Day = day, Kind = kind, Count = count };

    private IEnumerable<JudgedAnswer> Answers(int from, int count, string prompt, double score) => Enumerable.Range(from, count).Select(i => Answer(i, prompt, score));

    private JudgedAnswer Answer(int number, string prompt, double score) =>
        new() { CallId = $"mc-{number}", Feature = "chat", Model = "m", PromptVersion = prompt, At = cluster.Time.GetUtcNow().AddSeconds(number - 1_000), Score = score, IsGood = score >= 0.7 };

    private async Task RecordAsync(string id, IEnumerable<JudgedAnswer>? judged = null, IReadOnlyList<QuestionCount>? questions = null)
    {
        System();
        await Grain.Record(new AnswerQualityBatch { BatchId = id, Judged = [.. judged ?? []], Questions = questions ?? [] });
    }

    private async Task<AnswerQualityReport> ReportAsync()
    {
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        return await Grain.GetReport();
    }

    private void System() => cluster.SignIn(_tenant, PlatformIdentity.UserId, WellKnownRoles.System);
}
