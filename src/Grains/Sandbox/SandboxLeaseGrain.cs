using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Sandbox;

/// <summary>
/// Owns one execution: asks the silo's pool for it, stops it at its deadline, keeps what came out. Persists: its journal, and the code, sealed, the result and the files as contents. Woken by: whoever asks, its timer,
/// and, after its silo was lost, by the platform; then it ends as failed, because what ran died with the silo.
/// </summary>
[PreferLocalPlacement]
[CollectionAgeLimit(Minutes = 2)]
internal sealed partial class SandboxLeaseGrain : StewardGrain, ISandboxLeaseGrain, IDisposable
{
    private readonly LeaseWork _work;
    private readonly SandboxLeaseOptions _options;
    private readonly IContentStore _contents;
    private readonly SecretSealer _sealer;
    private readonly TimeProvider _time;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<SandboxLeaseGrain> _logger;
    private readonly FoldedJournal<LeaseFold> _journal;
    private readonly LeaseEvents _events = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _isLate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _driver;
    private IGrainTimer? _deadline;
    private bool _isOverdue;
    private bool _isCancelled;
    private SandboxResult? _result;

    public SandboxLeaseGrain(
        LeaseWork work,
        IOptions<SandboxLeaseOptions> options,
        IJournalStore journals,
        IContentStore contents,
        SecretSealer sealer,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        ILogger<SandboxLeaseGrain> logger)
    {
        (_work, _options, _contents, _sealer, _time, _lifetime, _logger) = (work, options.Value, contents, sealer, time, lifetime, logger);
        _journal = new FoldedJournal<LeaseFold>(journals, this.GetPrimaryKeyString(), LeaseJson.Default.LeaseFold, time, DeactivateOnIdle);
    }

    private LeaseFold State => _journal.State;

    private string Key => this.GetPrimaryKeyString();

    private string Id => GrainKeys.LastPart(Key);

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        await _journal.LoadAsync(cancellationToken);
        if (State.Request is not null && !State.IsDestroyed)
        {
            // Nobody works on it: what ran in the activation before is gone with its silo.
            await EndAsync(LeaseOutcome.Of(SandboxState.Failed, "silo_lost", "The server that ran the code was lost. It may have run in part; nothing of it lives."));
        }
    }

    /// <inheritdoc/>
    public async Task<SandboxExecution> Start(StartSandboxExecution command, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        if (State.Request is not null)
        {
            return await Own(caller).ToExecutionAsync(withResult: true, cancellationToken);
        }

        LeaseRules.Check(command);
        var now = _time.GetUtcNow();
        var patience = LeaseRules.Patience(command, _options, now);
        var plain = Encoding.UTF8.GetBytes(command.Code);
        var hash = Convert.ToHexStringLower(SHA256.HashData(plain));
        var sealedCode = Encoding.UTF8.GetBytes(_sealer.Seal(new SecretText(command.Code), CodePlace(GrainKeys.TenantOf(Key), hash)));
        var request = new LeaseRequested
        {
            By = caller,
            Language = command.Language,
            CodeHash = hash,
            SealedCode = ContentHash.Of(sealedCode),
            IsBackground = command.IsBackground,
            Deadline = now + patience,
            Files = [.. command.Files.Select(file => new SandboxFileInfo { Name = file.Name, Kind = "file", Bytes = file.Content.Length, Hash = ContentHash.Of(file.Content) })],
            RunId = command.RunId,
            StepId = command.StepId,
        };

        // To be woken from now on: should this silo be lost, somebody has to say so.
        await _journal.AppendAsync(
            LeaseRecordTypes.Requested, request, LeaseJson.Default.LeaseRequested, () => new JournalWake(_time.GetUtcNow()), contents: [new StoredContent(request.SealedCode, sealedCode)]);
        DelayDeactivation(patience + _options.Grace + TimeSpan.FromMinutes(1));
        _deadline = this.RegisterGrainTimer(OverdueAsync, new GrainTimerCreationOptions(patience, _options.Grace) { Interleave = true, KeepAlive = true });
        _driver = DriveAsync(command with { Deadline = request.Deadline }, caller);
        return await ToExecutionAsync(withResult: false, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SandboxExecution?> Get(CancellationToken cancellationToken = default) =>
        State.Request is null || !IsOwn(Caller.Required) ? null : await ToExecutionAsync(withResult: true, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<SandboxEvent> Watch(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Own(Caller.Required);
        if (afterSequence < 0)
        {
            throw StewardException.Invalid("after", "must be 0 or a sequence number.");
        }

        if (_driver is null)
        {
            // Of another activation only its end is known.
            if (State.End is { } end && (end.LastSequence == 0 || afterSequence < end.LastSequence))
            {
                yield return new SandboxEvent { Sequence = Math.Max(end.LastSequence, afterSequence + 1), Kind = SandboxEventKind.Ended, State = end.State };
            }

            yield break;
        }

        // Somebody who waits would hold up the end of a process that stops.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.ApplicationStopping);
        while (true)
        {
            if (_events.After(afterSequence) is not { } next)
            {
                await _events.WhenChangedAsync(afterSequence, either.Token);
                continue;
            }

            afterSequence = next.Sequence;
            yield return next;
            if (next.EndsExecution)
            {
                yield break;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<SandboxExecution> Cancel(CancellationToken cancellationToken = default)
    {
        Own(Caller.Required);
        if (State.End is null)
        {
            _isCancelled = true;
            await _stop.CancelAsync();
        }

        return await ToExecutionAsync(withResult: true, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadFile(string name, CancellationToken cancellationToken = default)
    {
        Own(Caller.Required);
        return State.End?.Files.FirstOrDefault(file => file.Name == name) is { } found
            ? (await _contents.ReadAsync(GrainKeys.TenantOf(Key), found.Hash, cancellationToken))?.ToArray()
            : null;
    }

    /// <inheritdoc/>
    public async Task<string?> ReadCode(CancellationToken cancellationToken = default)
    {
        var request = Own(Caller.Required).State.Request!;
        var tenant = GrainKeys.TenantOf(Key);
        return await _contents.ReadAsync(tenant, request.SealedCode, cancellationToken) is { } bytes && _sealer.TryOpen(Encoding.UTF8.GetString(bytes.Span), CodePlace(tenant, request.CodeHash), out var code)
            ? code.Reveal()
            : null;
    }

    /// <inheritdoc/>
    public Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<bool> Retire(DateTimeOffset quietSince, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (!State.IsDestroyed || State.EndedAt > quietSince || _journal.SincePurge <= 1)
        {
            return false;
        }

        // What the snapshot refers to goes with the contents that nobody referred to for as long.
        return await _journal.PurgeAsync();
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // The code is killed with the activation; the next one says what became of it, unless this still can.
        await _stop.CancelAsync();
        if (_driver is { } driver)
        {
            await driver.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _deadline?.Dispose();
        _stop.Dispose();
        _journal.Dispose();
    }

    /// <summary>Where sealed code belongs, so that it opens nowhere else.</summary>
    internal static string CodePlace(string tenantId, string codeHash) => $"{tenantId}/sandbox-code/{codeHash}";

    private async Task DriveAsync(StartSandboxExecution command, CallerIdentity person)
    {
        // The call that began it is over; nothing of its caller goes along by accident.
        RequestContext.Clear();
        Caller.Current = null;
        try
        {
            _events.Enter(SandboxState.Granted);
            var stop = _stop.Token;
            var work = Task.Run(() => _work.RunAsync(Id, command, person, _events, stop), CancellationToken.None);
            await StepAsync(LeaseRecordTypes.Granted, new LeaseStep());
            await Task.WhenAny(work, _events.Running, _isLate.Task);
            if (_events.Running.IsCompletedSuccessfully)
            {
                await StepAsync(LeaseRecordTypes.Running, new LeaseStep(await _events.Running));
            }

            await Task.WhenAny(work, _isLate.Task);
            var outcome = work.IsCompleted ? await work : LeaseOutcome.Of(SandboxState.TimedOut, "timed_out", "It did not end in its time, nor when it was told to.");
            if (outcome.State == SandboxState.Cancelled && !_isCancelled)
            {
                outcome = _isOverdue
                    ? outcome with { State = SandboxState.TimedOut, Result = outcome.Result with { Code = "timed_out", Reason = "Its time was over." } }
                    : outcome with { State = SandboxState.Failed, Result = outcome.Result with { Code = "silo_lost", Reason = "The server that ran the code was stopped. It ran in part; nothing of it lives." } };
            }

            _events.Flush();
            await EndAsync(outcome);
            _events.End(State.State);
        }
        catch (StewardException gone)
        {
            // What stands in the journal is not known here any more; the next activation ends the lease.
            LogGivenWay(_logger, gone, Key);
            await _stop.CancelAsync();
            DeactivateOnIdle();
        }
        finally
        {
            _deadline?.Dispose();
            DelayDeactivation(TimeSpan.FromSeconds(-1));
        }
    }

    private Task OverdueAsync(CancellationToken cancellationToken)
    {
        if (_isOverdue)
        {
            _isLate.TrySetResult();
            return Task.CompletedTask;
        }

        _isOverdue = true;
        return _stop.CancelAsync();
    }

    private async Task StepAsync(string type, LeaseStep step)
    {
        if (State.Takes(type))
        {
            await _journal.AppendAsync(type, step, LeaseJson.Default.LeaseStep, () => null);
        }
    }

    private async Task EndAsync(LeaseOutcome outcome)
    {
        if (State.End is null)
        {
            // An end without a start: the code ended before anybody heard that it ran.
            var state = State.Takes(LeaseRecordTypes.Ended, outcome.State) ? outcome.State : SandboxState.Failed;
            var result = JsonSerializer.SerializeToUtf8Bytes(outcome.Result, LeaseJson.Default.SandboxResult);
            var ended = new LeaseEnded
            {
                State = state,
                Code = outcome.Result.Code,
                Reason = outcome.Result.Reason,
                Result = ContentHash.Of(result),
                Files = outcome.Result.Files,
                LastSequence = _driver is null ? 0 : _events.Last + 1,
            };
            var contents = outcome.Result.Files.Zip(outcome.Contents).DistinctBy(pair => pair.First.Hash).Select(pair => new StoredContent(pair.First.Hash, pair.Second)).Append(new StoredContent(ended.Result, result)).ToList();
            await _journal.AppendAsync(LeaseRecordTypes.Ended, ended, LeaseJson.Default.LeaseEnded, () => null, contents: contents);
            _result = outcome.Result;
        }

        await _journal.AppendAsync(LeaseRecordTypes.Destroyed, new LeaseStep(), LeaseJson.Default.LeaseStep, () => JournalWake.Never);
    }

    private async Task<SandboxExecution> ToExecutionAsync(bool withResult, CancellationToken cancellationToken)
    {
        var request = State.Request!;
        if (withResult && _result is null && State.End?.Result is { } hash && await _contents.ReadAsync(GrainKeys.TenantOf(Key), hash, cancellationToken) is { } bytes)
        {
            _result = JsonSerializer.Deserialize(bytes.Span, LeaseJson.Default.SandboxResult);
        }

        return new SandboxExecution
        {
            Id = Id,
            State = State.State,
            Language = request.Language,
            CodeHash = request.CodeHash,
            RequestedAt = State.RequestedAt,
            Deadline = request.Deadline,
            EndedAt = State.EndedAt,
            IsDestroyed = State.IsDestroyed,
            LastSequence = _driver is null ? State.End?.LastSequence ?? 0 : _events.Last,
            RunId = request.RunId,
            Result = withResult && State.End is { } end ? _result ?? new SandboxResult { Code = end.Code, Reason = end.Reason } : null,
        };
    }

    private SandboxLeaseGrain Own(CallerIdentity caller) => State.Request is not null && IsOwn(caller) ? this : throw StewardException.NotFound("The execution");

    private bool IsOwn(CallerIdentity caller) => string.Equals(caller.UserId, State.By?.UserId, StringComparison.Ordinal);

    [LoggerMessage(EventId = 6402, Level = LogLevel.Warning, Message = "The lease {Lease} could not be journaled; its next activation ends it")]
    private static partial void LogGivenWay(ILogger logger, Exception exception, string lease);
}
