using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Engines.Memory.Facts;
using Steward.Engines.Memory.Keeping;
using Steward.Engines.Models.Caching;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;
using Steward.Vectors;

namespace Steward.Memory;

/// <summary>
/// Owns what is remembered of one person. Persists: its journal, sealed with the tenant's data key, and beside it a journal of accesses. Woken by: the person's messages and runs, the person, and the tenant's watchdog at the journal's wake time:
/// when something is to be removed, and at night.
/// </summary>
internal sealed partial class UserMemoryGrain : StewardGrain, IUserMemoryGrain, IDisposable
{
    private const string KeyPurpose = "memory";
    private static readonly TimeSpan UseNotedEvery = TimeSpan.FromDays(1);

    private readonly IJournalStore _journals;
    private readonly IContentStore _contents;
    private readonly DataKeys _keys;
    private readonly PlatformIdentity _platform;
    private readonly MemoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<UserMemoryGrain> _logger;
    private readonly AccessTrail _trail;
    private readonly ErasureMark _mark;
    private readonly MemoryIndex _index;
    private readonly VectorCollections _vectors;
    private FoldedJournal<UserMemoryState>? _journal;
    private SealedJournalStore? _store;
    private IGrainTimer? _erasing;
    private bool _stops;

    public UserMemoryGrain(
        IJournalStore journals,
        IContentStore contents,
        DataKeys keys,
        PlatformIdentity platform,
        IOptions<MemoryOptions> options,
        TimeProvider time,
        ILogger<UserMemoryGrain> logger,
        MemoryEmbedder embedder,
        VectorCollections vectors)
    {
        (_journals, _contents, _keys, _platform, _options, _time, _logger) = (journals, contents, keys, platform, options.Value, time, logger);
        _vectors = vectors;
        _trail = new AccessTrail(journals, GrainKeys.MemoryAccesses(this.GetPrimaryKeyString()), time);
        _mark = new ErasureMark(journals, GrainKeys.MemoryErasure(this.GetPrimaryKeyString()), time);
        _index = new MemoryIndex(embedder, GrainKeys.TenantOf(this.GetPrimaryKeyString()), GrainKeys.LastPart(this.GetPrimaryKeyString()), logger);
    }

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    private UserMemoryState State => _journal!.State;

    private DateTimeOffset Now => _time.GetUtcNow().ToMilliseconds();

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stops = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task Note(NoteStatements command, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        MemoryRules.Check(command);
        await OpenAsync(cancellationToken);

        await NoteRequestAsync(command);

        // What is not to be kept is not written either.
        var taken = Dated(command).Where(said => State.Takes(said, command.SaidAt) && !HoldsSecret(command.Source, said.Value)).ToList();
        if (taken.Count > 0)
        {
            await NoteAsync(command, taken);
        }
    }

    /// <inheritdoc/>
    public async Task<MemoryRecall> Recall(RecallMemories query, CancellationToken cancellationToken = default)
    {
        MemoryRules.Check(query);
        await OpenAsync(cancellationToken);
        var now = Now;
        var (found, mode) = _index.Recall(() => State, query, now);
        var ids = found.Select(recalled => recalled.Entry.Id).ToList();
        if (Caller.IsSystem)
        {
            if (ids.Count > 0 && query.RunId is { } runId)
            {
                // A run that waits for its memories does not wait for that.
                _ = NoteUseAsync(runId, ids, now);
            }
        }
        else
        {
            await TrailAsync("search", ids);
        }

        return new MemoryRecall
        {
            Mode = mode,
            Count = State.Facts.Count(fact => fact.HoldsAt(now)),
            Memories = [.. found.Select(recalled => new RecalledMemory { Memory = Shows(State.Find(recalled.Entry.Id)!), Score = Math.Round(recalled.Score, 6), Reason = recalled.Reason })],
        };
    }

    /// <inheritdoc/>
    public async Task<MemoryPage> List(ListMemories query, CancellationToken cancellationToken = default)
    {
        MemoryRules.Check(query);
        await OpenAsync(cancellationToken);
        var now = Now;
        var page = State.Facts
            .Where(fact => fact.Id > query.After && (query.IncludeSuperseded || fact.HoldsAt(now)) && (query.Kind is null || (MemoryKind)fact.Kind == query.Kind))
            .OrderBy(fact => fact.Id)
            .Take(query.Limit + 1)
            .Select(Shows)
            .ToList();
        await TrailAsync("list", page.Take(query.Limit).Select(item => item.Id), query.RunId);
        return new MemoryPage { Memories = [.. page.Take(query.Limit)], NextAfter = page.Count > query.Limit ? page[query.Limit - 1].Id : null };
    }

    /// <inheritdoc/>
    public async Task<MemoryItem> Correct(CorrectMemory command, CancellationToken cancellationToken = default)
    {
        MemoryRules.Check(command);
        await OpenAsync(cancellationToken);
        var operationId = "correction:" + command.OperationId;
        if (State.Facts.LastOrDefault(fact => fact.MessageIds.Contains(operationId)) is { } done)
        {
            return Shows(done);
        }

        var fact = State.Find(command.MemoryId) ?? throw StewardException.NotFound("The memory");
        if (!fact.HoldsAt(Now))
        {
            throw new StewardException(ErrorCodes.Conflict, "memoryId: does not hold any more; correct the memory that took its place, or restore it.") { Field = "memoryId" };
        }

        if (fact.Value == command.Value)
        {
            return Shows(fact);
        }

        if (State.Facts.Count >= UserMemoryState.MaxFacts)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"There are {UserMemoryState.MaxFacts} memories; forget some first.");
        }

        // A plan that is put right stays one.
        var corrected = new MemoryCorrected { Id = command.MemoryId, Value = command.Value, OperationId = operationId, HoldsFrom = fact.HoldsFrom > Now ? fact.HoldsFrom : null };
        await TrailAsync("correct", [command.MemoryId]);
        await TakeBackOppositeAsync(fact, command.Value, operationId);
        await _journal!.AppendAsync(MemoryRecordTypes.Corrected, corrected, MemoryJson.Default.MemoryCorrected, () => Wake(State.ConsolidatesAt), operationId);
        return Shows(State.Facts.LastOrDefault(known => known.MessageIds.Contains(operationId)) ?? throw StewardException.NotFound("The memory"));
    }

    /// <inheritdoc/>
    public async Task<MemoryItem> Restore(long memoryId, CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken);
        var fact = State.Find(memoryId) ?? throw StewardException.NotFound("The memory");
        if (!fact.Holds)
        {
            await TrailAsync("restore", [memoryId]);
            await TakeBackOppositeAsync(fact, fact.Value, "restore");
            await _journal!.AppendAsync(MemoryRecordTypes.Restored, new MemoryRestored { Id = memoryId }, MemoryJson.Default.MemoryRestored, () => Wake(State.ConsolidatesAt));
        }

        return Shows(State.Find(memoryId)!);
    }

    /// <inheritdoc/>
    public async Task<MemoryForgotten> Forget(ForgetMemories command, CancellationToken cancellationToken = default)
    {
        MemoryRules.Check(command);
        await OpenAsync(cancellationToken);
        var operationId = "forget:" + command.OperationId;
        if (State.Operations.Find(operation => operation.OperationId == operationId) is { } done)
        {
            await SettleDueAsync();
            return new MemoryForgotten { Count = done.Count, At = done.At };
        }

        // What holds still is not the past of what is to take its place; without that, it goes on.
        var now = Now;
        var facts = command.MemoryIds.Distinct().SelectMany(id => State.WithHistory(id).Where(fact => fact.Id == id || !fact.HoldsAt(now))).DistinctBy(fact => fact.Id).ToList();
        if (facts.Count == 0)
        {
            await SettleDueAsync();
            return new MemoryForgotten { Count = 0, At = Now };
        }

        var salt = State.Salt ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var forgotten = new MemoriesForgotten
        {
            Ids = [.. facts.Select(fact => fact.Id)],
            Tombstones = [.. facts.Select(fact => Tombstone.Of(Convert.FromBase64String(salt), fact, Now)).DistinctBy(stone => stone.Mark)],
            Salt = salt,
            OperationId = operationId,
            Continued = [.. State.Continuing(facts.Select(fact => fact.Id).ToHashSet(), now)],
        };
        await TrailAsync("forget", forgotten.Ids, command.OperationId.Split('#')[0]);
        await _journal!.AppendAsync(MemoryRecordTypes.Forgotten, forgotten, MemoryJson.Default.MemoriesForgotten, () => new JournalWake(Now), operationId);
        await SettleAsync();
        return new MemoryForgotten { Count = facts.Count, At = State.Operations.Find(operation => operation.OperationId == operationId)?.At ?? Now };
    }

    /// <inheritdoc/>
    public async Task<MemorySettings> GetSettings(CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken);
        return Shown;
    }

    /// <inheritdoc/>
    public async Task<MemorySettings> SetSettings(SetMemorySettings command, CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken);
        var settings = MemoryRules.Change(State.Settings, command);
        if (!settings.Kinds.SequenceEqual(State.Settings.Kinds) || settings.SharePatterns != State.Settings.SharePatterns)
        {
            await TrailAsync("settings");
            await _journal!.AppendAsync(MemoryRecordTypes.Settings, new MemorySettingsSet { Settings = settings, TakesFromNow = true }, MemoryJson.Default.MemorySettingsSet, () => new JournalWake(Now));
            await ShareAsync();
            await SettleAsync();
        }

        await SettleDueAsync();
        return Shown;
    }

    /// <inheritdoc/>
    public async Task<MemoryConsolidated> Consolidate(CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken);
        await TrailAsync("consolidate");
        return (await ConsolidateAsync()).Done;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MemoryAccess>> ListAccesses(int limit, CancellationToken cancellationToken = default)
    {
        MemoryRules.CheckLimit(limit);
        return await _trail.ReadAsync(limit, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        await OpenAsync(cancellationToken);
        if (State.IsErasing)
        {
            GoOnErasing(TimeSpan.Zero);
        }
        else
        {
            await ConsolidateAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _erasing?.Dispose();
        _journal?.Dispose();
        _trail.Dispose();
    }

    // In what systems say, what has the shape of a key may be an id of theirs; the rest was masked.
    private static bool HoldsSecret(MemorySource source, string value) => source == MemorySource.System ? MemoryText.Masked(value) != value : MemoryText.HoldsSecret(value);

    private MemoryItem Shows(MemoryFact fact) => MemoryItems.Of(fact, Now, State.Zone);

    private MemorySettings Shown => State.Settings with { Kinds = [.. State.Settings.Kinds.Select(kind => kind with { TenantRetentionDays = State.TenantRetention.TryGetValue(kind.Kind, out var days) ? days : null })] };

    // What the platform does here it does for a run, which it names.
    private Task TrailAsync(string action, IEnumerable<long>? ids = null, string? runId = null) =>
        Guarded(() => _trail.AddAsync(Caller.IsSystem && runId is not null ? runId : Caller.Required.UserId, action, ids));

    private async Task NoteUseAsync(string by, List<long> ids, DateTimeOffset now)
    {
        try
        {
            await _trail.AddAsync(by, "recall", ids);
            var stale = ids.Where(id => State.Find(id) is { } fact && (fact.LastUsed is null || now - fact.LastUsed >= UseNotedEvery)).ToList();
            if (stale.Count > 0)
            {
                await _journal!.AppendAsync(MemoryRecordTypes.Used, new MemoryUsed { Ids = stale }, MemoryJson.Default.MemoryUsed, () => Wake(State.ConsolidatesAt));
            }
        }
#pragma warning disable CA1031 // The run has its memories already.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            MemoryLog.NotNoted(_logger, exception, Key);
        }
    }

    private static async Task Guarded(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (StorageException exception)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The memory's journal cannot be written now.", exception) { IsRetryable = true };
        }
    }
}
