using System.Text;
using System.Text.Json;
using Steward.Engines.Orchestration;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>
/// A run's journal in the activation: appends facts durably, folds them, keeps the last events for watchers and wakes them. Everything
/// that a watcher sees is durable. Thread-safe, since the engine works off the grain's scheduler and may record from parallel steps.
/// </summary>
internal sealed class RunJournal(
    IJournalStore store,
    IContentStore contentStore,
    KnownContents knownContents,
    string key,
    int bufferedEvents,
    Func<RunOrigin, bool> hasHook,
    TimeProvider time) : IRunRecorder, IDisposable
{
    private const int ReadPage = 500;

    private readonly SemaphoreSlim _appending = new(1, 1);
    private readonly Lock _lock = new();
    private readonly Queue<RunEvent> _buffer = new();
    private readonly RunLife _life = new(hasHook);
    private readonly TaskCompletionSource _deadlinePassed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RunHead? _head;
    private long _sequence;

    /// <inheritdoc/>
    public RunSnapshot Snapshot { get; private set; } = new();

    /// <summary>What the owner knows of the run besides.</summary>
    public RunLife Life
    {
        get
        {
            lock (_lock)
            {
                return _life;
            }
        }
    }

    /// <summary>Where the run came from, once it is known.</summary>
    public RunOrigin? Origin => Life.Origin;

    /// <summary>Whether the run is over.</summary>
    public bool HasEnded => Snapshot.HasEnded || Life.Retired is not null;

    /// <summary>Completes when the run goes on in the background after its deadline.</summary>
    public Task DeadlinePassed => _deadlinePassed.Task;

    /// <summary>The sequence number of the last durable event.</summary>
    public long Sequence => Interlocked.Read(ref _sequence);

    /// <summary>Reads what the journal holds beyond what is known here.</summary>
    /// <exception cref="RunMovedException">What is in memory is ahead of the journal: this instance is of no use any more.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (_head is not null)
        {
            throw new RunMovedException();
        }

        while (true)
        {
            var entries = await store.ReadAsync(key, Sequence, ReadPage, cancellationToken);
            lock (_lock)
            {
                foreach (var entry in entries)
                {
                    Take(entry);
                }
            }

            if (entries.Count < ReadPage)
            {
                Wake();
                return;
            }
        }
    }

    /// <summary>Notes the run as queued. Its journal is not open: its session's is, and brings the run to life.</summary>
    public Task QueueAsync(RunOrigin origin) => AppendAsync(_ => new RunAppend { Open = false }.With(ToRecord(origin), null), [], CancellationToken.None);

    /// <summary>
    /// Takes the request in, so that work on the run can begin: it becomes durable with the first append that the work makes, in one, or by itself
    /// (<see cref="FlushAsync"/>). Until then nobody is told of the run, and what only reads is all that may be done for it.
    /// </summary>
    public void Begin(RunOrigin origin, RunRequested requested, ContextGathered? context, IReadOnlyList<RunContent> contents)
    {
        var head = new RunHead(contents);
        if (Origin is null)
        {
            head.Append.With(ToRecord(origin), null);
        }

        head.Append.With(ToRecord(requested), requested);
        if (context is not null)
        {
            head.Append.With(ToRecord(context), context);
        }

        lock (_lock)
        {
            foreach (var (record, fact) in head.Append.Records.Zip(head.Append.Facts))
            {
                Fold(record.Type, record.Payload, record.At, fact);
            }

            _head = head;
        }
    }

    /// <summary>Completes when everything that is known here of how the run began is durable; fails when it is not, and then this instance is of no use any more.</summary>
    public Task WhenBegunAsync() => _head?.Durable ?? Task.CompletedTask;

    /// <summary>Makes durable what <see cref="Begin"/> took in, unless that has been done.</summary>
    public Task FlushAsync() => AppendAsync(_ => new RunAppend(), [], CancellationToken.None, evenAlone: true);

    /// <inheritdoc/>
    public ValueTask RecordAsync(IReadOnlyList<RunFact> facts, CancellationToken cancellationToken) => RecordAsync(facts, [], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask RecordAsync(IReadOnlyList<RunFact> facts, IReadOnlyList<RunContent> contents, CancellationToken cancellationToken) =>
        await AppendAsync(snapshot => ToBatch(facts, snapshot), contents, cancellationToken);

    /// <summary>Appends what <paramref name="decide"/> says, while nothing else can be appended between what it sees and what it says.</summary>
    public Task DecideAsync(Func<RunSnapshot, IReadOnlyList<RunFact>> decide) =>
        AppendAsync(snapshot => ToBatch(decide(snapshot), snapshot), [], CancellationToken.None);

    /// <summary>Notes that nothing is left to be done for the run.</summary>
    public Task SettleAsync(int attempt) => AppendAsync(
        _ => new RunAppend { Open = false }.With(Record(RunSettled.Type, JsonSerializer.SerializeToUtf8Bytes(new RunSettled { Attempt = attempt }, RunRecordJson.Default.RunSettled)), null),
        [],
        CancellationToken.None);

    /// <summary>Notes that everyone knows that the run waits: from then on it is left alone until its wake time. Does nothing when it goes on by now.</summary>
    public Task NoteToldAsync(string occasion) => AppendAsync(
        snapshot =>
        {
            var batch = new RunAppend { Open = false };
            if (Life.Untold(snapshot) == occasion && RunLife.StandsStill(snapshot, time.GetUtcNow()))
            {
                batch.With(Record(RunTold.Type, JsonSerializer.SerializeToUtf8Bytes(new RunTold { Occasion = occasion }, RunRecordJson.Default.RunTold)), null);
            }

            return batch;
        },
        [],
        CancellationToken.None);

    /// <summary>Removes everything but a receipt. What this instance holds in memory is out of date afterwards.</summary>
    /// <returns>Whether it was done; not when somebody else wrote.</returns>
    public async Task<bool> PurgeAsync(RunRetired receipt, CancellationToken cancellationToken)
    {
        var record = Record(RunRetired.Type, JsonSerializer.SerializeToUtf8Bytes(receipt, RunRecordJson.Default.RunRetired));
        return await store.PurgeAsync(new JournalPurge { Journal = key, ThroughSequence = Sequence, Receipt = record }, cancellationToken) is JournalAppended;
    }

    /// <inheritdoc/>
    public ValueTask<ReadOnlyMemory<byte>?> LoadContentAsync(string hash, CancellationToken cancellationToken) =>
        contentStore.ReadAsync(GrainKeys.TenantOf(key), hash, cancellationToken);

    /// <summary>Durable events after a sequence number; empty when there are none yet.</summary>
    public async ValueTask<IReadOnlyList<RunEvent>> ReadAsync(long afterSequence, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (afterSequence >= _sequence)
            {
                return [];
            }

            if (_buffer.TryPeek(out var oldest) && oldest.Sequence <= afterSequence + 1)
            {
                return [.. _buffer.Where(buffered => buffered.Sequence > afterSequence)];
            }
        }

        var entries = await store.ReadAsync(key, afterSequence, ReadPage, cancellationToken);
        return [.. entries.Select(entry => ToEvent(entry.Sequence, entry.Type, entry.Payload, entry.At))];
    }

    /// <summary>Completes when something was added after this call.</summary>
    public Task WhenChangedAsync(long afterSequence, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_lock)
        {
            if (_sequence > afterSequence || Snapshot.HasEnded || _life.Retired is not null)
            {
                return Task.CompletedTask;
            }

            changed = _changed.Task;
        }

        return changed.WaitAsync(cancellationToken);
    }

    /// <summary>A consistent view of the status.</summary>
    public RunStatus? Status(string runId)
    {
        lock (_lock)
        {
            if (_life.Origin is not { } origin || _sequence == 0)
            {
                // Not known, or not durably.
                return null;
            }

            return RunStates.Status(runId, origin, _life, Snapshot, _sequence);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _appending.Dispose();

    /// <summary>Appends what <paramref name="make"/> says, behind how the run began if that is not durable yet.</summary>
    private async Task AppendAsync(Func<RunSnapshot, RunAppend> make, IReadOnlyList<RunContent> contents, CancellationToken cancellationToken, bool evenAlone = false)
    {
        await _appending.WaitAsync(cancellationToken);
        try
        {
            if (_head is { HasFailed: true })
            {
                throw new RunMovedException();
            }

            var batch = make(Snapshot);
            if (batch.Records.Count == 0 && (_head is null || !evenAlone))
            {
                return;
            }

            if (_head is { } head)
            {
                await StoreAsync(head, batch, contents);
            }
            else
            {
                await StoreAsync(batch, contents);
            }
        }
        finally
        {
            _appending.Release();
        }
    }

    private async Task StoreAsync(RunHead head, RunAppend batch, IReadOnlyList<RunContent> contents)
    {
        try
        {
            await StoreAsync(head.Before(batch), [.. head.Contents, .. contents], folded: head.Append.Records.Count);
        }
        catch (Exception exception)
        {
            if (exception is StorageException or RunMovedException || batch.Records.Count == 0)
            {
                head.Fail(exception);
                throw;
            }

            // What the store does not even accept must not keep the run from beginning: then it can end with an error.
            await StoreAsync(head, new RunAppend(), []);
            throw;
        }

        _head = null;
        head.Succeed();
    }

    /// <summary>Makes records durable and takes them.</summary>
    /// <param name="batch">The records.</param>
    /// <param name="contents">What they refer to.</param>
    /// <param name="folded">How many of them, from the first on, are folded already.</param>
    private async Task StoreAsync(RunAppend batch, IReadOnlyList<RunContent> contents, int folded = 0)
    {
        var tenantId = GrainKeys.TenantOf(key);
        var unsaved = contents.Where(content => !knownContents.IsStored(tenantId, content.Hash)).DistinctBy(content => content.Hash).ToList();

        // From here on no cancellation: an append that was begun must be known to stand or not.
        var result = await store.AppendAsync(
            new JournalAppend
            {
                Journal = key,
                ExpectedSequence = Sequence,
                Records = batch.Records,
                Open = batch.Open,
                Wake = batch.Wake,
                Contents = unsaved.ConvertAll(content => new StoredContent(content.Hash, content.Bytes)),
            },
            CancellationToken.None);
        if (result is not JournalAppended appended)
        {
            throw new RunMovedException();
        }

        unsaved.ForEach(content => knownContents.Stored(tenantId, content.Hash));
        lock (_lock)
        {
            var sequence = appended.Sequence - batch.Records.Count;
            for (var i = 0; i < batch.Records.Count; i++)
            {
                var record = batch.Records[i];
                if (i >= folded)
                {
                    Fold(record.Type, record.Payload, record.At, batch.Facts[i]);
                }

                Show(++sequence, record.Type, record.Payload, record.At);
            }
        }

        Wake();
    }

    private void Take(JournalEntry entry)
    {
        if (entry.Sequence > _sequence)
        {
            Fold(entry.Type, entry.Payload, entry.At);
            Show(entry.Sequence, entry.Type, entry.Payload, entry.At);
        }
    }

    private void Fold(string type, ReadOnlyMemory<byte> payload, DateTimeOffset at, RunFact? known = null)
    {
        if (_life.TakeOwn(type, payload.Span, at))
        {
            return;
        }

        // A fact that was just written is folded as it will be read back, so that a resumed run never sees anything else. The largest and
        // the most frequent kinds hold nothing that reading could change and are taken as they are.
        var fact = known is RunRequested or ContextGathered or AnswerDelta or RunEnded ? known : RunFacts.Deserialize(type, payload.Span);
        Snapshot.Apply(fact, at);
        _life.Take(fact);
        if (fact is DeadlineReached)
        {
            _deadlinePassed.TrySetResult();
        }
    }

    private void Show(long sequence, string type, ReadOnlyMemory<byte> payload, DateTimeOffset at)
    {
        _buffer.Enqueue(ToEvent(sequence, type, payload, at));
        while (_buffer.Count > bufferedEvents)
        {
            _buffer.Dequeue();
        }

        Interlocked.Exchange(ref _sequence, sequence);
    }

    private void Wake()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    private RunAppend ToBatch(IReadOnlyList<RunFact> facts, RunSnapshot snapshot)
    {
        var batch = new RunAppend();
        foreach (var fact in facts)
        {
            batch.With(ToRecord(fact), fact);
        }

        lock (_lock)
        {
            (batch.Open, batch.Wake) = _life.Marks(facts, snapshot);
        }

        return batch;
    }

    private JournalRecord ToRecord(RunOrigin origin) => Record(RunOrigin.Type, JsonSerializer.SerializeToUtf8Bytes(origin, RunRecordJson.Default.RunOrigin));

    private JournalRecord ToRecord(RunFact fact)
    {
        var (type, json) = RunFacts.Serialize(fact);
        return Record(type, json);
    }

    private JournalRecord Record(string type, byte[] json) => new() { Type = type, Payload = json, At = time.GetUtcNow().ToMilliseconds() };

    private static RunEvent ToEvent(long sequence, string type, ReadOnlyMemory<byte> payload, DateTimeOffset at) =>
        new() { Sequence = sequence, Type = type, At = at, Data = Encoding.UTF8.GetString(payload.Span) };
}

/// <summary>Another activation appended to the run's journal: this one must give way.</summary>
internal sealed class RunMovedException() : Exception("The run is driven by another activation.");
