using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Storage;
using Steward.Tenants;

namespace Steward.Grains.Tests.Operations;

/// <summary>A silo whose tenants keep texts for ten days.</summary>
public sealed class RetentionTests(RetentionTests.ForgetfulCluster cluster) : IClassFixture<RetentionTests.ForgetfulCluster>
{
    [Fact]
    public async Task Watchdog_AfterTheRetention_LeavesReceiptsOnly()
    {
        const string Tenant = "t-forget";
        var (key, session, submitted, text) = await TalkAsync(Tenant);
        var runKey = GrainKeys.Run(Tenant, submitted.RunId!);
        cluster.SignIn(Tenant, "u-ada");
        await TickAsync(Tenant);
        var kept = (await session.ReadTranscript(0, 10)).Messages.Count;

        cluster.Time.Advance(TimeSpan.FromDays(11));
        await TickAsync(Tenant);
        await Conversing.UntilAsync(async () => (await cluster.Journals.ReadAsync(runKey, 0, 100)).Count == 1);

        cluster.SignIn(Tenant, "u-ada");
        var receipt = Assert.Single(await cluster.Journals.ReadAsync(runKey, 0, 100));
        var json = System.Text.Encoding.UTF8.GetString(receipt.Payload.Span);
        Assert.Equal(2, kept);
        Assert.Equal(RunRetired.Type, receipt.Type);
        Assert.DoesNotContain(text, json, StringComparison.Ordinal);
        Assert.Contains("\"desk.note\"", json, StringComparison.Ordinal);
        Assert.Empty((await session.ReadTranscript(0, 10)).Messages);
        Assert.All(await cluster.Journals.ReadAsync(key, 0, 100), entry => Assert.DoesNotContain(text, System.Text.Encoding.UTF8.GetString(entry.Payload.Span), StringComparison.Ordinal));
    }

    [Fact]
    public async Task OperationId_AfterTheRetention_StillAnswersItsRunAndDoesNothing()
    {
        const string Tenant = "t-forget2";
        var (_, session, submitted, text) = await TalkAsync(Tenant);
        cluster.Time.Advance(TimeSpan.FromDays(11));
        await TickAsync(Tenant);
        cluster.SignIn(Tenant, "u-ada");
        await Conversing.UntilAsync(async () => (await session.ReadTranscript(0, 10)).Messages.Count == 0);

        var repeated = await session.SayAsync("whatever it was", "once");
        var run = cluster.Run(submitted, Tenant);
        var status = await run.GetStatus();
        var events = await run.WatchToEndAsync();
        await cluster.Run(await session.SayAsync("say new"), Tenant).WatchToEndAsync();

        Assert.Equal((SubmitOutcome.Duplicate, submitted.RunId), (repeated.Outcome, repeated.RunId));
        Assert.Equal((RunState.Completed, ""), (status!.State, status.Answer));
        Assert.Equal([RunRetired.Type], events.Select(happened => happened.Type));
        Assert.Equal(1, cluster.Desk.Effects[text]);
        Assert.Equal("say new", (await session.ReadTranscript(0, 10)).Messages[0].Text);
    }

    [Fact]
    public async Task Waiting_AfterTheRetention_IsKept()
    {
        const string Tenant = "t-forget3";
        await ConfigureAsync(Tenant);
        cluster.SignIn(Tenant, "u-ada");
        var session = await cluster.OpenAsync(Conversing.NewSession(Tenant));
        var submitted = await session.SayAsync("hold kept-for-ever", options: new RunRequestOptions { Background = true });
        var run = cluster.Run(submitted, Tenant);

        cluster.Time.Advance(TimeSpan.FromDays(11));
        await TickAsync(Tenant);
        cluster.SignIn(Tenant, "u-ada");

        Assert.Equal(RunState.Running, (await run.GetStatus())!.State);
        Assert.Contains("run.requested", (await cluster.Journals.ReadAsync(GrainKeys.Run(Tenant, submitted.RunId!), 0, 10)).Select(entry => entry.Type));
        cluster.Model.Release("kept-for-ever");
    }

    [Fact]
    public async Task Retire_ByAPerson_IsForbidden()
    {
        const string Tenant = "t-forget4";
        var (_, session, submitted, _) = await TalkAsync(Tenant);
        cluster.SignIn(Tenant, "u-ada", WellKnownRoles.Admin);

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => session.Retire(DateTimeOffset.MaxValue))).Code);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => cluster.Run(submitted, Tenant).Retire(DateTimeOffset.MaxValue))).Code);
    }

    [Fact]
    public async Task Configure_RetentionOfNoDays_IsRefused()
    {
        cluster.SignIn("t-forget5", "u-root", WellKnownRoles.Admin);

        var error = await Assert.ThrowsAsync<StewardException>(() => cluster.Grains.GetGrain<ITenantGrain>("t-forget5").Configure(new TenantProfile { Name = "Nothing", RetentionDays = 0 }));

        Assert.Equal("retentionDays", error.Field);
    }

    private async Task<(string Key, ISessionGrain Session, SubmitResult Submitted, string Text)> TalkAsync(string tenant)
    {
        await ConfigureAsync(tenant);
        cluster.SignIn(tenant, "u-ada");
        var key = Conversing.NewSession(tenant);
        var session = await cluster.OpenAsync(key);
        var text = Guid.NewGuid().ToString("n");
        var submitted = await session.SayAsync($$"""do desk_note {"text":"{{text}}"} ; say noted""", "once");
        await cluster.Run(submitted, tenant).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);
        return (key, session, submitted, text);
    }

    private async Task ConfigureAsync(string tenant)
    {
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await cluster.Grains.GetGrain<ITenantGrain>(tenant).Configure(new TenantProfile { Name = "Forgetful", RetentionDays = 10 });
    }

    private Task TickAsync(string tenant) => cluster.Grains.GetGrain<ITenantGrain>(tenant).AsReference<IRemindable>().ReceiveReminder("watchdog", default);

    /// <summary>A silo whose time the tests move on by days.</summary>
    public sealed class ForgetfulCluster : GrainCluster;
}
