using System.Text;
using Steward.Engines.Orchestration;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>
/// A run's journal in the activation: appends facts durably, folds them, keeps the last events for watchers and wakes them. Everything
/// that a watcher sees is durable. Thread-safe, since the engine works off the grain's scheduler and may record from parallel steps.
/// </summary>
internal sealed class RunJournal(IJournalStore store, IContentStore contentStore, string key, int bufferedEvents, TimeProvider time) : IRunRecorder, IDisposable
{
    private const int ReadPage = 500;

    private readonly SemaphoreSlim _appending = new(1, 1);
    private readonly Lock _lock = new();
    private readonly Queue<RunEvent> _buffer = new();
    private readonly HashSet<string> _stored = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _sequence;

    /// <inheritdoc/>
    public RunSnapshot Snapshot { get; private set; } = new();

    /// <summary>Where the run came from, once it is known.</summary>
    public RunOrigin? Origin { get; private set; }

    /// <summary>Whether the run has been requested, not only queued.</summary>
    public bool IsRequested { get; private set; }

    /// <summary>The sequence number of the last durable event.</summary>
    public long Sequence => Interlocked.Read(ref _sequence);

    /// <summary>Reads what the journal holds beyond what is known here.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var entries = await store.ReadAsync(key, Sequence, ReadPage, cancellationToken);
            lock (_lock)
            {
                foreach (var entry in entries)
                {
                    Take(entry.Sequence, entry.Type, entry.Payload, entry.At);
                }
            }

            if (entries.Count < ReadPage)
            {
                Wake();
                return;
            }
        }
    }

    /// <summary>Notes the run as queued or requested, once.</summary>
    public async Task NoteOriginAsync(RunOrigin origin, RunFact? requested, CancellationToken cancellationToken)
    {
        var records = new List<JournalRecord>(2);
        var facts = new List<RunFact?>(2);
        if (Origin is null)
        {
            records.Add(Record(RunOrigin.Type, origin.ToJson()));
            facts.Add(null);
        }

        if (requested is not null)
        {
            records.Add(ToRecord(requested));
            facts.Add(requested);
        }

        // A queued run is not open: its session is, and brings it to life.
        await AppendAsync(records, facts, [], open: requested is not null, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask RecordAsync(IReadOnlyList<RunFact> facts, CancellationToken cancellationToken) => RecordAsync(facts, [], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask RecordAsync(IReadOnlyList<RunFact> facts, IReadOnlyList<RunContent> contents, CancellationToken cancellationToken)
    {
        var ends = facts.Any(fact => fact is RunEnded);
        await AppendAsync([.. facts.Select(ToRecord)], facts, contents, ends ? false : null, cancellationToken);
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
            if (_sequence > afterSequence || Snapshot.HasEnded)
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
            if (Origin is not { } origin)
            {
                return null;
            }

            return new RunStatus
            {
                RunId = runId,
                State = IsRequested || Snapshot.HasEnded ? RunStates.Of(Snapshot.Phase) : RunState.Queued,
                SessionKey = origin.SessionKey,
                RequestedAt = origin.At,
                EndedAt = Snapshot.EndedAt,
                Answer = Snapshot.Answer,
                LastSequence = _sequence,
                Strategy = Snapshot.Strategy,
                Playbook = Snapshot.Playbook,
                ErrorCode = Snapshot.ErrorCode,
                Usage = new RunUsage
                {
                    ModelCalls = Snapshot.Usage.ModelCalls,
                    InputTokens = Snapshot.Usage.InputTokens,
                    OutputTokens = Snapshot.Usage.OutputTokens,
                    CostUsd = Snapshot.Usage.CostUsd,
                },
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _appending.Dispose();

    private async Task AppendAsync(List<JournalRecord> records, IReadOnlyList<RunFact?> facts, IReadOnlyList<RunContent> contents, bool? open, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
        {
            return;
        }

        await _appending.WaitAsync(cancellationToken);
        try
        {
            // What this activation has stored already is not sent again.
            var unsaved = contents.Where(content => !_stored.Contains(content.Hash)).DistinctBy(content => content.Hash).ToList();

            // From here on no cancellation: an append that was begun must be known to stand or not.
            var result = await store.AppendAsync(
                new JournalAppend
                {
                    Journal = key,
                    ExpectedSequence = Sequence,
                    Records = records,
                    Open = open,
                    Contents = unsaved.ConvertAll(content => new StoredContent(content.Hash, content.Bytes)),
                },
                CancellationToken.None);
            if (result is not JournalAppended appended)
            {
                throw new RunMovedException();
            }

            lock (_lock)
            {
                var sequence = appended.Sequence - records.Count;
                for (var i = 0; i < records.Count; i++)
                {
                    var record = records[i];
                    Take(++sequence, record.Type, record.Payload, record.At, facts[i]);
                }
            }

            Wake();
        }
        finally
        {
            _appending.Release();
        }
    }

    private void Take(long sequence, string type, ReadOnlyMemory<byte> payload, DateTimeOffset at, RunFact? known = null)
    {
        if (sequence <= _sequence)
        {
            return;
        }

        if (type == RunOrigin.Type)
        {
            Origin = RunOrigin.FromJson(payload.Span, at);
        }
        else
        {
            // A fact that was just written is folded as it will be read back, so that a resumed run never sees anything else. The largest and
            // the most frequent kinds hold nothing that reading could change and are taken as they are.
            var fact = known is RunRequested or AnswerDelta or RunEnded ? known : RunFacts.Deserialize(type, payload.Span);
            Snapshot.Apply(fact, at);
            IsRequested |= fact is RunRequested;
        }

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
