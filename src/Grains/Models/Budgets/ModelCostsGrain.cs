using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Models;

/// <summary>
/// Owns what a tenant's model calls cost: a journal for each day of UTC, an entry for each batch of a silo. Remembers nothing but the heads of the last days. Woken by: the silos' writers, and whoever asks for costs.
/// </summary>
internal sealed class ModelCostsGrain(IJournalStore journals, TimeProvider time) : StewardGrain, IModelCostsGrain
{
    private const string EntryType = "model.costs";
    private const int MaxBatch = 500;
    private const int MaxDays = 366;
    private const int MaxDaysKnown = 4;
    private const int MaxConflicts = 3;
    private const int MostPerPage = 4000;
    private const int BatchesAtOnce = 50;

    // A batch whose fate is unknown is repeated within a minute: it is among the last of its day.
    private const int LookedThrough = 4000;

    private readonly Dictionary<DateOnly, long> _heads = [];

    private string Key => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task Append(ModelCostBatch batch, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (batch.Costs.Count is < 1 or > MaxBatch)
        {
            throw StewardException.Invalid("costs", $"must be 1 to {MaxBatch}.");
        }

        var journal = new ModelCostDay(batch.Day).JournalOf(Key);
        var record = new JournalRecord { Type = EntryType, Payload = JsonSerializer.SerializeToUtf8Bytes(batch, ModelCostJson.Default.ModelCostBatch), At = time.GetUtcNow().ToMilliseconds() };
        try
        {
            var mayBeThere = batch.IsRepeated;
            for (var attempt = 0; attempt < MaxConflicts; attempt++)
            {
                if (mayBeThere && await IsThereAsync(journal, batch.BatchId, cancellationToken))
                {
                    return;
                }

                if (!_heads.TryGetValue(batch.Day, out var head))
                {
                    head = (await journals.GetHeadAsync(journal, cancellationToken))?.Sequence ?? 0;
                }

                switch (await journals.AppendAsync(new JournalAppend { Journal = journal, ExpectedSequence = head, Records = [record] }, CancellationToken.None))
                {
                    case JournalAppended appended:
                        Know(batch.Day, appended.Sequence);
                        return;
                    case JournalConflict conflict:
                        // Another activation wrote, in a silo that is about to be lost or just was: perhaps this very batch.
                        (_heads[batch.Day], mayBeThere) = (conflict.Sequence, true);
                        break;
                    default:
                        return;
                }
            }
        }
        catch (StorageException exception)
        {
            _heads.Clear();
            throw new StewardException(ErrorCodes.Unavailable, "Costs cannot be written now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }

        DeactivateOnIdle();
        throw new StewardException(ErrorCodes.Unavailable, "The costs moved to another server.") { IsRetryable = true };
    }

    /// <inheritdoc/>
    public async Task<ModelCostPage> Read(ModelCostQuery query, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        if (query.To < query.From || query.To.DayNumber - query.From.DayNumber >= MaxDays)
        {
            throw StewardException.Invalid("to", $"must not be before from, nor {MaxDays} days or more after it.");
        }

        var costs = new List<ModelCost>();
        var first = query.After > 0 ? ModelCostDay.OfPlace(query.After).Day : query.From;
        for (var day = first < query.From ? query.From : first; day <= query.To; day = day.AddDays(1))
        {
            var one = new ModelCostDay(day);
            for (var after = one.SequenceOf(query.After); ;)
            {
                var entries = await journals.ReadAsync(one.JournalOf(Key), after, BatchesAtOnce, cancellationToken);
                foreach (var entry in entries)
                {
                    after = entry.Sequence;
                    if (entry.Type != EntryType || entry.Payload.Length == 0)
                    {
                        continue;
                    }

                    costs.AddRange(JsonSerializer.Deserialize(entry.Payload.Span, ModelCostJson.Default.ModelCostBatch)!.Costs);
                    if (costs.Count >= MostPerPage)
                    {
                        return new ModelCostPage { Costs = costs, NextAfter = one.Place(after) };
                    }
                }

                if (entries.Count < BatchesAtOnce)
                {
                    break;
                }
            }
        }

        return new ModelCostPage { Costs = costs };
    }

    /// <inheritdoc/>
    public async Task<ModelCost?> Find(string callId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return ModelCostPlace.BeginOf(callId, time.GetUtcNow()) is { } began ? await new ModelCostPlace(journals, Key).FindAsync(callId, began, cancellationToken) : null;
    }

    private async Task<bool> IsThereAsync(string journal, string batchId, CancellationToken cancellationToken)
    {
        var tail = await journals.ReadTailAsync(journal, LookedThrough, cancellationToken);
        return tail.Any(entry => entry.Type == EntryType && entry.Payload.Length > 0 && JsonSerializer.Deserialize(entry.Payload.Span, ModelCostJson.Default.ModelCostBatch)!.BatchId == batchId);
    }

    private void Know(DateOnly day, long sequence)
    {
        _heads[day] = sequence;
        if (_heads.Count > MaxDaysKnown)
        {
            _heads.Remove(_heads.Keys.Min());
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ModelCostBatch))]
internal sealed partial class ModelCostJson : JsonSerializerContext;
