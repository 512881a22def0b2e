using System.Globalization;
using System.Text;
using Steward.Engines.Memory.Asking;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Orchestration;
using Steward.Engines.Retrieval.Text;

namespace Steward.Memory;

/// <summary>What people are answered in a conversation about their memory.</summary>
/// <param name="memory">The memory of the person who asks.</param>
/// <param name="runId">The run that answers; what it changes is done once for it.</param>
/// <param name="time">The clock.</param>
internal sealed class MemoryChat(IUserMemoryGrain memory, string runId, TimeProvider time)
{
    /// <summary>How an answer begins that tells what is remembered.</summary>
    public const string Begins = "This is what I remember about you:";

    private const int MostTold = 100;
    private const int PageSize = 200;

    /// <summary>What is remembered.</summary>
    public async Task<MemoryAnswer> TellAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var page = await memory.List(new ListMemories { Limit = MostTold, RunId = runId }, cancellationToken);
        if (page.Memories.Count == 0)
        {
            return new MemoryAnswer("I remember nothing about you.", null);
        }

        // Only what a correction would find: one value of one slot.
        var correctable = page.Memories.FirstOrDefault(item => IsSingle(item.Slot) && page.Memories.Count(other => other.Slot == item.Slot) == 1);
        var text = new StringBuilder(Begins).Append(Lines(page.Memories, now))
            .Append(page.NextAfter is null ? "" : "\n(and more)")
            .Append(correctable is null ? "\nIf something is wrong, write “forget” and its words." : $"\nIf something is wrong, tell me what is right, for example “my {correctable.Slot} is …”; or write “forget …”.");
        return new MemoryAnswer(text.ToString(), Asked(page.Memories, now));
    }

    /// <summary>Puts a value right.</summary>
    /// <returns>Null when nothing that is remembered is meant: it is said, then, as anything is.</returns>
    public async Task<MemoryAnswer?> CorrectAsync(MemoryRequest request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if ((await ListAsync(cancellationToken)).FindAll(item => item.Slot == request.Slot && item.ValidFrom <= now) is not [var wrong])
        {
            return null;
        }

        if (request.About.Length > MemoryRules.MaxValue || MemoryText.HoldsUnseen(request.About))
        {
            return null;
        }

        if (MemoryText.HoldsSecret(request.About))
        {
            return new MemoryAnswer("I do not remember that: it has the shape of a password, a key or the number of a card.", null);
        }

        var right = await memory.Correct(new CorrectMemory { MemoryId = wrong.Id, Value = request.About, OperationId = runId }, cancellationToken);
        return new MemoryAnswer($"I have put it right: your {right.Slot} is {right.Value}.", Asked([right], time.GetUtcNow()));
    }

    /// <summary>Forgets what is meant, or asks what is.</summary>
    /// <returns>Null when it may be about something else: then it is answered as any message is.</returns>
    public async Task<MemoryAnswer?> ForgetAsync(string about, CancellationToken cancellationToken)
    {
        var wish = ForgetWish.Of(about);
        var known = await ListAsync(cancellationToken);
        var found = known.FindAll(wish.Fits);
        if (found.Count == 0)
        {
            return wish.Slot is { } slot ? new MemoryAnswer($"I remember nothing about your {slot}.", null) : null;
        }

        var now = time.GetUtcNow();
        if (!wish.IsSure(found))
        {
            return new MemoryAnswer($"{(found.Count == 1 ? "Shall I forget this?" : "Which of these shall I forget?")} Write “forget” and its words.{Lines(found, now)}", Asked(found, now));
        }

        // Each part is an operation of its own, named by what it begins with: what a repetition still finds is not taken for done.
        foreach (var part in found.OrderBy(item => item.Id).Chunk(MemoryRules.MaxPage))
        {
            var operationId = found.Count <= MemoryRules.MaxPage ? runId : string.Create(CultureInfo.InvariantCulture, $"{runId}#{part[0].Id}");
            await memory.Forget(new ForgetMemories { MemoryIds = [.. part.Select(item => item.Id)], OperationId = operationId }, cancellationToken);
        }

        var left = (await ListAsync(cancellationToken)).FindAll(item => item.Slot == found[0].Slot);
        return left.Count == 0
            ? new MemoryAnswer($"I have forgotten your {found[0].Slot}.", null)
            : new MemoryAnswer($"I have forgotten that. What I still remember of it:{Lines(left, now)}", Asked(left, now));
    }

    /// <summary>Forgets everything.</summary>
    public async Task<MemoryAnswer> ForgetAllAsync(CancellationToken cancellationToken)
    {
        var erasure = await memory.Erase(new EraseMemory { OperationId = runId }, cancellationToken);
        var count = erasure.Removed.FirstOrDefault(part => part.Place == "memories")?.Count ?? 0;
        return new MemoryAnswer($"I have forgotten everything that I remembered of you: {count} {(count == 1 ? "memory" : "memories")}. Conversations and runs are kept as your organisation has set; they can be erased, too.", null);
    }

    /// <summary>A memory as a run is told of it.</summary>
    public static RememberedItem Item(MemoryItem item, string reason, DateTimeOffset now) => new()
    {
        Id = item.Id,
        Kind = item.Kind.ToString().ToLowerInvariant(),
        Slot = item.Slot,
        Value = item.Value,
        When = When(item, now),
        Reason = reason,
    };

    /// <summary>A value with when it holds, where that is not now and for good.</summary>
    public static string Told(MemoryItem item, DateTimeOffset now) => When(item, now) is { } when ? $"{item.Value} ({when})" : item.Value;

    // What is to come is not told as if it were so already, and what is to end not as if it lasted. The times have the offset of the person's zone: their days are the person's.
    private static string? When(MemoryItem item, DateTimeOffset now) => (item.ValidFrom > now, item.ValidTo > now) switch
    {
        (true, _) => string.Create(CultureInfo.InvariantCulture, $"from {item.ValidFrom:d MMMM yyyy}"),
        (_, true) => string.Create(CultureInfo.InvariantCulture, $"until {item.ValidTo!.Value.AddTicks(-1):d MMMM yyyy}"),
        _ => null,
    };

    private static bool IsSingle(string slot) => MemorySlots.All.TryGetValue(slot, out var known) && known.IsSingle;

    private static string Lines(IEnumerable<MemoryItem> items, DateTimeOffset now) => string.Concat(items.Select(item => $"\n- {item.Slot}: {Told(item, now)}"));

    private static MemoryRecalled Asked(IEnumerable<MemoryItem> items, DateTimeOffset now) => new() { Mode = "all", Memories = [.. items.Select(item => Item(item, "asked", now))] };

    private async Task<List<MemoryItem>> ListAsync(CancellationToken cancellationToken)
    {
        var items = new List<MemoryItem>();
        for (long? after = 0; after is { } place;)
        {
            var page = await memory.List(new ListMemories { After = place, Limit = PageSize, RunId = runId }, cancellationToken);
            items.AddRange(page.Memories);
            after = page.NextAfter;
        }

        return items;
    }

    /// <summary>What a wish to forget something names. All of its words that say something must be those of a memory: nothing is forgotten on suspicion.</summary>
    private sealed record ForgetWish(HashSet<string> Words, bool IsOwn, bool IsAll)
    {
        public static ForgetWish Of(string about)
        {
            var wish = about.Trim();
            var isAll = wish.StartsWith("all ", StringComparison.OrdinalIgnoreCase);
            wish = isAll ? wish[4..].TrimStart() : wish;
            wish = isAll && wish.StartsWith("of ", StringComparison.OrdinalIgnoreCase) ? wish[3..].TrimStart() : wish;
            return new ForgetWish(TextAnalyzer.Terms(wish).ToHashSet(StringComparer.Ordinal), wish.StartsWith("my ", StringComparison.OrdinalIgnoreCase), isAll);
        }

        // What is asked for by no more than its name.
        public string? Slot => IsOwn && Words.Count > 0 ? MemorySlots.All.Keys.FirstOrDefault(slot => Words.SetEquals(TextAnalyzer.Terms(slot))) ?? MemorySlots.All.Keys.FirstOrDefault(IsName) : null;

        public bool Fits(MemoryItem item) => Words.Count > 0 && Words.IsSubsetOf(TextAnalyzer.Terms(SlotWords.Searchable(item.Slot, item.Value)));

        // "Forget about lunch" is no word about an allergy: what is found by a word that only goes with its slot is asked about, but for "my boss".
        public bool IsSure(List<MemoryItem> found) =>
            found.TrueForAll(item => Words.Overlaps(TextAnalyzer.Terms($"{item.Slot} {item.Value}")) || (IsOwn && item.Kind != MemoryKind.Constraint))
            && (found.Count == 1 || (found.TrueForAll(item => item.Slot == found[0].Slot) && IsName(found[0].Slot) && (IsAll || IsSingle(found[0].Slot))));

        private bool IsName(string slot) => Words.IsSubsetOf(TextAnalyzer.Terms(SlotWords.Searchable(slot, "")));
    }
}
