using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Grains.Tests.Runs;

[Collection(GrainClusterGroup.Name)]
public class WaitingRunTests
{
    private readonly GrainCluster _cluster;

    public WaitingRunTests(GrainCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", "u-ada");
    }

    [Fact]
    public async Task Waiting_ForAnApproval_LetsTheSessionGoOn()
    {
        var session = await _cluster.OpenAsync();
        var (run, text, _) = await _cluster.AskAsync(session);

        var info = await session.GetInfo();
        var interim = Assert.Single((await session.ReadTranscript(0, 10)).Messages, message => message.Role == "assistant");
        var second = await session.SayAsync("say meanwhile");
        await _cluster.Run(second).WatchToEndAsync();

        Assert.Null(info!.ActiveRunId);
        Assert.Equal([(await run.GetStatus())!.RunId], info.DetachedRunIds);
        Assert.True(interim.IsInterim);
        Assert.NotEmpty(interim.Text);
        Assert.Equal(SubmitOutcome.Started, second.Outcome);
        Assert.Equal(RunState.Waiting, (await run.GetStatus())!.State);
        Assert.False(_cluster.Desk.Effects.ContainsKey(text));
    }

    [Fact]
    public async Task Waiting_Journal_IsClosedAndItsApprovalHasAWakeTimeUntilItGoesOn()
    {
        var session = await _cluster.OpenAsync();
        var (run, _, decision) = await _cluster.AskAsync(session);
        var key = GrainKeys.Run("t-acme", (await run.GetStatus())!.RunId);

        var approval = GrainKeys.Approval("t-acme", decision.ApprovalId!);

        await Conversing.UntilAsync(async () => await _cluster.Journals.GetHeadAsync(key) is { Open: false, WakeAt: null });
        await Conversing.UntilAsync(async () => (await _cluster.Journals.GetHeadAsync(approval))?.WakeAt == decision.ExpiresAt!.Value.ToMilliseconds());
        _cluster.SignIn("t-acme", "u-boss", "approver");
        await run.Decide(Deciding(decision, "approve"));
        await Conversing.UntilAsync(async () => (await run.GetStatus())!.HasEnded && await _cluster.Journals.GetHeadAsync(key) is { Open: false, WakeAt: null });
        await Conversing.UntilAsync(async () => await _cluster.Journals.GetHeadAsync(approval) is { WakeAt: null });
    }

    [Fact]
    public async Task Decide_Approved_DoesItOnceAndJoinsTheConversation()
    {
        var session = await _cluster.OpenAsync();
        var (run, text, decision) = await _cluster.AskAsync(session);

        _cluster.SignIn("t-acme", "u-boss", "approver");
        var seen = await run.Decide(Deciding(decision, "approve"));
        _cluster.SignIn("t-acme", "u-ada");
        await run.WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.ReadTranscript(0, 10)).Messages.Any(message => message is { Role: "assistant", IsInterim: false }));

        Assert.Equal("", seen!.Answer);
        Assert.Equal(RunState.Completed, (await run.GetStatus())!.State);
        Assert.Equal(1, _cluster.Desk.Effects[text]);
        Assert.Empty((await session.GetInfo())!.DetachedRunIds);
        var made = Assert.Single(await run.GetDecisions());
        Assert.Equal(("approve", "u-boss", false), (made.Decision, made.By, made.IsOpen));
    }

    [Fact]
    public async Task Decide_ByTwoAtOnce_CountsOneOfThem()
    {
        var session = await _cluster.OpenAsync();
        var (run, text, decision) = await _cluster.AskAsync(session);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            _cluster.SignIn("t-acme", $"u-boss{i}", "approver");
            var error = await Record.ExceptionAsync(() => run.Decide(Deciding(decision, i % 2 == 0 ? "approve" : "reject")));
            return (error as StewardException)?.Code ?? error?.ToString();
        })));
        var events = await run.WatchToEndAsync();

        Assert.Single(answers, answer => answer is null);
        Assert.Equal(7, answers.Count(answer => answer == ErrorCodes.Conflict));
        Assert.Single(events, happened => happened.Type == "decision.made");
        Assert.InRange(_cluster.Desk.Effects.GetValueOrDefault(text), 0, 1);
    }

    [Fact]
    public async Task Decide_TheSameAgain_ChangesNothing()
    {
        var session = await _cluster.OpenAsync();
        var (run, text, decision) = await _cluster.AskAsync(session);
        _cluster.SignIn("t-acme", "u-boss", "approver");

        await run.Decide(Deciding(decision, "approve"));
        var again = await run.Decide(Deciding(decision, "approve"));
        _cluster.SignIn("t-acme", "u-ada");
        var events = await run.WatchToEndAsync();

        Assert.NotNull(again);
        Assert.Single(events, happened => happened.Type == "decision.made");
        Assert.Equal(1, _cluster.Desk.Effects[text]);
    }

    [Theory]
    [InlineData("0000", "approve", ErrorCodes.Conflict, "subjectHash")]
    [InlineData(null, "perhaps", ErrorCodes.InvalidArgument, "decision")]
    public async Task Decide_AboutSomethingElse_IsRefusedNamingTheField(string? hash, string decided, string code, string field)
    {
        var session = await _cluster.OpenAsync();
        var (run, text, decision) = await _cluster.AskAsync(session);
        _cluster.SignIn("t-acme", "u-boss", "approver");

        var error = await Assert.ThrowsAsync<StewardException>(() => run.Decide(Deciding(decision, decided) with { SubjectHash = hash ?? decision.SubjectHash }));

        Assert.Equal((code, field), (error.Code, error.Field));
        Assert.False(_cluster.Desk.Effects.ContainsKey(text));
    }

    [Fact]
    public async Task Decide_ByWhoeverAsked_IsForbiddenWhateverTheirRoles()
    {
        var session = await _cluster.OpenAsync();
        var (run, text, decision) = await _cluster.AskAsync(session);
        _cluster.SignIn("t-acme", "u-ada", "approver", WellKnownRoles.Admin);

        var error = await Assert.ThrowsAsync<StewardException>(() => run.Decide(Deciding(decision, "approve")));

        Assert.Equal(ErrorCodes.Forbidden, error.Code);
        Assert.False(_cluster.Desk.Effects.ContainsKey(text));
    }

    [Fact]
    public async Task Decide_ByAStranger_LooksAsIfThereWereNothing()
    {
        var session = await _cluster.OpenAsync();
        var (run, _, decision) = await _cluster.AskAsync(session);
        _cluster.SignIn("t-acme", "u-eve", "helpdesk");

        Assert.Null(await run.Decide(Deciding(decision, "approve")));
        Assert.Null(await run.GetStatus());
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => run.GetDecisions())).Code);
    }

    [Fact]
    public async Task Cancel_WhileWaiting_EndsItAndJoinsTheConversation()
    {
        var session = await _cluster.OpenAsync();
        var (run, text, decision) = await _cluster.AskAsync(session);

        await run.Cancel(new CancelRun());
        await run.WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.DetachedRunIds.Count == 0);
        _cluster.SignIn("t-acme", "u-boss", "approver");
        var late = await Assert.ThrowsAsync<StewardException>(() => run.Decide(Deciding(decision, "approve")));

        Assert.Equal(ErrorCodes.Conflict, late.Code);
        _cluster.SignIn("t-acme", "u-ada");
        Assert.Equal(RunState.Cancelled, (await run.GetStatus())!.State);
        Assert.False(_cluster.Desk.Effects.ContainsKey(text));
    }

    [Fact]
    public async Task DeadlinePassed_WithLeaveToGoOn_FreesTheSessionAndAnswersLater()
    {
        var session = await _cluster.OpenAsync();
        var submitted = await session.Submit(new SubmitMessage
        {
            Text = "hold deadline-gate",
            OperationId = "deadline",
            Deadline = DateTimeOffset.UtcNow.AddMilliseconds(300),
            Options = new RunRequestOptions { ContinueAfterDeadline = true },
        });
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.DetachedRunIds.Contains(submitted.RunId!));
        var interim = (await session.ReadTranscript(0, 10)).Messages[^1];
        await _cluster.Run(await session.SayAsync("say meanwhile")).WatchToEndAsync();

        _cluster.Model.Release("deadline-gate");
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count == 2);

        Assert.True(interim.IsInterim);
        Assert.Equal(RunState.Running, interim.RunState);
        Assert.Equal(RunState.Completed, (await _cluster.Run(submitted).GetStatus())!.State);
        Assert.True((await _cluster.Run(submitted).GetStatus())!.Background);
    }

    internal static MakeDecision Deciding(PendingDecision decision, string what) =>
        new() { RequestId = decision.RequestId, Decision = what, SubjectHash = decision.SubjectHash, Channel = "test" };
}
