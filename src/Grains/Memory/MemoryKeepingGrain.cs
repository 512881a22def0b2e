using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;
using Steward.Vectors;

namespace Steward.Memory;

/// <summary>
/// Keeps the memories of a tenant's people as the tenant wants them. Persists: its journal, with the rules, the place of the pass and what the last passes did. Woken by: the tenant's watchdog at the journal's wake time, and admins.
/// </summary>
/// <remarks>A pass reads which memories there are from the keys of the journals, one page after the other beside the grain's calls, and notes each page: after a loss it goes on behind the last one.</remarks>
internal sealed partial class MemoryKeepingGrain : StewardGrain, IMemoryKeepingGrain, IDisposable
{
    private const string KeyPurpose = "memory";
    private const int Page = 200;
    private const int AtOnce = 4;
    private static readonly TimeSpan AgainAfter = TimeSpan.FromHours(1);

    /// <summary>How long a key must have been the current one before a pass may say that nothing is sealed with another any more: no silo seals with one that was replaced so long ago.</summary>
    internal static readonly TimeSpan KeySettles = DataKeys.TrustedFor + TimeSpan.FromMinutes(5);

    private readonly IJournalStore _journals;
    private readonly DataKeys _keys;
    private readonly VectorCollections _vectors;
    private readonly PlatformIdentity _platform;
    private readonly MemoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<MemoryKeepingGrain> _logger;
    private readonly FoldedJournal<MemoryKeepingState> _journal;
    private IGrainTimer? _timer;
    private bool _isStepping;
    private bool _stops;

    public MemoryKeepingGrain(IJournalStore journals, DataKeys keys, VectorCollections vectors, PlatformIdentity platform, IOptions<MemoryOptions> options, TimeProvider time, ILogger<MemoryKeepingGrain> logger)
    {
        (_journals, _keys, _vectors, _platform, _options, _time, _logger) = (journals, keys, vectors, platform, options.Value, time, logger);
        _journal = new FoldedJournal<MemoryKeepingState>(journals, Key, MemoryKeepingJson.Default.MemoryKeepingState, time, DeactivateOnIdle);
    }

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    private MemoryKeepingState State => _journal.State;

    private DateTimeOffset Now => _time.GetUtcNow().ToMilliseconds();

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        if (Key != GrainKeys.MemoryKeeping(TenantId))
        {
            throw StewardException.NotFound("What was asked for");
        }

        await _journal.LoadAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stops = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<MemoryRetention> Get(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        return Task.FromResult(Shown);
    }

    /// <inheritdoc/>
    public async Task<MemoryRetention> Set(SetMemoryRetention command, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var rules = MemoryRules.Change(State.RetentionDays, command);
        if (!rules.SequenceEqual(State.RetentionDays))
        {
            var changed = new KeepingLimits { By = Caller.Required.UserId, RetentionDays = rules, NextAt = Now };
            await AppendAsync(KeepingRecordTypes.Rules, changed, MemoryKeepingJson.Default.KeepingLimits);
            await BeginOrGoOnAsync();
        }

        return Shown;
    }

    /// <inheritdoc/>
    public async Task<MemoryRetention> Begin(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        await BeginOrGoOnAsync(now: true);
        return Shown;
    }

    /// <inheritdoc/>
    public async Task<MemoryKeyDestroyed> DestroyKey(string confirmation, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (confirmation != TenantId)
        {
            throw StewardException.Invalid("confirm", "must be the tenant's id: all memories of its people become unreadable, the vectors of its tickets and other collections are erased, and there is no way back.");
        }

        if (!State.IsKeyPending && State.ErasesVectorsBefore is null)
        {
            // First what is to be done, then the deed: whoever is lost in between goes on with it.
            var now = Now;
            var ring = await AskAsync(() => FindKeyAsync(cancellationToken));
            var begun = new KeepingKeyDestroyed
            {
                Destroyed = new MemoryKeyDestroyed { At = now, By = Caller.Required.UserId, HoldsEverywhereAt = now + DataKeys.TrustedFor },
                NextAt = now + KeySettles,
                HasSteps = true,
                KeyId = ring?.CurrentId,
                ErasesVectors = _vectors.HasStore,
            };
            await AppendAsync(KeepingRecordTypes.KeyDestroyed, begun, MemoryKeepingJson.Default.KeepingKeyDestroyed);
        }

        await DestroyPendingKeyAsync(cancellationToken);
        await EraseVectorsAsync();
        return State.KeyDestroyed!;
    }

    /// <inheritdoc/>
    public async Task NoteKey(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        await NoteKeyAsync(cancellationToken);
        await ScheduleAsync(Sooner(State.NextAt, State.KeySince + KeySettles));
    }

    /// <inheritdoc/>
    public async Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (State.NextAt is null && State.Pass is null)
        {
            await ScheduleAsync(NextNight(Now));
        }

        if (State.ErasesVectorsBefore is not null)
        {
            EraseVectorsOn(TimeSpan.Zero);
        }

        await BeginOrGoOnAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _erasing?.Dispose();
        _journal.Dispose();
    }

    private MemoryRetention Shown => new()
    {
        Kinds = [.. State.RetentionDays.Select(rule => new MemoryKindRetention { Kind = rule.Key, RetentionDays = rule.Value })],
        NextAt = State.NextAt,
        Passes = State.Pass is { } pass ? [pass, .. State.Passes.Take(MemoryKeepingState.MaxPasses - 1)] : [.. State.Passes],
        KeyDestroyed = State.KeyDestroyed,
    };

    private static DateTimeOffset Sooner(DateTimeOffset? one, DateTimeOffset other) => one < other ? one.Value : other;

    /// <summary>An hour behind the memories' own consolidation, UTC.</summary>
    private static DateTimeOffset NextNight(DateTimeOffset now) => UserMemoryState.NextNight(now).AddHours(1);

    private async Task ScheduleAsync(DateTimeOffset at)
    {
        if (State.NextAt != at)
        {
            await AppendAsync(KeepingRecordTypes.Scheduled, new KeepingScheduled { NextAt = at }, MemoryKeepingJson.Default.KeepingScheduled);
        }
    }

    // Until a pass that goes on has ended, the watchdog looks whether somebody is at it.
    private Task<bool> AppendAsync<T>(string type, T content, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json) =>
        _journal.AppendAsync(type, content, json, () => new JournalWake(WakeOf(type, content)));

    private DateTimeOffset? WakeOf<T>(string type, T content) => content switch
    {
        KeepingBegun or KeepingPage or KeepingKeysRemoved => Now,
        KeepingKeyDestroyed { ErasesVectors: true } => Now,
        _ when State.ErasesVectorsBefore is not null && content is not KeepingVectorsErased => Now,
        _ when State.Pass is not null && type != KeepingRecordTypes.Ended => Now,
        KeepingScheduled scheduled => scheduled.NextAt,
        KeepingLimits rules => rules.NextAt,
        KeepingKeyDestroyed destroyed => destroyed.NextAt,
        _ => State.NextAt,
    };

    [LoggerMessage(EventId = 2211, Level = LogLevel.Information, Message = "A pass through the memories of {Tenant} looked at {People} and removed {Removed}")]
    private partial void LogEnded(string tenant, int people, int removed);

    [LoggerMessage(EventId = 2212, Level = LogLevel.Warning, Message = "{Memory} could not be kept as the tenant wants it; it will be tried again within the hour")]
    private partial void LogNotKept(Exception exception, string memory);

    [LoggerMessage(EventId = 2213, Level = LogLevel.Warning, Message = "The pass of {Keeping} was interrupted and will go on")]
    private partial void LogInterrupted(Exception exception, string keeping);

    [LoggerMessage(EventId = 2215, Level = LogLevel.Warning, Message = "The earlier keys of {Keeping} may still be in the vault; it will be tried again within the hour")]
    private partial void LogKeysRemain(Exception exception, string keeping);
}
