using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;

namespace Steward.Grains.Tests.Runs;

[Collection(GrainClusterGroup.Name)]
public class DeadLetterTests
{
    private readonly GrainCluster _cluster;

    public DeadLetterTests(GrainCluster cluster) => _cluster = cluster;

    private static string Tenant { get; } = "t-dead" + Guid.NewGuid().ToString("n")[..8];

    private IDeadLettersGrain Letters => _cluster.Grains.GetGrain<IDeadLettersGrain>(GrainKeys.DeadLetters(Tenant));

    [Fact]
    public async Task TechnicalFailure_StandsOnTheListAndSaysSo()
    {
        var (run, runId, _, _) = await FailAsync("listed");

        SignInAsAdmin();
        var letter = (await Letters.Find(runId))!;
        var events = await run.GetStatus();
        var head = await _cluster.Journals.GetHeadAsync(GrainKeys.Run(Tenant, runId));

        Assert.Equal((1, "u-ada", "internal"), (letter.Attempt, letter.UserId, letter.Code));
        Assert.Contains((await Letters.List(0, 200)).Letters, listed => listed.RunId == runId);
        Assert.Equal((RunState.Failed, true, ""), (events!.State, events.IsTechnical, events.Answer));
        Assert.False(head!.Open);
    }

    [Fact]
    public async Task Replay_CauseIsGone_GoesOnFromTheFailedStepAndDoesNothingTwice()
    {
        var (run, runId, text, session) = await FailAsync("replayed");
        _cluster.Model.Release("replayed");

        SignInAsAdmin();
        var status = await run.Replay(new ReplayRun { Attempt = 1 });
        _cluster.SignIn(Tenant, "u-ada");
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count == 2);
        await Conversing.UntilAsync(async () => await _cluster.Journals.GetHeadAsync(GrainKeys.Run(Tenant, runId)) is { Open: false });

        Assert.Equal(2, status!.Attempt);
        var done = await run.GetStatus();
        Assert.Equal((RunState.Completed, 2, false), (done!.State, done.Attempt, done.IsTechnical));
        Assert.Equal(1, _cluster.Desk.Effects[text]);
        Assert.Equal([RunState.Failed, RunState.Completed], (await session.AnswersAsync()).Select(answer => answer.RunState!.Value));
        SignInAsAdmin();
        Assert.Null(await Letters.Find(runId));
    }

    [Fact]
    public async Task Replay_FailsAgain_IsOnTheListWithItsNextAttempt()
    {
        var (run, runId, text, _) = await FailAsync("again");

        SignInAsAdmin();
        await run.Replay(new ReplayRun());
        await Conversing.UntilAsync(async () => (await Letters.Find(runId))?.Attempt == 2);

        Assert.Equal(1, _cluster.Desk.Effects[text]);
        Assert.Equal((RunState.Failed, 2), ((await run.GetStatus())!.State, (await run.GetStatus())!.Attempt));
    }

    [Fact]
    public async Task Replay_TwiceOrClosedOrByOthers_IsRefused()
    {
        var (run, runId, _, _) = await FailAsync("closed");
        var byOwner = await Assert.ThrowsAsync<StewardException>(() => run.Replay(new ReplayRun()));
        _cluster.SignIn(Tenant, "u-eve");
        var byStranger = await run.Replay(new ReplayRun());

        SignInAsAdmin();
        var stale = await Assert.ThrowsAsync<StewardException>(() => run.Replay(new ReplayRun { Attempt = 7 }));
        await run.CloseDeadLetter(new CloseDeadLetter { Comment = "known" });
        await run.CloseDeadLetter(new CloseDeadLetter { Comment = "known" });
        var closed = await Assert.ThrowsAsync<StewardException>(() => run.Replay(new ReplayRun()));

        Assert.Equal(ErrorCodes.Forbidden, byOwner.Code);
        Assert.Null(byStranger);
        Assert.Equal((ErrorCodes.Conflict, "attempt"), (stale.Code, stale.Field));
        Assert.Equal(ErrorCodes.Conflict, closed.Code);
        Assert.Null(await Letters.Find(runId));
    }

    [Fact]
    public async Task List_ThatCannotBeWrittenAtOnce_GetsItLater()
    {
        _cluster.Faults.Lose(GrainKeys.DeadLetters(Tenant), appends: 2);

        var (_, runId, _, _) = await FailAsync("late");

        SignInAsAdmin();
        Assert.NotNull(await Letters.Find(runId));
    }

    [Fact]
    public async Task List_ByAnEmployee_IsForbidden()
    {
        _cluster.SignIn(Tenant, "u-ada");

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Letters.List(0, 10))).Code);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Letters.Find("r-1"))).Code);
    }

    [Fact]
    public async Task UserError_StandsOnNoList()
    {
        _cluster.SignIn(Tenant, "u-ada");
        var session = await _cluster.OpenAsync(Conversing.NewSession(Tenant));
        var submitted = await session.SayAsync("do no_such_tool {} ; say sorry");
        await _cluster.Run(submitted, Tenant).WatchToEndAsync();

        SignInAsAdmin();

        Assert.Null(await Letters.Find(submitted.RunId!));
    }

    private void SignInAsAdmin() => _cluster.SignIn(Tenant, "u-root", WellKnownRoles.Admin);

    /// <summary>A run that has done something and then fails until the test releases the gate.</summary>
    private Task<(IRunGrain Run, string RunId, string Text, Steward.Sessions.ISessionGrain Session)> FailAsync(string gate)
    {
        // Not asynchronous itself: an identity does not flow out of what is.
        _cluster.SignIn(Tenant, "u-ada");
        return FailSignedInAsync(gate);
    }

    private async Task<(IRunGrain Run, string RunId, string Text, Steward.Sessions.ISessionGrain Session)> FailSignedInAsync(string gate)
    {
        var session = await _cluster.OpenAsync(Conversing.NewSession(Tenant));
        var text = Guid.NewGuid().ToString("n");
        var submitted = await session.SayAsync($$"""do desk_note {"text":"{{text}}"} ; broken {{gate}}""");
        await Conversing.UntilAsync(async () => await _cluster.Journals.GetHeadAsync(GrainKeys.Run(Tenant, submitted.RunId!)) is { Open: false, Sequence: > 3 });
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count > 0);
        return (_cluster.Run(submitted, Tenant), submitted.RunId!, text, session);
    }
}
