using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Approvals.Machine;
using Steward.Errors;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>
/// An approval's journal in the activation: its state is the fold of its events, and each append says when somebody has to look at it again. For the grain's scheduler only; what is decided is decided while nothing else can be
/// appended.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="key">The grain's key.</param>
/// <param name="time">The clock.</param>
/// <param name="giveWay">Called when what is in memory may not be what stands: the activation must end.</param>
internal sealed class ApprovalJournal(IJournalStore store, string key, TimeProvider time, Action giveWay) : IDisposable
{
    /// <summary>The type of snapshot entries.</summary>
    public const string SnapshotType = "approval.snapshot";

    // Between them: the tail that an activation reads must hold a snapshot, or the beginning.
    private const int SnapshotAfter = 128;
    private const int TailEntries = 256;

    private readonly SemaphoreSlim _appending = new(1, 1);
    private long _sequence;
    private int _sinceSnapshot;

    /// <summary>The approval; null before it was asked for, and when retention has removed it.</summary>
    public ApprovalState? State { get; private set; }

    /// <summary>What retention left; null while the approval is there.</summary>
    public ApprovalRetired? Retired { get; private set; }

    /// <summary>Reads the last snapshot and what came after it.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var tail = await store.ReadTailAsync(key, TailEntries, cancellationToken);
        var from = tail.Count;
        while (from > 0 && tail[--from].Type is not (SnapshotType or ApprovalRetired.Type))
        {
        }

        if (tail.Count > 0 && tail[from].Type is not (SnapshotType or ApprovalRetired.Type) && tail[from].Sequence != 1)
        {
            throw new InvalidOperationException($"The last {TailEntries} entries of {key} hold no snapshot.");
        }

        (State, Retired, _sequence, _sinceSnapshot) = (null, null, 0, 0);
        for (var i = from; i < tail.Count; i++)
        {
            Take(tail[i].Sequence, tail[i].Type, tail[i].Payload.Span);
        }
    }

    /// <summary>Appends the events that <paramref name="decide"/> answers with, all or none; from what it is shown until then nothing else comes in between.</summary>
    /// <exception cref="StewardException"><c>unavailable</c>: nothing was written, or that is unknown; the activation ends.</exception>
    public async Task<ApprovalOutcome> DecideAsync(Func<ApprovalState?, ApprovalOutcome> decide)
    {
        await _appending.WaitAsync();
        try
        {
            var outcome = decide(State);
            if (outcome.Events.Count > 0)
            {
                await AppendAsync(outcome.Events);
            }

            return outcome;
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>Removes everything but a receipt. Does nothing when somebody else wrote, or something is still to be done.</summary>
    /// <returns>Whether nothing but the receipt is left.</returns>
    public async Task<bool> RetireAsync(ApprovalRetired receipt, CancellationToken cancellationToken)
    {
        await _appending.WaitAsync(cancellationToken);
        try
        {
            var record = new JournalRecord { Type = ApprovalRetired.Type, Payload = JsonSerializer.SerializeToUtf8Bytes(receipt, ApprovalReceiptJson.Default.ApprovalRetired), At = time.GetUtcNow().ToMilliseconds() };
            return await store.PurgeAsync(new JournalPurge { Journal = key, ThroughSequence = _sequence, Receipt = record }, cancellationToken) is JournalAppended;
        }
        finally
        {
            // What is in memory is gone from the journal.
            giveWay();
            _appending.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _appending.Dispose();

    private async Task AppendAsync(IReadOnlyList<ApprovalEvent> events)
    {
        var records = new List<JournalRecord>(events.Count + 1);
        if (_sinceSnapshot >= SnapshotAfter)
        {
            records.Add(Record(SnapshotType, ApprovalEvents.SerializeState(State!), time.GetUtcNow()));
        }

        var (next, sequence) = (State, _sequence + records.Count);
        foreach (var happened in events)
        {
            var (type, json) = ApprovalEvents.Serialize(happened);
            records.Add(Record(type, json, happened.At));

            // As it will be read back: another activation must never see anything else.
            next = ApprovalState.Apply(next, ApprovalEvents.Deserialize(type, json), ++sequence);
        }

        JournalAppendResult result;
        try
        {
            result = await store.AppendAsync(new JournalAppend { Journal = key, ExpectedSequence = _sequence, Records = records, Wake = new JournalWake(ApprovalWake.Of(next!)) });
        }
        catch (StorageException exception)
        {
            giveWay();
            throw new StewardException(ErrorCodes.Unavailable, "The approval's journal cannot be written now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }

        if (result is not JournalAppended)
        {
            // Another activation wrote: this one is out of date.
            giveWay();
            throw new StewardException(ErrorCodes.Unavailable, "The approval moved to another server.") { IsRetryable = true };
        }

        _sinceSnapshot = records.Count > events.Count ? events.Count : _sinceSnapshot + events.Count;
        (State, _sequence) = (next, sequence);
    }

    private void Take(long sequence, string type, ReadOnlySpan<byte> payload)
    {
        _sequence = sequence;
        switch (type)
        {
            case SnapshotType:
                (State, _sinceSnapshot) = (ApprovalEvents.DeserializeState(payload), 0);
                break;
            case ApprovalRetired.Type:
                (State, Retired) = (null, JsonSerializer.Deserialize(payload, ApprovalReceiptJson.Default.ApprovalRetired));
                break;
            default:
                State = ApprovalState.Apply(State, ApprovalEvents.Deserialize(type, payload), sequence);
                _sinceSnapshot++;
                break;
        }
    }

    private static JournalRecord Record(string type, byte[] json, DateTimeOffset at) => new() { Type = type, Payload = json, At = at.ToMilliseconds() };
}

/// <summary>What retention leaves of an approval: that there was one, and what became of it.</summary>
internal sealed record ApprovalRetired
{
    /// <summary>The record's type.</summary>
    public const string Type = "approval.retired";

    public required string Status { get; init; }

    public required string Action { get; init; }

    public required string SubjectHash { get; init; }

    public required string Requester { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public string? DecidedBy { get; init; }

    public string? ConsumedBy { get; init; }

    public string? RunId { get; init; }

    /// <summary>What is left of an approval that is over.</summary>
    public static ApprovalRetired Of(ApprovalState state) => new()
    {
        Status = ApprovalViews.StatusOf(state.Status),
        Action = state.Request.Action,
        SubjectHash = state.Request.SubjectHash,
        Requester = state.Request.Requester.UserId,
        RequestedAt = state.Request.RequestedAt,
        EndedAt = state.End?.At,
        DecidedBy = state.End?.By,
        ConsumedBy = state.ConsumedBy,
        RunId = state.Request.RunId,
    };
}

/// <summary>JSON of the records that the owner of an approval writes itself.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApprovalRetired))]
internal sealed partial class ApprovalReceiptJson : JsonSerializerContext;
