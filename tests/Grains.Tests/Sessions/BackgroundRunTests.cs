using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Grains.Tests.Sessions;

[Collection(GrainClusterGroup.Name)]
public class BackgroundRunTests
{
    private static readonly RunRequestOptions InBackground = new() { Background = true };

    private readonly GrainCluster _cluster;

    public BackgroundRunTests(GrainCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", "u-ada");
    }

    [Fact]
    public async Task Background_BesideInteractive_NeitherWaitsForTheOther()
    {
        var session = await _cluster.OpenAsync();
        var background = await session.SayAsync("hold back-gate", options: InBackground);
        var interactive = await session.SayAsync("hold front-gate");
        var other = await session.SayAsync("say beside", options: InBackground);
        await _cluster.Run(other).WatchToEndAsync();

        var info = await session.GetInfo();
        _cluster.Model.Release("front-gate");
        await _cluster.Run(interactive).WatchToEndAsync();
        _cluster.Model.Release("back-gate");
        await _cluster.Run(background).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count == 3);

        Assert.Equal([SubmitOutcome.Started, SubmitOutcome.Started, SubmitOutcome.Started], new[] { background, interactive, other }.Select(result => result.Outcome));
        Assert.Equal(interactive.RunId, info!.ActiveRunId);
        Assert.Contains(background.RunId, info.DetachedRunIds);
        Assert.True((await _cluster.Run(background).GetStatus())!.Background);
    }

    [Fact]
    public async Task Background_UnderWay_LeavesTheSessionsJournalClosedAndTheRunsOpen()
    {
        var key = Conversing.NewSession();
        var session = await _cluster.OpenAsync(key);
        var background = await session.SayAsync("hold closed-gate", options: InBackground);
        var run = GrainKeys.Run("t-acme", background.RunId!);

        var (sessionHead, runHead) = (await _cluster.Journals.GetHeadAsync(key), await _cluster.Journals.GetHeadAsync(run));
        _cluster.Model.Release("closed-gate");
        await Conversing.UntilAsync(async () => await _cluster.Journals.GetHeadAsync(run) is { Open: false });

        Assert.Equal((false, true), (sessionHead!.Open, runHead!.Open));
        Assert.Single(await session.AnswersAsync());
        Assert.Equal(RunSettled.Type, (await _cluster.Journals.ReadTailAsync(run, 1))[0].Type);
    }

    [Fact]
    public async Task Background_TooMany_AnswersBusyAndKeepsNothing()
    {
        var session = await _cluster.OpenAsync();
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(SubmitOutcome.Started, (await session.SayAsync("hold many-gate", options: InBackground)).Outcome);
        }

        var refused = await session.SayAsync("hold many-gate", "too-many", options: InBackground);
        _cluster.Model.Release("many-gate");
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.DetachedRunIds.Count == 0);

        Assert.Equal((SubmitOutcome.Busy, null), (refused.Outcome, refused.RunId));
        Assert.Contains("8", refused.Reason!, StringComparison.Ordinal);
        Assert.Equal(SubmitOutcome.Started, (await session.SayAsync("say now", "too-many", options: InBackground)).Outcome);
    }

    [Fact]
    public async Task Background_SessionCannotBeToldAtOnce_IsToldLater()
    {
        var key = Conversing.NewSession();
        var session = await _cluster.OpenAsync(key);
        var background = await session.SayAsync("hold untold-gate", options: InBackground);

        _cluster.Faults.Lose(key, appends: 2);
        _cluster.Model.Release("untold-gate");
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count > 0);

        Assert.Equal(background.RunId, Assert.Single(await session.AnswersAsync()).RunId);
    }

    [Fact]
    public async Task Stop_OfABackgroundRun_EndsIt()
    {
        var session = await _cluster.OpenAsync();
        var background = await session.SayAsync("hold stopped-gate", options: InBackground);

        await _cluster.Run(background).Cancel(new CancelRun());
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count == 1);

        Assert.Equal(RunState.Cancelled, (await session.AnswersAsync())[0].RunState);
    }

    [Theory]
    [InlineData("strategy")]
    [InlineData("agent")]
    [InlineData("maxSteps")]
    [InlineData("maxCostUsd")]
    [InlineData("traceparent")]
    public async Task Options_ThatMakeNoSense_AreRefusedNamingTheField(string field)
    {
        var session = await _cluster.OpenAsync();
        var options = field switch
        {
            "strategy" => new RunRequestOptions { Strategy = "guess" },
            "agent" => new RunRequestOptions { Agent = "../etc" },
            "maxSteps" => new RunRequestOptions { MaxSteps = -1 },
            "maxCostUsd" => new RunRequestOptions { MaxCostUsd = -0.01m },
            _ => new RunRequestOptions { TraceParent = "not a trace" },
        };

        var error = await Assert.ThrowsAsync<StewardException>(() => session.SayAsync("say x", options: options));

        Assert.Equal((ErrorCodes.InvalidArgument, field), (error.Code, error.Field));
    }

    [Fact]
    public async Task OperationId_UsedForAnotherText_IsAConflict()
    {
        var session = await _cluster.OpenAsync();
        await session.SayAsync("say one", "same");

        var error = await Assert.ThrowsAsync<StewardException>(() => session.SayAsync("say two", "same"));

        Assert.Equal((ErrorCodes.Conflict, "operationId"), (error.Code, error.Field));
        Assert.Contains("another text", error.Message, StringComparison.Ordinal);
    }
}
