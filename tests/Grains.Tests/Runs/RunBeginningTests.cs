using Steward.Engines.Orchestration;
using Steward.Runs;
using Steward.Storage;

namespace Steward.Grains.Tests.Runs;

public class RunBeginningTests
{
    private readonly OneJournal _store = new();
    private readonly RunJournal _journal;
    private Task<bool> _message = Task.FromResult(true);

    public RunBeginningTests() =>
        _journal = new RunJournal(_store, _store, new KnownContents(TimeProvider.System), "t-acme/r-1", 100, _ => false, TimeProvider.System);

    [Fact]
    public async Task Begin_BeforeTheFirstAppend_IsKnownHereButToldToNobody()
    {
        Begin();

        Assert.True(_journal.Life.IsRequested);
        Assert.Equal("go", _journal.Snapshot.Input!.Text);
        Assert.Null(_journal.Status("r-1"));
        Assert.Empty(await _journal.ReadAsync(0, default));
        Assert.False(_journal.WhenBegunAsync().IsCompleted);
        Assert.Empty(_store.Appends);
    }

    [Fact]
    public async Task Record_FirstFacts_TakesTheBeginningAlongInOneAppend()
    {
        Begin(RunContent.Of("agreed"u8.ToArray()));
        var begun = _journal.WhenBegunAsync();
        await _journal.DecideAsync(_ => []);
        Assert.Empty(_store.Appends);

        await _journal.RecordAsync([new StepStarted { StepId = "a", Title = "a" }], [RunContent.Of("found"u8.ToArray())], default);
        await _journal.RecordAsync([new StepCompleted { StepId = "a", Status = "done" }], default);

        await begun;
        Assert.Equal([["run.accepted", "run.requested", "step.started"], ["step.completed"]], _store.Appends.Select(append => append.Records.Select(record => record.Type).ToArray()));
        Assert.Equal((true, 2), (_store.Appends[0].Open, _store.Appends[0].Contents.Count));
        Assert.Equal([1L, 2, 3, 4], (await _journal.ReadAsync(0, default)).Select(runEvent => runEvent.Sequence));
        Assert.Equal((4L, StepStatus.Done), (_journal.Status("r-1")!.LastSequence, Assert.Single(_journal.Snapshot.Steps).Status));
    }

    [Fact]
    public async Task Record_EndAtOnce_ClosesTheJournal()
    {
        Begin();
        await _journal.RecordAsync([new RunEnded { Phase = RunPhase.Completed }], default);

        Assert.False(Assert.Single(_store.Appends).Open);
    }

    [Fact]
    public async Task Flush_BeforeTheFirstFacts_RecordsTheBeginningByItselfOnce()
    {
        Begin();
        await _journal.FlushAsync();
        await _journal.FlushAsync();

        await _journal.WhenBegunAsync();
        Assert.Equal(["run.accepted", "run.requested"], Assert.Single(_store.Appends).Records.Select(record => record.Type));
        Assert.Equal(2, _journal.Status("r-1")!.LastSequence);
    }

    [Fact]
    public async Task Record_FirstAppendIsLost_NothingIsTakenAfterIt()
    {
        Begin();
        var begun = _journal.WhenBegunAsync();
        _store.Failures.Enqueue(new StorageException("The connection broke.") { OutcomeUnknown = true });

        await Assert.ThrowsAsync<StorageException>(() => _journal.RecordAsync([new StepStarted { StepId = "a", Title = "a" }], default).AsTask());

        await Assert.ThrowsAsync<StorageException>(() => begun);
        await Assert.ThrowsAsync<RunMovedException>(() => _journal.RecordAsync([new StepStarted { StepId = "a", Title = "a" }], default).AsTask());
        await Assert.ThrowsAsync<RunMovedException>(() => _journal.LoadAsync(default));
        Assert.Null(_journal.Status("r-1"));
        Assert.Empty(_store.Appends);
    }

    [Fact]
    public async Task Record_FirstFactsAreNotAccepted_TheRunHasBegunAllTheSame()
    {
        Begin();
        _store.Failures.Enqueue(new ArgumentException("Too much."));

        await Assert.ThrowsAsync<ArgumentException>(() => _journal.RecordAsync([new StepStarted { StepId = "a", Title = "a" }], default).AsTask());

        await _journal.WhenBegunAsync();
        Assert.Equal(["run.accepted", "run.requested"], Assert.Single(_store.Appends).Records.Select(record => record.Type));
        Assert.Empty(_journal.Snapshot.Steps);
    }

    [Fact]
    public async Task Record_SomebodyElseWrote_GivesWay()
    {
        Begin();
        _store.Head = 7;

        await Assert.ThrowsAsync<RunMovedException>(_journal.FlushAsync);
        await Assert.ThrowsAsync<RunMovedException>(_journal.WhenBegunAsync);
    }

    [Fact]
    public async Task Record_MessageIsNotDurableYet_WaitsForItAndThenAppends()
    {
        var message = new TaskCompletionSource<bool>();
        _message = message.Task;
        Begin();
        var recorded = _journal.RecordAsync([new StepStarted { StepId = "a", Title = "a" }], default).AsTask();
        var flushed = _journal.FlushAsync();

        Assert.False(recorded.IsCompleted || flushed.IsCompleted);
        Assert.Empty(_store.Appends);
        Assert.Null(_journal.Status("r-1"));

        message.SetResult(true);
        await recorded;
        await flushed;
        Assert.Equal(["run.accepted", "run.requested", "step.started"], Assert.Single(_store.Appends).Records.Select(record => record.Type));
    }

    [Fact]
    public async Task Record_MessageDoesNotStand_TheRunNeverWas()
    {
        _message = Task.FromResult(false);
        Begin();
        var begun = _journal.WhenBegunAsync();

        await Assert.ThrowsAsync<RunMovedException>(() => _journal.RecordAsync([new RunEnded { Phase = RunPhase.Completed }], default).AsTask());
        await Assert.ThrowsAsync<RunMovedException>(() => begun);
        await Assert.ThrowsAsync<RunMovedException>(_journal.FlushAsync);
        Assert.Empty(_store.Appends);
        Assert.Null(_journal.Status("r-1"));
    }

    [Fact]
    public async Task Record_HappenedEarlier_KeepsThatTime()
    {
        Begin();
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        await _journal.RecordAsync([new StepStarted { StepId = "a", Title = "a", HappenedAt = at }, new StepCompleted { StepId = "a", Status = "done" }], default);

        var step = Assert.Single(_journal.Snapshot.Steps);
        Assert.Equal(at, step.StartedAt);
        Assert.True(step.EndedAt > at);
        Assert.Equal(at, _store.Appends[0].Records[2].At);
    }

    private void Begin(params RunContent[] contents) => _journal.Begin(
        new RunOrigin { SessionKey = "t-acme/u-ada/s-1", UserId = "u-ada" },
        new RunRequested { Input = new RunInput { RunId = "r-1", TenantId = "t-acme", Requester = new Requester { UserId = "u-ada", Roles = [] }, Text = "go" } },
        null,
        contents,
        _message);

    private sealed class OneJournal : IJournalStore, IContentStore
    {
        public List<JournalAppend> Appends { get; } = [];

        public Queue<Exception> Failures { get; } = new();

        public long Head { get; set; }

        public ValueTask<JournalAppendResult> AppendAsync(JournalAppend append, CancellationToken cancellationToken = default)
        {
            if (Failures.TryDequeue(out var failure))
            {
                throw failure;
            }

            if (append.ExpectedSequence != Head)
            {
                return new(new JournalConflict(Head));
            }

            Appends.Add(append);
            Head += append.Records.Count;
            return new(new JournalAppended(Head));
        }

        public ValueTask<IReadOnlyList<JournalEntry>> ReadAsync(string journal, long afterSequence, int limit, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<JournalEntry>> ReadTailAsync(string journal, int limit, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<JournalHead?> GetHeadAsync(string journal, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<JournalEntry?> FindAsync(string journal, string deduplicationId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<JournalHead>> ListOpenAsync(string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyList<JournalHead>> ListDueAsync(string prefix, DateTimeOffset dueBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyList<JournalHead>> ListClosedAsync(string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyList<JournalHead>> ListAsync(string prefix, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<int> RemoveAsync(string tenantId, IReadOnlyList<string> hashes, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<JournalAppendResult> PurgeAsync(JournalPurge purge, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string tenantId, string hash, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<int> PurgeAsync(string tenantId, DateTimeOffset referredBefore, int limit, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
