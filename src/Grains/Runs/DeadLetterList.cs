using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>The dead letters that nobody has settled, folded from the list's journal. Pure.</summary>
internal sealed class DeadLetterList
{
    private readonly SortedDictionary<long, DeadLetter> _open = [];
    private readonly Dictionary<string, long> _byRun = new(StringComparer.Ordinal);

    /// <summary>The last entry that was applied.</summary>
    public long Sequence { get; private set; }

    /// <summary>How many entries were applied since the last one that holds everything.</summary>
    public int EntriesSinceKept { get; private set; }

    /// <summary>How many letters are open.</summary>
    public int Depth => _open.Count;

    /// <summary>The open letters, oldest first.</summary>
    public IEnumerable<DeadLetter> After(long sequence) => _open.Where(letter => letter.Key > sequence).Select(letter => letter.Value);

    /// <summary>The open letter of a run, or null.</summary>
    public DeadLetter? Find(string runId) => _byRun.TryGetValue(runId, out var sequence) ? _open[sequence] : null;

    public void Apply(JournalEntry entry)
    {
        EntriesSinceKept++;
        Sequence = Math.Max(Sequence, entry.Sequence);
        if (entry.Payload.IsEmpty)
        {
            // A receipt that is left of an older letter.
            return;
        }

        switch (entry.Type)
        {
            case DeadLetterRecords.Added:
                Put(JsonSerializer.Deserialize(entry.Payload.Span, DeadLetterJson.Default.DeadLetter)! with { Sequence = entry.Sequence });
                break;
            case DeadLetterRecords.Settled:
                var settled = JsonSerializer.Deserialize(entry.Payload.Span, DeadLetterJson.Default.SettleDeadLetter)!;
                if (Find(settled.RunId) is { } letter && letter.Attempt <= settled.Attempt)
                {
                    Remove(settled.RunId);
                }

                break;
            case DeadLetterRecords.Kept:
                EntriesSinceKept = 0;
                foreach (var kept in JsonSerializer.Deserialize(entry.Payload.Span, DeadLetterJson.Default.IReadOnlyListDeadLetter)!)
                {
                    Put(kept);
                }

                break;
        }
    }

    private void Put(DeadLetter letter)
    {
        Remove(letter.RunId);
        _open[letter.Sequence] = letter;
        _byRun[letter.RunId] = letter.Sequence;
    }

    private void Remove(string runId)
    {
        if (_byRun.Remove(runId, out var sequence))
        {
            _open.Remove(sequence);
        }
    }
}

/// <summary>The record types in the journal of a dead-letter list.</summary>
internal static class DeadLetterRecords
{
    public const string Added = "letter.added";
    public const string Settled = "letter.settled";

    /// <summary>All that is open; what came before is removed.</summary>
    public const string Kept = "letters.kept";
}

/// <summary>JSON of the journal of a dead-letter list.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeadLetter))]
[JsonSerializable(typeof(SettleDeadLetter))]
[JsonSerializable(typeof(IReadOnlyList<DeadLetter>))]
internal sealed partial class DeadLetterJson : JsonSerializerContext;
