using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Operations;
using Steward.People;
using Steward.Runs;
using Steward.Schedules;
using Steward.Sessions;
using Steward.Storage;

namespace Steward.Grains.Tests.Schedules;

[Collection(TimedClusterGroup.Name)]
public class ScheduleGrainTests
{
    private readonly TimedCluster _cluster;

    public ScheduleGrainTests(TimedCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", "u-ada", "employee");
    }

    [Fact]
    public async Task Timer_AtTheMinute_StartsOneRunAsTheOwnerWithTheRolesOfThen()
    {
        var minute = _cluster.MoveCloseToMinute(TimeSpan.FromSeconds(1));
        var schedule = New();
        var info = await schedule.Create(Spec("say good morning"));

        Assert.Equal(minute, info.NextAt);
        var fire = Assert.Single(await UntilFiredAsync(schedule));

        Assert.Equal((minute, ScheduleOutcome.Started, false), (fire.At, fire.Outcome, fire.Manual));
        var run = _cluster.Grains.GetGrain<IRunGrain>(GrainKeys.Run("t-acme", fire.RunId!));
        var events = await run.WatchToEndAsync();
        Assert.Equal(RunState.Completed, (await run.GetStatus())!.State);
        var requester = JsonDocument.Parse(events.Single(happened => happened.Type == "run.requested").Data).RootElement.GetProperty("input").GetProperty("requester");
        Assert.Equal("u-ada", requester.GetProperty("userId").GetString());
        Assert.Equal(["employee"], requester.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        var transcript = await Session(info).ReadTranscript(0, 10);
        Assert.Equal("say good morning", transcript.Messages[0].Text);
    }

    [Theory]
    [InlineData(ScheduleCatchUp.None, 0)]
    [InlineData(ScheduleCatchUp.Last, 1)]
    [InlineData(ScheduleCatchUp.All, 3)]
    public async Task Watchdog_AfterDowntime_FollowsThePolicy(ScheduleCatchUp policy, int runs)
    {
        var now = _cluster.Time.GetUtcNow();
        var lastMinute = new DateTimeOffset(now.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero);

        // Hourly, ten minutes ago for the last time, so that it counts as missed.
        var last = lastMinute.AddMinutes(-10);
        var schedule = await LeaveBehindAsync(Spec("say late", $"{last.Minute} * * * *") with { CatchUp = policy }, last.AddHours(-2).AddMinutes(-5));

        _cluster.SignIn("t-left", "u-ada");
        IReadOnlyList<ScheduleFire> fires = [];
        await Conversing.UntilAsync(async () =>
        {
            // Times that are made up for wait for each other; the watchdog spares the test the pause in between.
            await _cluster.WatchdogAsync("t-left");
            return (fires = (await schedule.GetInfo())!.Fires).Count >= (runs < 3 ? runs + 1 : 3);
        });

        Assert.Equal(runs, fires.Count(fire => fire.Outcome == ScheduleOutcome.Started));
        Assert.Equal(Enumerable.Range(0, runs).Select(back => last.AddHours(-back)), fires.Where(fire => fire.RunId is not null).Select(fire => fire.At));
        Assert.Equal(runs < 3, fires.Any(fire => fire.Outcome == ScheduleOutcome.Missed));

        _cluster.SignInAsPlatform("t-left");
        await schedule.Resume();
        _cluster.SignIn("t-left", "u-ada");
        Assert.Equal(fires.Count, (await schedule.GetInfo())!.Fires.Count);
        await schedule.Delete();
    }

    [Fact]
    public async Task Fire_SiloLostBetweenTheRunAndTheRecord_StartsNoSecondRun()
    {
        var now = _cluster.Time.GetUtcNow();
        var due = new DateTimeOffset(now.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero);
        var schedule = await LeaveBehindAsync(Spec("say once", $"{due.Minute} {due.Hour} * * *"), due.AddMinutes(-1));
        _cluster.SignIn("t-left", "u-ada");
        var session = _cluster.Grains.GetGrain<ISessionGrain>(GrainKeys.Session("t-left", "u-ada", "s-cron-" + GrainKeys.LastPart(schedule.GetPrimaryKeyString())[2..]));
        await session.Open(new OpenSession());
        var lost = await session.Submit(new SubmitMessage { Text = "say once", OperationId = $"cron:{due:yyyyMMdd'T'HHmm'Z'}", Options = new RunRequestOptions { Background = true } });

        await _cluster.WatchdogAsync("t-left");
        _cluster.SignIn("t-left", "u-ada");
        var fire = Assert.Single(await UntilFiredAsync(schedule));

        Assert.Equal((due, lost.RunId), (fire.At, fire.RunId));
        Assert.Single((await session.ReadTranscript(0, 50)).Messages, message => message.Role == "user");
        await schedule.Delete();
    }

    [Fact]
    public async Task Fire_RecordCannotBeWritten_IsTriedAgainAndStartsNoSecondRun()
    {
        var schedule = New();
        var info = await schedule.Create(Spec("say twice?"));
        _cluster.Time.Advance(TimeSpan.FromMinutes(1));
        _cluster.Faults.Break(schedule.GetPrimaryKeyString(), appends: 1, reads: 0);

        for (var i = 0; i < 3; i++)
        {
            await _cluster.WatchdogAsync("t-acme");
            await Task.Delay(50);
        }

        _cluster.SignIn("t-acme", "u-ada");
        var fires = await UntilFiredAsync(schedule);

        Assert.Single(fires, fire => fire.At == info.NextAt);
        Assert.Equal(fires.Count, (await Session(info).ReadTranscript(0, 50)).Messages.Count(message => message.Role == "user"));
        await schedule.Delete();
    }

    [Theory]
    [InlineData(ScheduleOverlap.Skip)]
    [InlineData(ScheduleOverlap.Allow)]
    public async Task Fire_RunBeforeStillAtWork_FollowsThePolicy(ScheduleOverlap policy)
    {
        var gate = "overlap-" + policy;
        var schedule = New();
        await schedule.Create(Spec("hold " + gate) with { Overlap = policy });
        await NextMinuteAsync(schedule);
        await UntilFiredAsync(schedule);
        await NextMinuteAsync(schedule);
        var second = (await UntilFiredAsync(schedule, 2))[0];
        _cluster.Model.Release(gate);

        Assert.Equal(policy == ScheduleOverlap.Skip ? ScheduleOutcome.Skipped : ScheduleOutcome.Started, second.Outcome);
        Assert.Equal(policy == ScheduleOverlap.Skip, second.RunId is null);
        await schedule.Delete();
    }

    [Fact]
    public async Task Fire_ManyTimes_KeepsTheJournalShortAndTheWakeTime()
    {
        var at = _cluster.Time.GetUtcNow();
        var schedule = New();
        using (var journal = new FoldedJournal<ScheduleState>(_cluster.Journals, schedule.GetPrimaryKeyString(), ScheduleJson.Default.ScheduleState, _cluster.Time, static () => { }))
        {
            var created = new ScheduleCreated { Spec = Spec("say x", "0 3 1 1 *"), Owner = new CallerIdentity { TenantId = "t-acme", UserId = "u-ada" }, At = at };
            await journal.AppendAsync(ScheduleRecordTypes.Created, created, ScheduleJson.Default.ScheduleCreated, () => new JournalWake(at.AddYears(1)));
            for (var i = 0; i < 450; i++)
            {
                var fire = new ScheduleFire { At = at.AddMinutes(i - 500), Outcome = ScheduleOutcome.Skipped };
                await journal.AppendAsync(ScheduleRecordTypes.Fired, fire, ScheduleJson.Default.ScheduleFire, static () => null);
            }
        }

        await schedule.RunNow("by-hand");
        var key = schedule.GetPrimaryKeyString();

        Assert.InRange((await _cluster.Journals.ReadAsync(key, 0, 1000)).Count, 1, 10);
        Assert.NotNull((await _cluster.Journals.GetHeadAsync(key))!.WakeAt);
        Assert.Contains((await schedule.GetInfo())!.Fires, fire => fire.Manual && fire.Outcome == ScheduleOutcome.Started);
        await schedule.Delete();
    }

    [Fact]
    public async Task Fire_CatchesUpWhileTheRunBeforeWaits_AsksOnceAndIsToldOfItsEnd()
    {
        var now = _cluster.Time.GetUtcNow();
        var last = new DateTimeOffset(now.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero).AddMinutes(-10);
        var gate = "catch-up-" + Guid.NewGuid().ToString("n");
        var schedule = await LeaveBehindAsync(Spec("hold " + gate, $"{last.Minute} * * * *") with { CatchUp = ScheduleCatchUp.All }, last.AddHours(-1).AddMinutes(-5));
        var key = schedule.GetPrimaryKeyString();
        await _cluster.WatchdogAsync("t-left");
        await Conversing.UntilAsync(async () => (await _cluster.Journals.ReadAsync(key, 0, 100)).Any(entry => entry.Type == ScheduleRecordTypes.Waits));

        // It sleeps until the line's next time, however often it is activated and woken.
        Assert.Equal(last.AddHours(1).AddMinutes(-2), (await _cluster.Journals.GetHeadAsync(key))!.WakeAt);
        _cluster.SignInAsPlatform("t-left");
        await schedule.Resume();
        await schedule.Resume();
        _cluster.SignIn("t-left", "u-ada");
        Assert.Single((await schedule.GetInfo())!.Fires);

        _cluster.Model.Release(gate);
        var fires = await UntilFiredAsync(schedule, 2);

        Assert.Equal([last, last.AddHours(-1)], fires.Select(fire => fire.At));
        Assert.All(fires, fire => Assert.Equal(ScheduleOutcome.Started, fire.Outcome));
        Assert.Equal(2, (await _cluster.Journals.ReadAsync(key, 0, 100)).Count(entry => entry.Type == ScheduleRecordTypes.Waits));
        await schedule.Delete();
    }

    [Fact]
    public async Task Pause_NothingFires_AndWhatWasMissedIsNotMadeUpFor()
    {
        var schedule = New();
        await schedule.Create(Spec("say nothing") with { CatchUp = ScheduleCatchUp.All });
        var paused = await schedule.SetPaused(true);
        _cluster.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.Null((await _cluster.Journals.GetHeadAsync(schedule.GetPrimaryKeyString()))!.WakeAt);

        var resumed = await schedule.SetPaused(false);

        Assert.True(paused.Paused);
        Assert.Null(paused.NextAt);
        Assert.Empty(resumed.Fires);
        Assert.True(resumed.NextAt > _cluster.Time.GetUtcNow());
        Assert.Equal(resumed.NextAt - TimeSpan.FromMinutes(2), (await _cluster.Journals.GetHeadAsync(schedule.GetPrimaryKeyString()))!.WakeAt);
        await schedule.Delete();
    }

    [Fact]
    public async Task RunNow_SameOperation_FiresOnceAlsoWhilePaused()
    {
        var schedule = New();
        var info = await schedule.Create(Spec("say now"));
        await schedule.SetPaused(true);

        var first = await schedule.RunNow("by-hand");
        var again = await schedule.RunNow("by-hand");

        Assert.True(first.Manual);
        Assert.Equal(first, again);
        Assert.Single((await Session(info).ReadTranscript(0, 50)).Messages, message => message.Role == "user");
        Assert.Single((await schedule.GetInfo())!.Fires);
        Assert.Equal("operationId", (await Assert.ThrowsAsync<StewardException>(() => schedule.RunNow("a b"))).Field);
    }

    [Fact]
    public async Task Delete_LeavesNoTextAndNoWakeTimeAndTheIdUsed()
    {
        var schedule = New();
        await schedule.Create(Spec("say something confidential"));
        await schedule.Delete();
        await schedule.Delete();

        Assert.Null(await schedule.GetInfo());
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => schedule.Create(Spec("say again")))).Code);
        var key = schedule.GetPrimaryKeyString();
        Assert.Null((await _cluster.Journals.GetHeadAsync(key))!.WakeAt);
        Assert.DoesNotContain(await _cluster.Journals.ReadAsync(key, 0, 100), entry => System.Text.Encoding.UTF8.GetString(entry.Payload.Span).Contains("confidential", StringComparison.Ordinal));
        Assert.DoesNotContain(GrainKeys.LastPart(key), await Index().List(false, null, 200));
    }

    [Fact]
    public async Task Create_Again_IsTheSameOrAConflict()
    {
        var schedule = New();
        var first = await schedule.Create(Spec("say hello", "0 3 * * *"));
        var again = await schedule.Create(Spec("say hello", "0 3 * * *"));

        Assert.Equal(first.CreatedAt, again.CreatedAt);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => schedule.Create(Spec("say hello", "0 4 * * *")))).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("The Agent")]
    [InlineData("../assistant")]
    public async Task Create_AgentThatNoMessageCouldName_IsRefused(string agent)
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => New().Create(Spec("say x") with { Agent = agent }));

        Assert.Equal(("invalid_argument", "agent"), (error.Code, error.Field));
    }

    [Theory]
    [InlineData("0 0 30 2 *", "UTC", "schedule_never_fires", "cron")]
    [InlineData("61 * * * *", "UTC", "invalid_argument", "cron")]
    [InlineData("* * * *", "UTC", "invalid_argument", "cron")]
    [InlineData("", "UTC", "invalid_argument", "cron")]
    [InlineData("0 0 * * *", "Mars/Olympus", "invalid_argument", "timeZone")]
    [InlineData("0 0 * * *", "../etc/passwd", "invalid_argument", "timeZone")]
    public async Task Create_WrongTimes_AreRefusedByName(string cron, string zone, string code, string field)
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => New().Create(Spec("say x", cron) with { TimeZone = zone }));

        Assert.Equal((code, field), (error.Code, error.Field));
    }

    [Fact]
    public async Task Create_WrongRest_IsRefusedByName()
    {
        Assert.Equal("name", (await Refused(Spec("say x") with { Name = " " })).Field);
        Assert.Equal("text", (await Refused(Spec(" "))).Field);
        Assert.Equal("text", (await Refused(Spec(new string('x', 32_001)))).Field);
        Assert.Equal("webhookId", (await Refused(Spec("say x") with { WebhookId = "x" })).Field);
        Assert.Equal("webhookId", (await Refused(Spec("say x") with { WebhookId = "w-unknown" })).Field);
        Assert.Equal("catchUp", (await Refused(Spec("say x") with { CatchUp = (ScheduleCatchUp)9 })).Field);
        Assert.Equal("overlap", (await Refused(Spec("say x") with { Overlap = (ScheduleOverlap)9 })).Field);

        async Task<StewardException> Refused(CreateSchedule spec) => await Assert.ThrowsAsync<StewardException>(() => New().Create(spec));
    }

    [Fact]
    public async Task Schedule_OfSomebodyElse_DoesNotExist()
    {
        var schedule = New();
        await schedule.Create(Spec("say mine", "0 3 * * *"));

        _cluster.SignIn("t-acme", "u-eve", WellKnownRoles.Admin);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => schedule.GetInfo())).Code);
        _cluster.SignIn("t-other", "u-ada");
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => schedule.GetInfo())).Code);
        _cluster.SignInAsPlatform("t-acme");
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => New().Create(Spec("say x")))).Code);
    }

    [Fact]
    public async Task TenantSchedule_IsForAdminsAndRunsAsItsMaker()
    {
        var key = GrainKeys.Schedule("t-acme", "u-ada", GrainKeys.TenantSchedulePrefix + Guid.NewGuid().ToString("n"));
        var schedule = _cluster.Grains.GetGrain<IScheduleGrain>(key);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => schedule.Create(Spec("say x")))).Code);

        _cluster.SignIn("t-acme", "u-boss", WellKnownRoles.Admin);
        var info = await schedule.Create(Spec("say for all", "0 3 * * *"));
        Assert.Equal(("u-boss", $"t-acme/{info.ScheduleId}"), (info.RunsAs, key));
        Assert.Contains(info.ScheduleId, await Index().List(true, null, 200));
        Assert.DoesNotContain(info.ScheduleId, await Index().List(false, null, 200));
        var fire = await schedule.RunNow("now");
        Assert.Equal($"t-acme/u-boss/{info.SessionId}", (await _cluster.Grains.GetGrain<IRunGrain>(GrainKeys.Run("t-acme", fire.RunId!)).GetStatus())!.SessionKey);

        _cluster.SignIn("t-acme", "u-chief", WellKnownRoles.Admin);
        Assert.True((await schedule.SetPaused(true)).Paused);
        _cluster.SignIn("t-acme", "u-ada");
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => schedule.GetInfo())).Code);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Index().List(true, null, 10))).Code);
    }

    [Fact]
    public async Task Fire_RoleWasTakenAway_IsGoneOnceThePersonHasCome()
    {
        var user = "u-" + Guid.NewGuid().ToString("n");
        _cluster.SignIn("t-acme", user, "employee", "helpdesk");
        var schedule = _cluster.Grains.GetGrain<IScheduleGrain>(GrainKeys.Schedule("t-acme", user, "j-roles"));
        await schedule.Create(Spec("say x", "0 3 1 1 *"));
        Assert.Equal(["employee", "helpdesk"], await RolesAsync(schedule, "before"));

        _cluster.SignIn("t-acme", user, "employee", "auditor");
        var session = await _cluster.OpenAsync(Conversing.NewSession("t-acme", user));
        await session.SayAsync("say hello");
        await Conversing.UntilAsync(async () =>
        {
            _cluster.SignInAsPlatform("t-acme");
            return (await _cluster.Grains.GetGrain<IPersonGrain>(GrainKeys.Person("t-acme", user)).GetLastSeen())?.Roles.Contains("auditor") == true;
        });
        _cluster.SignIn("t-acme", user, "employee", "auditor");

        Assert.Equal(["employee"], await RolesAsync(schedule, "after"));
    }

    [Fact]
    public async Task Fire_MakerOfTheTenantsScheduleIsNoAdminAnyMore_IsRefused()
    {
        var user = "u-" + Guid.NewGuid().ToString("n");
        var schedule = _cluster.Grains.GetGrain<IScheduleGrain>(GrainKeys.Schedule("t-acme", user, GrainKeys.TenantSchedulePrefix + Guid.NewGuid().ToString("n")));
        _cluster.SignIn("t-acme", user, WellKnownRoles.Admin);
        await schedule.Create(Spec("say x", "0 3 1 1 *"));
        await schedule.RunNow("before");
        await SeeAsync(user, _cluster.Time.GetUtcNow());
        _cluster.SignIn("t-acme", "u-boss", WellKnownRoles.Admin);

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => schedule.RunNow("after"))).Code);
        await schedule.Delete();
    }

    [Theory]
    [InlineData(29, false)]
    [InlineData(31, true)]
    public async Task Resolve_OwnerUnseen_IsRefusedAfterTheSetTime(int days, bool refused)
    {
        var user = "u-" + Guid.NewGuid().ToString("n");
        await SeeAsync(user, _cluster.Time.GetUtcNow(), "employee");
        var later = new ShiftedTime();
        later.Advance(_cluster.Time.GetUtcNow() - TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(days));
        var owner = new ScheduleOwner(_cluster.Grains, _cluster.Silo.GetRequiredService<PlatformIdentity>(), Options.Create(new ScheduleOptions { OwnerUnseenFor = TimeSpan.FromDays(30) }), later);
        var created = new ScheduleCreated { Spec = Spec("say x"), Owner = new CallerIdentity { TenantId = "t-acme", UserId = user, Roles = ["employee"] }, At = default };

        var error = await Record.ExceptionAsync(() => owner.ResolveAsync(created, ofTenant: false));

        Assert.Equal(refused ? ErrorCodes.Forbidden : null, (error as StewardException)?.Code);
    }

    [Fact]
    public async Task Create_TooMany_IsRefusedUntilSomeAreDeleted()
    {
        _cluster.SignIn("t-many", "u-ada");
        var schedules = Enumerable.Range(0, 100).Select(number => _cluster.Grains.GetGrain<IScheduleGrain>(GrainKeys.Schedule("t-many", "u-ada", $"j-{number:000}"))).ToList();
        await Parallel.ForEachAsync(schedules, async (schedule, _) =>
        {
            _cluster.SignIn("t-many", "u-ada");
            await schedule.Create(Spec("say x", "0 3 * * *"));
        });
        var oneMore = _cluster.Grains.GetGrain<IScheduleGrain>(GrainKeys.Schedule("t-many", "u-ada", "j-more"));

        var error = await Assert.ThrowsAsync<StewardException>(() => oneMore.Create(Spec("say x", "0 3 * * *")));
        Assert.Equal(ErrorCodes.LimitReached, error.Code);
        Assert.Equal(100, (await Index("t-many").List(false, null, 200)).Count);
        Assert.Equal(["j-051", "j-052"], await Index("t-many").List(false, "j-050", 2));
        await schedules[0].Delete();
        await oneMore.Create(Spec("say x", "0 3 * * *"));
    }

    private async Task<IEnumerable<string?>> RolesAsync(IScheduleGrain schedule, string operation)
    {
        var fire = await schedule.RunNow(operation);
        var events = await _cluster.Grains.GetGrain<IRunGrain>(GrainKeys.Run("t-acme", fire.RunId!)).WatchToEndAsync();
        var requester = JsonDocument.Parse(events.Single(happened => happened.Type == "run.requested").Data).RootElement.GetProperty("input").GetProperty("requester");
        return requester.TryGetProperty("roles", out var roles) ? roles.EnumerateArray().Select(role => role.GetString()) : [];
    }

    private async Task SeeAsync(string user, DateTimeOffset at, params string[] roles)
    {
        _cluster.SignInAsPlatform("t-acme");
        await _cluster.Grains.GetGrain<IPersonGrain>(GrainKeys.Person("t-acme", user)).Saw(new CallerIdentity { TenantId = "t-acme", UserId = user, Roles = roles });
        Assert.InRange((await _cluster.Grains.GetGrain<IPersonGrain>(GrainKeys.Person("t-acme", user)).GetLastSeen())!.At, at.AddDays(-1), at.AddMinutes(1));
    }

    private static CreateSchedule Spec(string text, string cron = "* * * * *") => new() { Name = "Every minute", Cron = cron, Text = text };

    private IScheduleGrain New() => _cluster.Grains.GetGrain<IScheduleGrain>(GrainKeys.Schedule("t-acme", "u-ada", "j-" + Guid.NewGuid().ToString("n")));

    private IScheduleIndexGrain Index(string tenant = "t-acme") => _cluster.Grains.GetGrain<IScheduleIndexGrain>(GrainKeys.ScheduleIndex(tenant));

    private ISessionGrain Session(ScheduleInfo info) => _cluster.Grains.GetGrain<ISessionGrain>(GrainKeys.Session("t-acme", info.RunsAs, info.SessionId));

    private async Task NextMinuteAsync(IScheduleGrain schedule)
    {
        _cluster.Time.Advance(TimeSpan.FromMinutes(1));
        _cluster.SignInAsPlatform("t-acme");
        await schedule.Resume();
        _cluster.SignIn("t-acme", "u-ada");
    }

    private static async Task<IReadOnlyList<ScheduleFire>> UntilFiredAsync(IScheduleGrain schedule, int count = 1)
    {
        IReadOnlyList<ScheduleFire> fires = [];
        await Conversing.UntilAsync(async () => (fires = (await schedule.GetInfo())!.Fires).Count >= count);
        return fires;
    }

    /// <summary>What a cluster leaves behind that goes down after it made a schedule.</summary>
    private async Task<IScheduleGrain> LeaveBehindAsync(CreateSchedule spec, DateTimeOffset at)
    {
        var key = GrainKeys.Schedule("t-left", "u-ada", "j-" + Guid.NewGuid().ToString("n"));
        var created = new ScheduleCreated { Spec = spec, Owner = new CallerIdentity { TenantId = "t-left", UserId = "u-ada" }, At = at };
        var appended = await _cluster.Journals.AppendAsync(new JournalAppend
        {
            Journal = key,
            ExpectedSequence = 0,
            Wake = new JournalWake(at),
            Records = [new JournalRecord { Type = ScheduleRecordTypes.Created, At = at, Payload = JsonSerializer.SerializeToUtf8Bytes(created, ScheduleJson.Default.ScheduleCreated) }],
        });
        Assert.IsType<JournalAppended>(appended);
        return _cluster.Grains.GetGrain<IScheduleGrain>(key);
    }
}
