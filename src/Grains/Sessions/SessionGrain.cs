using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Memory;
using Steward.People;
using Steward.Runs;
using Steward.Storage;
using Steward.Tenants;

namespace Steward.Sessions;

/// <summary>
/// Owns one conversation. Persists: its journal, nothing else. Woken by: messages, the end of its run, and the tenant's watchdog while
/// the journal is marked open, which it is as long as a message has no answer, a background run has not begun, or a copy is not complete.
/// </summary>
internal sealed partial class SessionGrain : StewardGrain, ISessionGrain
{
    private const int MaxPageSize = 200;

    private readonly IJournalStore _journals;
    private readonly PlatformIdentity _platform;
    private readonly RunTurns _turns;
    private readonly KnownPeople _people;
    private readonly MemoryFeed _memory;
    private readonly TimeProvider _time;
    private readonly ILogger<SessionGrain> _logger;
    private readonly SessionJournal _journal;
    private IGrainTimer? _retry;
    private bool _counted;

    public SessionGrain(IJournalStore journals, PlatformIdentity platform, RunTurns turns, KnownPeople people, MemoryFeed memory, IOptions<SessionOptions> options, TimeProvider time, ILogger<SessionGrain> logger)
    {
        (_journals, _platform, _turns, _people, _memory, _time, _logger) = (journals, platform, turns, people, memory, time, logger);
        _journal = new SessionJournal(journals, this.GetPrimaryKeyString(), options.Value, time);
    }

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    private Conversation Conversation => _journal.Conversation;

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        await _journal.LoadAsync(cancellationToken);
        SessionDiagnostics.Active.Add(1);
        _counted = true;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // An activation that failed was never counted.
        SessionDiagnostics.Active.Add(_counted ? -1 : 0);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<SessionInfo> Open(OpenSession command, CancellationToken cancellationToken = default)
    {
        MessageRules.CheckTitle(command.Title);
        if (!Conversation.IsOpen)
        {
            await Append(open: false, (SessionRecordTypes.Opened, new SessionOpened { Title = command.Title }, null));
            SessionDiagnostics.Opened.Add(1);
        }

        return Info();
    }

    /// <inheritdoc/>
    public async Task<SubmitResult> Submit(SubmitMessage command, CancellationToken cancellationToken = default)
    {
        MessageRules.Check(command);
        using var activity = Diagnostics.Start("session submit", command.Options?.TraceParent, Key);
        var requester = Caller.Required;
        if (!Conversation.IsOpen)
        {
            throw StewardException.NotFound("The session");
        }

        if (!Caller.IsSystem && !Schedules.ScheduleRunHook.IsOfASchedule(Key))
        {
            _people.Saw(requester);
        }

        await CompleteFork(cancellationToken);
        if (Conversation.FindRun(command.OperationId) is { } known)
        {
            return await Repeat(command, known);
        }

        var admission = MessageAdmission.Accept;
        if (DoubleTextingPolicy.Matters(command, Conversation))
        {
            _platform.Assume(TenantId);
            var profile = await GrainFactory.GetGrain<ITenantGrain>(TenantId).GetProfile(cancellationToken);
            admission = DoubleTextingPolicy.Decide(command, Conversation, profile, SessionJournal.TailEntries - 8);
        }

        if (admission.Refusal is { } refusal)
        {
            // A repetition of a message from long ago is still a repetition, whatever the policy.
            return await _journals.FindAsync(Key, $"op:{command.OperationId}", cancellationToken) is { } entry
                ? Repetition(command, entry)
                : new SubmitResult { Outcome = SubmitOutcome.Busy, Reason = refusal };
        }

        return _turns.Refuse(TenantId, command.Options) ?? await Accept(command, requester, admission);
    }

    /// <inheritdoc/>
    public Task<SessionInfo?> GetInfo(CancellationToken cancellationToken = default) => Task.FromResult(Conversation.IsOpen ? Info() : null);

    /// <inheritdoc/>
    public Task<TranscriptPage> ReadTranscript(long afterSequence, int limit, CancellationToken cancellationToken = default)
    {
        if (afterSequence < 0)
        {
            throw StewardException.Invalid("after", "must be 0 or a sequence number.");
        }

        if (limit is < 1 or > MaxPageSize)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MaxPageSize}.");
        }

        return Transcript.ReadAsync(_journals, Key, afterSequence, limit, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task RunEnded(RunReport report, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var active = Conversation.Active;
        var wasActive = string.Equals(active?.Message.RunId, report.RunId, StringComparison.Ordinal);

        // A run that is to be stopped goes on only to its end.
        if (!Conversation.IsOpen || Conversation.HasEnded(report.RunId, report.Attempt) || (report.IsInterim && Conversation.IsSuperseded(report.RunId)))
        {
            return;
        }

        var (message, deduplicationId) = RunReports.ToMessage(report, Conversation.IsRolledBack(report.RunId));
        var isRemembered = await IsRemembered(report.RunId);
        await RememberDone(report);
        var earlier = await Append(open: !isRemembered || IsOpenBesides(report.RunId), (SessionRecordTypes.AssistantMessage, message with { Unremembered = !isRemembered }, deduplicationId));
        if (earlier is not null)
        {
            if (wasActive)
            {
                // The journal knows more than this activation: start afresh from it.
                DeactivateOnIdle();
            }

            return;
        }

        if (wasActive)
        {
            await Advance(TimeSpan.Zero, onlyFirst: true);
        }
    }

    /// <inheritdoc/>
    public async Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        await CompleteFork(cancellationToken);
        await Advance(TimeSpan.Zero);
        await CatchUp();
    }

    /// <inheritdoc/>
    public Task<SessionContext?> Recall(string runId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var pending = Conversation.Pending.Concat(Conversation.Unstarted).FirstOrDefault(message => string.Equals(message.Message.RunId, runId, StringComparison.Ordinal));
        return Task.FromResult(pending is null ? null : Conversation.Recall(_time.GetUtcNow(), pending.Sequence));
    }

    /// <inheritdoc/>
    public Task<int?> GetQueuePosition(string runId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        for (var i = 0; i < Conversation.Pending.Count; i++)
        {
            if (string.Equals(Conversation.Pending[i].Message.RunId, runId, StringComparison.Ordinal))
            {
                return Task.FromResult<int?>(i);
            }
        }

        return Task.FromResult<int?>(null);
    }

    /// <inheritdoc/>
    public async Task<bool> Retire(DateTimeOffset quietSince, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (!Conversation.IsOpen || Conversation.HasWork || Conversation.LastAt > quietSince)
        {
            return false;
        }

        return await _journal.PurgeAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> RetireThrough(long sequence, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Conversation.IsOpen && !Conversation.HasWork && Conversation.Sequence == sequence && await _journal.PurgeAsync(cancellationToken);
    }

    /// <summary>The run of an operation: the same for ever, so that a repeated submit can never start a second one.</summary>
    internal static string RunIdFor(string sessionKey, string operationId) =>
        "r-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{sessionKey}\n{operationId}")).AsSpan(0, 12));

    private async Task<SubmitResult> Accept(SubmitMessage command, CallerIdentity requester, MessageAdmission admission)
    {
        var message = new UserMessageAccepted
        {
            OperationId = command.OperationId,
            RunId = RunIdFor(Key, command.OperationId),
            Text = command.Text,
            Requester = requester,
            Deadline = command.Deadline,
            Options = command.Options,
            Supersedes = admission.Supersedes.Count > 0 ? admission.Supersedes : null,
        };
        var accepted = (SessionRecordTypes.UserMessage, (SessionRecord)message, $"op:{command.OperationId}");
        if (Conversation.Active is null && !message.IsBackground)
        {
            var (known, isTold) = await BeginAhead(message, command.Watches, () => AppendMessage(accepted));
            return known is not null
                ? Repetition(command, known)
                : new SubmitResult { Outcome = SubmitOutcome.Started, RunId = message.RunId, StartsLater = !isTold };
        }

        var earlier = admission.RollsBack.Count > 0
            ? await AppendMessage((SessionRecordTypes.RolledBack, new MessageRolledBack { RunIds = admission.RollsBack }, null), accepted)
            : await AppendMessage(accepted);
        if (earlier is not null)
        {
            return Repetition(command, earlier);
        }

        if (message.IsBackground)
        {
            var isStarted = await StartInBackground(Conversation.Unstarted[^1], StartPatience);
            return new SubmitResult { Outcome = SubmitOutcome.Started, RunId = message.RunId, StartsLater = !isStarted };
        }

        var position = Conversation.Pending.Count - 1;
        var isHeard = await Start(Conversation.Pending[^1], queued: position > 0, StartPatience);
        foreach (var superseded in admission.Supersedes)
        {
            await Stop(superseded);
        }

        return position == 0
            ? new SubmitResult { Outcome = SubmitOutcome.Started, RunId = message.RunId, StartsLater = !isHeard }
            : new SubmitResult { Outcome = SubmitOutcome.Queued, RunId = message.RunId, QueuePosition = position, StartsLater = !isHeard };
    }

    /// <summary>
    /// The silo that took the message may have been lost before it started the run; starting it again changes nothing otherwise.
    /// </summary>
    private async Task<SubmitResult> Repeat(SubmitMessage command, string runId)
    {
        if (Conversation.IsReused(command.OperationId, command.Text))
        {
            throw Reused();
        }

        var isTold = true;
        for (var i = 0; i < Conversation.Pending.Count; i++)
        {
            // One that a newer message took the place of is about to be stopped: repeating it does not bring it back.
            if (string.Equals(Conversation.Pending[i].Message.RunId, runId, StringComparison.Ordinal) && !Conversation.IsSuperseded(runId))
            {
                isTold = await Start(Conversation.Pending[i], queued: i > 0, StartPatience);
                break;
            }
        }

        return new SubmitResult { Outcome = SubmitOutcome.Duplicate, RunId = runId, StartsLater = !isTold };
    }

    private SubmitResult Repetition(SubmitMessage command, JournalEntry entry)
    {
        // Of a message that retention removed only its receipt is left, and the run can be told from the operation.
        var earlier = entry.Payload.IsEmpty ? null : JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.UserMessageAccepted)!;
        if (earlier is not null && !string.Equals(earlier.Text, command.Text, StringComparison.Ordinal))
        {
            throw Reused();
        }

        return new SubmitResult { Outcome = SubmitOutcome.Duplicate, RunId = earlier?.RunId ?? RunIdFor(Key, command.OperationId) };
    }

    private static StewardException Reused() =>
        new(ErrorCodes.Conflict, "operationId: was used in this session for another text. Choose a new one for each message.") { Field = "operationId" };

    private SessionInfo Info() => new()
    {
        SessionId = GrainKeys.LastPart(Key),
        Title = Conversation.Title,
        CreatedAt = Conversation.CreatedAt,
        ActiveRunId = Conversation.Active?.Message.RunId,
        WaitingMessages = Math.Max(0, Conversation.Pending.Count - 1),
        LastSequence = Conversation.Sequence,
        DetachedRunIds = [.. Conversation.Detached],
        ForkedFrom = Conversation.ForkOf?.SessionId,
    };

    /// <summary>Appends records and folds them. Returns the earlier record when a deduplication id is known already.</summary>
    private async Task<JournalEntry?> Append(bool open, params (string Type, SessionRecord Content, string? DeduplicationId)[] records)
    {
        try
        {
            return await _journal.AppendAsync(open, records);
        }
        catch (StorageException exception)
        {
            // Whether the record stands is unknown: the next activation reads it from the journal.
            DeactivateOnIdle();
            throw new StewardException(ErrorCodes.Unavailable, "The session's journal cannot be written now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }
        catch (SessionMovedException exception)
        {
            DeactivateOnIdle();
            throw new StewardException(ErrorCodes.Unavailable, "The session moved to another server.", exception) { IsRetryable = true };
        }
    }
}
