using System.Text.Json;
using Steward.Engines.Orchestration;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>How records become durable and then known: one append after the other, how the run began before all others.</summary>
internal sealed partial class RunJournal
{
    /// <summary>Appends what <paramref name="make"/> says, behind how the run began if that is not durable yet.</summary>
    private async Task AppendAsync(Func<RunSnapshot, RunAppend> make, IReadOnlyList<RunContent> contents, CancellationToken cancellationToken, bool evenAlone = false)
    {
        await _appending.WaitAsync(cancellationToken);
        try
        {
            // Nothing else is appended meanwhile, so that what is to be written is the same as after the message.
            var batch = _head is { HasFailed: true } ? new RunAppend() : make(Snapshot);
            if (_head is { HasFailed: false } begun && !await begun.Message)
            {
                begun.Fail(new RunMovedException());
            }

            if (_head is { HasFailed: true })
            {
                throw new RunMovedException();
            }

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

        // What belongs to a conversation may be erased at any time: only what is shared is taken for stored.
        var unsaved = contents.Where(content => IsScoped(content) || !knownContents.IsStored(tenantId, content.Hash)).Select(content => (IsScoped: IsScoped(content), Stored: new StoredContent(NameOf(content), content.Bytes))).DistinctBy(content => content.Stored.Hash).ToList();

        // From here on no cancellation: an append that was begun must be known to stand or not.
        var appending = store.AppendAsync(
            new JournalAppend
            {
                Journal = key,
                ExpectedSequence = Sequence,
                Records = batch.Records,
                Open = batch.Open,
                Wake = batch.Wake,
                Contents = [.. unsaved.Select(content => content.Stored)],
            },
            CancellationToken.None);

        // Made while the disk is at work, so that those who wait for it are told at once.
        var shown = new (RunFact? Fact, RunEvent Event)[batch.Records.Count];
        for (var i = 0; i < shown.Length; i++)
        {
            var record = batch.Records[i];
            shown[i] = (i < folded || batch.Facts[i] is not { } fact ? null : AsReadBack(fact, record), ToEvent(Sequence + i + 1, record.Type, record.Payload, record.At));
        }

        if (await appending is not JournalAppended)
        {
            throw new RunMovedException();
        }

        foreach (var content in unsaved.Where(content => !content.IsScoped))
        {
            knownContents.Stored(tenantId, content.Stored.Hash);
        }

        lock (_lock)
        {
            for (var i = 0; i < shown.Length; i++)
            {
                var record = batch.Records[i];
                if (i >= folded)
                {
                    Fold(record.Type, record.Payload, record.At, shown[i].Fact);
                }

                Show(shown[i].Event);
            }
        }

        Wake();
    }

    private bool IsScoped(RunContent content) => !content.IsShared && Origin?.ContentScope is not null;

    private string NameOf(RunContent content) => IsScoped(content) ? ContentHash.Within(Origin!.ContentScope!, content.Hash) : content.Hash;

    private void Take(JournalEntry entry)
    {
        if (entry.Sequence > _sequence)
        {
            Fold(entry.Type, entry.Payload, entry.At);
            Show(ToEvent(entry.Sequence, entry.Type, entry.Payload, entry.At));
        }
    }

    private void Fold(string type, ReadOnlyMemory<byte> payload, DateTimeOffset at, RunFact? known = null)
    {
        if (_life.TakeOwn(type, payload.Span, at))
        {
            return;
        }

        var fact = known ?? RunFacts.Deserialize(type, payload.Span);
        Snapshot.Apply(fact, at);
        _life.Take(fact);
        switch (fact)
        {
            case DeadlineReached:
                _deadlinePassed.TrySetResult();
                break;
            case DecisionRequested { ApprovalId: not null } or DecisionMade { Decision: DecisionRules.Expired }:
                _approvals.TrySetResult();
                break;
        }
    }

    // A fact that was just written is folded as it will be read back, so that a resumed run never sees anything else. The largest and
    // the most frequent kinds hold nothing that reading could change and are taken as they are.
    private static RunFact AsReadBack(RunFact fact, JournalRecord record) =>
        fact is RunRequested or ContextGathered or AnswerDelta or RunEnded ? fact : RunFacts.Deserialize(record.Type, record.Payload.Span);

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
        return Record(type, json, fact.HappenedAt);
    }

    private JournalRecord Record(string type, byte[] json, DateTimeOffset? at = null) => new() { Type = type, Payload = json, At = (at ?? time.GetUtcNow()).ToMilliseconds() };
}
