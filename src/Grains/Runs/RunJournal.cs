using System.Text.Json;
using Steward.Engines.Orchestration;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>
/// A run's journal in the activation: appends facts durably, folds them, keeps the last events for watchers and wakes them. Everything
/// that a watcher sees is durable. Thread-safe, since the engine works off the grain's scheduler and may record from parallel steps.
/// </summary>
internal sealed partial class RunJournal(
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
    private TaskCompletionSource _approvals = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new();
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

    /// <summary>Completes when the run asks for an approval, or needs one no more, and nobody took note of that.</summary>
    public Task ApprovalsChanged
    {
        get
        {
            lock (_lock)
            {
                return _approvals.Task;
            }
        }
    }

    /// <summary>Takes note of what the run asks for by now.</summary>
    public void TakeApprovals()
    {
        lock (_lock)
        {
            if (_approvals.Task.IsCompleted)
            {
                _approvals = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

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
    /// <param name="origin">Where the run came from.</param>
    /// <param name="requested">The request.</param>
    /// <param name="context">What is known of the conversation before it.</param>
    /// <param name="contents">What these refer to.</param>
    /// <param name="message">
    /// Says whether the message is durable: all appends wait for that, so that there is never a run without a message. If it is not, all of them fail.
    /// </param>
    public void Begin(RunOrigin origin, RunRequested requested, ContextGathered? context, IReadOnlyList<RunContent> contents, Task<bool> message)
    {
        var head = new RunHead(contents, message);
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
    public async ValueTask<ReadOnlyMemory<byte>?> LoadContentAsync(string hash, CancellationToken cancellationToken)
    {
        var tenantId = GrainKeys.TenantOf(key);
        var own = Origin?.ContentScope is { } scope ? await contentStore.ReadAsync(tenantId, ContentHash.Within(scope, hash), cancellationToken) : null;
        return own ?? await contentStore.ReadAsync(tenantId, hash, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _appending.Dispose();
}

/// <summary>Another activation appended to the run's journal: this one must give way.</summary>
internal sealed class RunMovedException() : Exception("The run is driven by another activation.");
