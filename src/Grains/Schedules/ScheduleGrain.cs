using System.Globalization;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Orchestration.Schedules;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.People;
using Steward.Runs;
using Steward.Sessions;
using Steward.Storage;
using Steward.Webhooks;

namespace Steward.Schedules;

/// <summary>
/// Owns one schedule. Persists: its journal, which it shortens by itself. Woken by: its timer while it is in memory, its runs when they have ended, and the tenant's watchdog shortly before the next time, which is the
/// journal's wake time. A time is journaled as due before it is fired and as fired after it; the session knows the operation id of each time for ever, so
/// whatever is lost in between, the time starts one run.
/// </summary>
internal sealed partial class ScheduleGrain : StewardGrain, IScheduleGrain, IDisposable
{
    // The watchdog comes once a minute: a grain that is woken this early is there on the minute.
    private static readonly TimeSpan WakeAhead = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private const int MaxOperationIdLength = 64;
    private const int PurgeAfter = 400;

    private readonly PlatformIdentity _platform;
    private readonly ScheduleOwner _owner;
    private readonly KnownPeople _people;
    private readonly TimeProvider _time;
    private readonly ILogger<ScheduleGrain> _logger;
    private readonly FoldedJournal<ScheduleState> _journal;

    // The end of a run of the schedule makes it try at once, whatever pause is left; these are for what makes room without telling.
    private readonly RetryPauses _pauses = new(RetryAfter, TimeSpan.FromMinutes(2));
    private IGrainTimer? _timer;
    private SchedulePlan? _plan;

    public ScheduleGrain(IJournalStore journals, PlatformIdentity platform, ScheduleOwner owner, KnownPeople people, TimeProvider time, ILogger<ScheduleGrain> logger)
    {
        _platform = platform;
        _owner = owner;
        _people = people;
        _time = time;
        _logger = logger;
        _journal = new FoldedJournal<ScheduleState>(journals, this.GetPrimaryKeyString(), ScheduleJson.Default.ScheduleState, time, DeactivateOnIdle);
    }

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    private string ScheduleId => GrainKeys.LastPart(Key);

    private string SessionId => ScheduleRunHook.SessionOf(ScheduleId);

    private ScheduleState State => _journal.State;

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        await _journal.LoadAsync(cancellationToken);
        _timer = this.RegisterGrainTimer(Fire, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true });
        if (State.IsThere)
        {
            _plan = SchedulePlan.Restore(State.Created!.Spec);
            if (_plan is null)
            {
                LogNoZone(_logger, Key, State.Created.Spec.TimeZone);
            }

            Arm();
        }
    }

    /// <inheritdoc/>
    public async Task<ScheduleInfo> Create(CreateSchedule command, CancellationToken cancellationToken = default)
    {
        var owner = Owner();
        _people.Saw(owner);
        if (State.Created is { } existing)
        {
            return !State.Deleted && existing.Spec == command && string.Equals(existing.Owner.UserId, owner.UserId, StringComparison.Ordinal)
                ? Info()
                : throw new StewardException(ErrorCodes.Conflict, "scheduleId: there is, or was, another schedule with this id.") { Field = "scheduleId" };
        }

        var now = _time.GetUtcNow();
        var plan = SchedulePlan.Check(command, now);
        _platform.Assume(TenantId);
        if (command.WebhookId is { } webhookId && await GrainFactory.GetGrain<IWebhookGrain>(GrainKeys.Webhook(TenantId, webhookId)).GetInfo(cancellationToken) is null)
        {
            throw StewardException.Invalid("webhookId", "is not known. It must be the id of one of the tenant's webhooks.");
        }

        await GrainFactory.GetGrain<IScheduleIndexGrain>(GrainKeys.ScheduleIndex(TenantId)).Add(ScheduleId, GrainKeys.UserOf(Key), CancellationToken.None);
        _plan = plan;
        await _journal.AppendAsync(ScheduleRecordTypes.Created, new ScheduleCreated { Spec = command, Owner = owner, At = now.ToMilliseconds() }, ScheduleJson.Default.ScheduleCreated, () => Wake(plan.Next(now)));
        Arm();
        return Info();
    }

    /// <inheritdoc/>
    public Task<ScheduleInfo?> GetInfo(CancellationToken cancellationToken = default)
    {
        RequireMaySee();
        return Task.FromResult(State.IsThere ? Info() : null);
    }

    /// <inheritdoc/>
    public async Task<ScheduleInfo> SetPaused(bool paused, CancellationToken cancellationToken = default)
    {
        RequireThere();
        if (State.Paused != paused)
        {
            await _journal.AppendAsync(
                paused ? ScheduleRecordTypes.Paused : ScheduleRecordTypes.Resumed,
                new ScheduleNote(),
                ScheduleJson.Default.ScheduleNote,
                () => paused ? JournalWake.Never : Wake(_plan?.Next(_time.GetUtcNow())));
            Arm();
        }

        return Info();
    }

    /// <inheritdoc/>
    public async Task<ScheduleFire> RunNow(string operationId, CancellationToken cancellationToken = default)
    {
        RequireThere();
        if (operationId is not { Length: >= 1 and <= MaxOperationIdLength } || operationId.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw StewardException.Invalid("operationId", $"must have 1 to {MaxOperationIdLength} printable ASCII characters without spaces.");
        }

        var result = await Submit($"cron:now:{operationId}");
        if (result.RunId is not { } runId)
        {
            throw new StewardException(ErrorCodes.Overloaded, result.Reason ?? "Too many runs of the schedule are at work.") { IsRetryable = true, RetryAfter = RetryAfter };
        }

        var fire = new ScheduleFire { At = _time.GetUtcNow().ToMilliseconds(), Outcome = ScheduleOutcome.Started, RunId = runId, Manual = true };
        if (result.Outcome == SubmitOutcome.Duplicate && State.Fires.Find(earlier => earlier.RunId == runId) is { } known)
        {
            return known;
        }

        await Note(fire);
        await Shorten();
        return fire;
    }

    /// <inheritdoc/>
    public async Task Delete(CancellationToken cancellationToken = default)
    {
        RequireMaySee();
        if (State.Created is null)
        {
            throw StewardException.NotFound("The schedule");
        }

        if (!State.Deleted)
        {
            await _journal.AppendAsync(ScheduleRecordTypes.Deleted, new ScheduleNote(), ScheduleJson.Default.ScheduleNote, () => JournalWake.Never);
            Arm();
        }

        _platform.Assume(TenantId);
        await GrainFactory.GetGrain<IScheduleIndexGrain>(GrainKeys.ScheduleIndex(TenantId)).Remove(ScheduleId, GrainKeys.UserOf(Key), CancellationToken.None);
        await _journal.PurgeAsync();
    }

    /// <inheritdoc/>
    public async Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (State.WaitsFor is { } runId && !await IsAtWork(runId))
        {
            // Durable before whoever tells it is answered: that comes once.
            await _journal.AppendAsync(ScheduleRecordTypes.Waits, new ScheduleWaits(), ScheduleJson.Default.ScheduleWaits, () => Wake(State.SeenTo));
        }

        Arm();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _journal.Dispose();
    }

    /// <summary>What the timer does: notes what has come due, fires what is, and sets itself for the next time.</summary>
    private async Task Fire(CancellationToken cancellationToken)
    {
        var wait = default(TimeSpan?);
        try
        {
            if (State is { IsThere: true, Paused: false } && _plan is { } plan)
            {
                if (plan.DueAt(State.SeenTo, _time.GetUtcNow()) is { } due)
                {
                    await _journal.AppendAsync(ScheduleRecordTypes.Due, due, ScheduleJson.Default.ScheduleDue, () => Wake(State.WaitsFor is null && (due.Times.Count > 0 || State.Due.Count > 0) ? due.SeenTo : plan.Next(due.SeenTo)));
                }

                while (State.Due.Count > 0 && wait is null)
                {
                    wait = await FireOne(State.Due[0]);
                }

                await Shorten();
            }
        }
#pragma warning disable CA1031 // What is due stands in the journal: it is tried again, here or elsewhere.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogInterrupted(_logger, exception, Key);
            wait = _pauses.Next();
        }

        Arm(wait);
    }

    /// <returns>Null when the time is over and done with, else when to look at it again.</returns>
    private async Task<TimeSpan?> FireOne(DateTimeOffset at)
    {
        var created = State.Created!;
        if (created.Spec.Overlap == ScheduleOverlap.Skip && await IsAtWork(State.LastRunId))
        {
            // Those that are made up for are done one after the other; only one whose time is now passes. The run tells when it has ended, which may take days when it waits for a person.
            if (_time.GetUtcNow() - at > ScheduleClock.Grace)
            {
                return await WaitFor(State.LastRunId!);
            }

            await Note(new ScheduleFire { At = at, Outcome = ScheduleOutcome.Skipped });
            return null;
        }

        SubmitResult result;
        try
        {
            result = await Submit(string.Create(CultureInfo.InvariantCulture, $"cron:{at.UtcDateTime:yyyyMMdd'T'HHmm'Z'}"));
        }
        catch (StewardException exception) when (!exception.IsRetryable)
        {
            LogRefused(_logger, exception, Key);
            await Note(new ScheduleFire { At = at, Outcome = ScheduleOutcome.Failed, ErrorCode = exception.Code });
            return null;
        }

        if (result.RunId is not { } runId)
        {
            return _pauses.Next();
        }

        _pauses.Reset();
        await Note(new ScheduleFire { At = at, Outcome = ScheduleOutcome.Started, RunId = runId });
        return null;
    }

    /// <summary>Notes once that a run has to end first; until it tells, nothing but the next time of the line wakes the schedule.</summary>
    private async Task<TimeSpan> WaitFor(string runId)
    {
        if (!string.Equals(State.WaitsFor, runId, StringComparison.Ordinal))
        {
            await _journal.AppendAsync(ScheduleRecordTypes.Waits, new ScheduleWaits { RunId = runId }, ScheduleJson.Default.ScheduleWaits, () => Wake(_plan?.Next(State.SeenTo)));
        }

        return UntilNext() ?? LongestWait;
    }

    private TimeSpan? UntilNext() => _plan?.Next(State.SeenTo) - _time.GetUtcNow();

    /// <summary>Keeps the journal short, however often it fires.</summary>
    private Task Shorten() => _journal.ShortenAsync(PurgeAfter, keepsWake: true);

    private async Task<bool> IsAtWork(string? runId)
    {
        if (runId is null)
        {
            return false;
        }

        _platform.AssumePerson(State.Created!.Owner);
        return await GrainFactory.GetGrain<IRunGrain>(GrainKeys.Run(TenantId, runId)).GetStatus() is { HasEnded: false };
    }

    /// <summary>Hands the message in, in the name of the person who made the schedule and with no more rights than they had, and had when they were last here.</summary>
    private async Task<SubmitResult> Submit(string operationId)
    {
        var created = State.Created!;
        _platform.AssumePerson(await _owner.ResolveAsync(created, GrainKeys.IsTenantSchedule(ScheduleId)));
        var session = GrainFactory.GetGrain<ISessionGrain>(GrainKeys.Session(TenantId, created.Owner.UserId, SessionId));
        await session.Open(new OpenSession { Title = created.Spec.Name });
        return await session.Submit(new SubmitMessage
        {
            Text = created.Spec.Text,
            OperationId = operationId,
            Options = new RunRequestOptions { Background = true, WebhookId = created.Spec.WebhookId, Agent = created.Spec.Agent, Feature = "schedule" },
        });
    }

    private async Task<ScheduleFire> Note(ScheduleFire fire)
    {
        await _journal.AppendAsync(ScheduleRecordTypes.Fired, fire, ScheduleJson.Default.ScheduleFire, () =>
            fire.Manual ? null : Wake(State.Due.Exists(due => due != fire.At) ? State.SeenTo : _plan?.Next(State.SeenTo)));
        ScheduleDiagnostics.Fires.Add(1, new KeyValuePair<string, object?>("outcome", fire.Outcome.ToString()));
        return fire;
    }

    /// <summary>Sets the timer: to what is due, else to the next time. Far times are left to the watchdog.</summary>
    private void Arm(TimeSpan? retry = null)
    {
        var wait = Timeout.InfiniteTimeSpan;
        if (State is { IsThere: true, Paused: false } && _plan is { } plan)
        {
            var next = State.Due.Count > 0 && State.WaitsFor is null ? TimeSpan.Zero : plan.Next(State.SeenTo) - _time.GetUtcNow();
            if ((retry ?? next) is { } asked)
            {
                wait = asked < TimeSpan.Zero ? TimeSpan.Zero : asked < LongestWait ? asked : LongestWait;
                if (wait <= WakeAhead)
                {
                    DelayDeactivation(wait + RetryAfter);
                }
            }
        }

        _timer!.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private ScheduleInfo Info()
    {
        var created = State.Created!;
        return new ScheduleInfo
        {
            ScheduleId = ScheduleId,
            Spec = created.Spec,
            RunsAs = created.Owner.UserId,
            SessionId = SessionId,
            CreatedAt = created.At,
            Paused = State.Paused,
            NextAt = State.Paused ? null : _plan?.Next(State.SeenTo > _time.GetUtcNow() ? State.SeenTo : _time.GetUtcNow()),
            Fires = [.. State.Fires.AsEnumerable().Reverse()],
        };
    }

    private CallerIdentity Owner()
    {
        var caller = Caller.Required;
        if (Caller.IsSystem)
        {
            throw StewardException.Forbidden("A schedule is made by a person, in whose name it runs.");
        }

        RequireMaySee();
        return caller;
    }

    private void RequireThere()
    {
        RequireMaySee();
        if (!State.IsThere)
        {
            throw StewardException.NotFound("The schedule");
        }
    }

    /// <summary>A person's schedule: the silo's filter lets nobody else come here. A tenant's own: its admins. Keys that mix the two name nothing.</summary>
    private void RequireMaySee()
    {
        var ofTenant = GrainKeys.IsTenantSchedule(ScheduleId);
        if (ofTenant != (GrainKeys.UserOf(Key) is null))
        {
            throw StewardException.NotFound("The schedule");
        }

        if (ofTenant)
        {
            Caller.RequireAdmin();
        }
    }

    private static JournalWake Wake(DateTimeOffset? next) => next is { } at ? new JournalWake(at - WakeAhead) : JournalWake.Never;

    [LoggerMessage(EventId = 1501, Level = LogLevel.Warning, Message = "Schedule {Schedule} could not fire now; it will be tried again")]
    private static partial void LogInterrupted(ILogger logger, Exception exception, string schedule);

    [LoggerMessage(EventId = 1503, Level = LogLevel.Error, Message = "Schedule {Schedule} does not fire: this machine does not know the time zone {Zone}")]
    private static partial void LogNoZone(ILogger logger, string schedule, string zone);

    [LoggerMessage(EventId = 1502, Level = LogLevel.Warning, Message = "The message of schedule {Schedule} was refused")]
    private static partial void LogRefused(ILogger logger, Exception exception, string schedule);
}
