using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Runs;
using Steward.Storage;
using Steward.Tenants;

namespace Steward.Sessions;

/// <summary>
/// Owns one conversation. Persists: its journal, nothing else. Woken by: messages, the end of its run, and the tenant's watchdog while
/// the journal is marked open, which it is as long as a message has no answer.
/// </summary>
internal sealed partial class SessionGrain(
    IJournalStore journals,
    PlatformIdentity platform,
    RunTurns turns,
    IOptions<SessionOptions> options,
    TimeProvider time,
    ILogger<SessionGrain> logger) : Grain, ISessionGrain
{
    private const int MaxTextLength = 32_000;
    private const int MaxOperationIdLength = 128;
    private const int MaxTitleLength = 200;
    private const int MaxPageSize = 200;

    // What an activation reads: the short-term memory, the message that is worked on and all that came after it.
    private const int TailEntries = 256;
    private static readonly TimeSpan RetryStartAfter = TimeSpan.FromSeconds(2);

    // Longer than a cluster takes to notice that a silo's process is gone, shorter than a caller waits.
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan StartPause = TimeSpan.FromMilliseconds(200);

    private readonly Conversation _conversation = new(options.Value);
    private IGrainTimer? _retryStart;
    private bool _counted;

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Messages without an end are among the last entries: RefuseWhileBusy sees to it.
        var tail = await journals.ReadTailAsync(Key, TailEntries, cancellationToken);
        if (tail.Count > 0 && tail[0].Sequence > 1)
        {
            foreach (var entry in await journals.ReadAsync(Key, 0, 1, cancellationToken))
            {
                _conversation.Apply(entry);
            }
        }

        foreach (var entry in tail)
        {
            _conversation.Apply(entry);
        }

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
        if (command.Title is { Length: > MaxTitleLength })
        {
            throw StewardException.Invalid("title", $"must have at most {MaxTitleLength} characters.");
        }

        if (!_conversation.IsOpen)
        {
            await Append(
                SessionRecordTypes.Opened,
                new SessionOpened { Title = command.Title },
                SessionJson.Default.SessionOpened,
                deduplicationId: null,
                open: false);
            SessionDiagnostics.Opened.Add(1);
        }

        return Info();
    }

    /// <inheritdoc/>
    public async Task<SubmitResult> Submit(SubmitMessage command, CancellationToken cancellationToken = default)
    {
        Validate(command);
        if (_conversation.FindRun(command.OperationId) is { } known)
        {
            // The silo that took the message may have been lost before it started the run; starting it again changes nothing otherwise.
            for (var i = 0; i < _conversation.Pending.Count; i++)
            {
                if (string.Equals(_conversation.Pending[i].Message.RunId, known, StringComparison.Ordinal))
                {
                    await TryStart(_conversation.Pending[i], queued: i > 0, StartPatience);
                    break;
                }
            }

            return new SubmitResult { Outcome = SubmitOutcome.Duplicate, RunId = known };
        }

        if (_conversation.Active is not null && await RefuseWhileBusy(command, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        if (turns.Refuse(TenantId, command.Options) is { } overloaded)
        {
            return overloaded;
        }

        var message = new UserMessageAccepted
        {
            OperationId = command.OperationId,
            RunId = RunIdFor(Key, command.OperationId),
            Text = command.Text,
            Requester = Caller.Required,
            Deadline = command.Deadline,
        };
        if (await Append(SessionRecordTypes.UserMessage, message, SessionJson.Default.UserMessageAccepted, $"op:{command.OperationId}", open: true) is { } existing)
        {
            var earlier = JsonSerializer.Deserialize(existing.Payload.Span, SessionJson.Default.UserMessageAccepted)!;
            return new SubmitResult { Outcome = SubmitOutcome.Duplicate, RunId = earlier.RunId };
        }

        var pending = _conversation.Pending[^1];
        var queued = _conversation.Pending.Count > 1;
        await TryStart(pending, queued, StartPatience);
        return new SubmitResult { Outcome = queued ? SubmitOutcome.Queued : SubmitOutcome.Started, RunId = message.RunId };
    }

    /// <inheritdoc/>
    public Task<SessionInfo?> GetInfo(CancellationToken cancellationToken = default) => Task.FromResult(_conversation.IsOpen ? Info() : null);

    /// <inheritdoc/>
    public async Task<TranscriptPage> ReadTranscript(long afterSequence, int limit, CancellationToken cancellationToken = default)
    {
        if (afterSequence < 0)
        {
            throw StewardException.Invalid("after", "must be 0 or a sequence number.");
        }

        if (limit is < 1 or > MaxPageSize)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MaxPageSize}.");
        }

        // One more than asked for tells whether there is a next page; the session.opened entry is the only one that is no message.
        var entries = await journals.ReadAsync(Key, afterSequence, limit + 2, cancellationToken);
        var messages = entries.Select(Conversation.ToTranscript).OfType<TranscriptMessage>().ToList();
        var page = messages.Take(limit).ToList();
        return new TranscriptPage
        {
            Messages = page,
            NextAfterSequence = messages.Count > page.Count ? page[^1].Sequence : null,
        };
    }

    /// <inheritdoc/>
    public async Task RunEnded(RunReport report, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var wasActive = string.Equals(_conversation.Active?.Message.RunId, report.RunId, StringComparison.Ordinal);
        if (_conversation.Pending.All(pending => !string.Equals(pending.Message.RunId, report.RunId, StringComparison.Ordinal)))
        {
            return;
        }

        var earlier = await Append(
            SessionRecordTypes.AssistantMessage,
            new AssistantMessageRecorded { RunId = report.RunId, Text = report.Answer, State = report.State, WorkingMemory = report.WorkingMemory },
            SessionJson.Default.AssistantMessageRecorded,
            $"end:{report.RunId}",
            open: _conversation.Pending.Count > 1);
        if (earlier is not null)
        {
            // The journal knows more than this activation: start afresh from it.
            DeactivateOnIdle();
            return;
        }

        if (wasActive && _conversation.Active is { } next)
        {
            await TryStart(next, queued: false);
        }
    }

    /// <inheritdoc/>
    public async Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        for (var i = 0; i < _conversation.Pending.Count; i++)
        {
            await TryStart(_conversation.Pending[i], queued: i > 0);
        }
    }

    private static void Validate(SubmitMessage command)
    {
        if (command.Text is null or { Length: 0 or > MaxTextLength } || string.IsNullOrWhiteSpace(command.Text))
        {
            throw StewardException.Invalid("text", $"must have 1 to {MaxTextLength} characters and not be blank.");
        }

        if (command.OperationId is null or { Length: 0 or > MaxOperationIdLength })
        {
            throw StewardException.Invalid("operationId", $"must have 1 to {MaxOperationIdLength} characters.");
        }
    }

    /// <summary>The run of an operation: the same for ever, so that a repeated submit can never start a second one.</summary>
    private static string RunIdFor(string sessionKey, string operationId) =>
        "r-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{sessionKey}\n{operationId}")).AsSpan(0, 12));

    private async Task<SubmitResult?> RefuseWhileBusy(SubmitMessage command, CancellationToken cancellationToken)
    {
        platform.Assume(TenantId);
        var profile = await GrainFactory.GetGrain<ITenantGrain>(TenantId).GetProfile(cancellationToken);
        var policy = command.DoubleTexting ?? profile?.DoubleTexting ?? DoubleTexting.Enqueue;
        var limit = profile?.MaxWaitingMessages ?? 16;
        var waiting = _conversation.Pending.Count - 1;

        // Messages that were handed in and cancelled while one is worked on count too: with the ends of those that wait, all must stay in the tail.
        var entries = _conversation.Sequence - _conversation.Active!.Sequence + waiting;
        if (policy == DoubleTexting.Enqueue && waiting < limit && entries < TailEntries - 8)
        {
            return null;
        }

        // A repetition of a message from long ago is still a repetition, whatever the policy.
        if (await journals.FindAsync(Key, $"op:{command.OperationId}", cancellationToken) is { } entry)
        {
            var earlier = JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.UserMessageAccepted)!;
            return new SubmitResult { Outcome = SubmitOutcome.Duplicate, RunId = earlier.RunId };
        }

        return new SubmitResult
        {
            Outcome = SubmitOutcome.Busy,
            Reason = policy == DoubleTexting.Reject
                ? "The previous message is still being worked on."
                : waiting < limit
                    ? "Too many messages were handed in while one is worked on. Wait for its answer, or cancel it."
                    : $"{waiting} messages already wait in this session; at most {limit} may.",
        };
    }

    /// <summary>
    /// Starts the run, or lets it be known as queued. The message is durable already, so a failure here only delays it: a timer tries again,
    /// and after a loss of this activation the watchdog does.
    /// </summary>
    /// <param name="pending">The message.</param>
    /// <param name="queued">Whether the run has to wait.</param>
    /// <param name="patience">
    /// How long to repeat a call that is rejected because the run's silo, or the one that knows where it lives, has just been lost. A caller that
    /// asks for the run at once then finds it.
    /// </param>
    private async Task TryStart(PendingMessage pending, bool queued, TimeSpan patience = default)
    {
        var message = pending.Message;
        try
        {
            platform.Assume(TenantId);
            var run = GrainFactory.GetGrain<IRunGrain>(GrainKeys.Run(TenantId, message.RunId));
            var command = new StartRun
            {
                SessionKey = Key,
                Text = message.Text,
                Requester = message.Requester,
                Context = _conversation.Recall(time.GetUtcNow(), pending.Sequence),
                Deadline = message.Deadline,
                Queued = queued,
            };
            var started = time.GetTimestamp();
            while (true)
            {
                try
                {
                    await run.Start(command);
                    return;
                }
                catch (OrleansMessageRejectionException) when (time.GetElapsedTime(started) < patience)
                {
                    await Task.Delay(StartPause, time);
                }
            }
        }
#pragma warning disable CA1031 // Whatever went wrong, the message must be tried again and the caller has its run id.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogStartFailed(logger, exception, Key, message.RunId);
            _retryStart ??= this.RegisterGrainTimer(
                async _ =>
                {
                    // Which cancels the timer's token.
                    _retryStart?.Dispose();
                    _retryStart = null;
                    platform.Assume(TenantId);
                    await this.AsReference<ISessionGrain>().Resume(CancellationToken.None);
                },
                new GrainTimerCreationOptions(RetryStartAfter, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        }
    }

    private SessionInfo Info() => new()
    {
        SessionId = GrainKeys.LastPart(Key),
        Title = _conversation.Title,
        CreatedAt = _conversation.CreatedAt,
        ActiveRunId = _conversation.Active?.Message.RunId,
        WaitingMessages = Math.Max(0, _conversation.Pending.Count - 1),
        LastSequence = _conversation.Sequence,
    };

    /// <summary>Appends one record and folds it. Returns the earlier record when its deduplication id is known already.</summary>
    private async Task<JournalEntry?> Append<T>(string type, T content, JsonTypeInfo<T> json, string? deduplicationId, bool open)
    {
        if (type != SessionRecordTypes.Opened && !_conversation.IsOpen)
        {
            throw StewardException.NotFound("The session");
        }

        var record = new JournalRecord
        {
            Type = type,
            Payload = JsonSerializer.SerializeToUtf8Bytes(content, json),
            At = time.GetUtcNow().ToMilliseconds(),
            DeduplicationId = deduplicationId,
        };
        JournalAppendResult result;
        try
        {
            result = await journals.AppendAsync(
                new JournalAppend { Journal = Key, ExpectedSequence = _conversation.Sequence, Records = [record], Open = open },
                CancellationToken.None);
        }
        catch (StorageException exception)
        {
            // Whether the record stands is unknown: the next activation reads it from the journal.
            DeactivateOnIdle();
            throw new StewardException(ErrorCodes.Unavailable, "The session's journal cannot be written now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }

        switch (result)
        {
            case JournalAppended appended:
                _conversation.Apply(new JournalEntry { Sequence = appended.Sequence, Type = record.Type, Payload = record.Payload, At = record.At, DeduplicationId = deduplicationId });
                return null;
            case JournalDuplicate duplicate:
                return duplicate.Existing;
            default:
                // Another activation of this session wrote: this one is out of date.
                DeactivateOnIdle();
                throw new StewardException(ErrorCodes.Unavailable, "The session moved to another server.") { IsRetryable = true };
        }
    }

    [LoggerMessage(EventId = 1101, Level = LogLevel.Warning, Message = "Session {Session} could not start run {RunId}; it will be tried again")]
    private static partial void LogStartFailed(ILogger logger, Exception exception, string session, string runId);
}
