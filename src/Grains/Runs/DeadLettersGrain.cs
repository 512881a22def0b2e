using System.Text.Json;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>
/// Owns the list of a tenant's runs that failed for technical reasons. Persists: its journal, which it shortens by itself. Woken by: runs that fail or are
/// replayed, administrators, and the tenant's watchdog, so that its depth is always shown.
/// </summary>
internal sealed class DeadLettersGrain(IJournalStore journals, TimeProvider time) : StewardGrain, IDeadLettersGrain
{
    private const int MaxPageSize = 200;
    private const int FirstRead = 1100;
    private const int ShortenAfter = 1000;

    private DeadLetterList _list = new();

    private string Key => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        await Load(cancellationToken);
        RunDiagnostics.DeadLetters.Set(GrainKeys.TenantOf(Key), _list.Depth);
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        RunDiagnostics.DeadLetters.Forget(GrainKeys.TenantOf(Key));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task Add(DeadLetter letter, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        await Append(DeadLetterRecords.Added, JsonSerializer.SerializeToUtf8Bytes(letter, DeadLetterJson.Default.DeadLetter), $"dead:{letter.RunId}:{letter.Attempt}");
    }

    /// <inheritdoc/>
    public Task<DeadLetterPage> List(long afterSequence, int limit, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (afterSequence < 0)
        {
            throw StewardException.Invalid("after", "must be 0 or a sequence number.");
        }

        if (limit is < 1 or > MaxPageSize)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MaxPageSize}.");
        }

        var letters = _list.After(afterSequence).Take(limit + 1).ToList();
        var page = letters.Take(limit).ToList();
        return Task.FromResult(new DeadLetterPage { Letters = page, NextAfterSequence = letters.Count > page.Count ? page[^1].Sequence : null, Depth = _list.Depth });
    }

    /// <inheritdoc/>
    public Task<DeadLetter?> Find(string runId, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return Task.FromResult(_list.Find(runId));
    }

    /// <inheritdoc/>
    public Task<int> Count(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return Task.FromResult(_list.Depth);
    }

    /// <inheritdoc/>
    public async Task Settle(SettleDeadLetter command, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (_list.Find(command.RunId) is { } letter && letter.Attempt <= command.Attempt)
        {
            await Append(DeadLetterRecords.Settled, JsonSerializer.SerializeToUtf8Bytes(command, DeadLetterJson.Default.SettleDeadLetter), deduplicationId: null);
        }
    }

    private async Task Load(CancellationToken cancellationToken)
    {
        // From the end back to where everything that was open is kept together: the receipts of older letters, which only ever become more, are not read.
        for (var limit = FirstRead; ; limit *= 4)
        {
            var tail = await journals.ReadTailAsync(Key, limit, cancellationToken);
            var from = tail.Count - 1;
            while (from > 0 && tail[from].Type != DeadLetterRecords.Kept)
            {
                from--;
            }

            if (tail.Count == limit && tail[from].Type != DeadLetterRecords.Kept)
            {
                continue;
            }

            var list = new DeadLetterList();
            foreach (var entry in tail.Skip(from))
            {
                list.Apply(entry);
            }

            _list = list;
            return;
        }
    }

    private async Task Append(string type, byte[] payload, string? deduplicationId)
    {
        var record = new JournalRecord { Type = type, Payload = payload, At = time.GetUtcNow().ToMilliseconds(), DeduplicationId = deduplicationId };
        try
        {
            switch (await journals.AppendAsync(new JournalAppend { Journal = Key, ExpectedSequence = _list.Sequence, Records = [record] }, CancellationToken.None))
            {
                case JournalAppended appended:
                    _list.Apply(new JournalEntry { Sequence = appended.Sequence, Type = type, Payload = payload, At = record.At, DeduplicationId = deduplicationId });
                    break;
                case JournalDuplicate:
                    return;
                default:
                    DeactivateOnIdle();
                    throw new StewardException(ErrorCodes.Unavailable, "The dead-letter list moved to another server.") { IsRetryable = true };
            }

            RunDiagnostics.DeadLetters.Set(GrainKeys.TenantOf(Key), _list.Depth);
            if (_list.EntriesSinceKept > ShortenAfter + _list.Depth)
            {
                await Shorten();
            }
        }
        catch (StorageException exception)
        {
            DeactivateOnIdle();
            throw new StewardException(ErrorCodes.Unavailable, "The dead-letter list cannot be written now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }
    }

    /// <summary>Replaces what came before by what is still open; that a run was ever on the list stays known.</summary>
    private async Task Shorten()
    {
        var kept = new JournalRecord
        {
            Type = DeadLetterRecords.Kept,
            Payload = JsonSerializer.SerializeToUtf8Bytes([.. _list.After(0)], DeadLetterJson.Default.IReadOnlyListDeadLetter),
            At = time.GetUtcNow().ToMilliseconds(),
        };
        await journals.PurgeAsync(new JournalPurge { Journal = Key, ThroughSequence = _list.Sequence, Receipt = kept }, CancellationToken.None);
        await Load(CancellationToken.None);
    }
}
