using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Memory.Asking;
using Steward.Engines.Models.Caching;
using Steward.Engines.Orchestration;
using Steward.Engines.Retrieval.Text;
using Steward.Identity;

namespace Steward.Memory;

/// <summary>Tells runs what is remembered of the person in whose name they act, and answers what that person asks of the memory. A memory that does not answer in time holds no run up.</summary>
internal sealed class RunMemory(
    IGrainFactory grains, PlatformIdentity platform, IEnumerable<ITextEmbedder> embedders, IOptions<MemoryOptions> options, TimeProvider time, ILogger<RunMemory> logger) : IRunMemory
{
    private const int MostTold = 100;
    private const int MaxQuestion = 2_000;
    private const int MaxEmbedded = 300;

    private readonly ITextEmbedder? _embedder = embedders.FirstOrDefault();

    /// <inheritdoc/>
    public async ValueTask<MemoryRecalled?> RecallAsync(RunInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!options.Value.IsEnabled)
        {
            return null;
        }

        try
        {
            var recall = await Task.Run(() => AskAsync(input, cancellationToken), cancellationToken).WaitAsync(options.Value.RecallPatience, time, cancellationToken);
            return recall.Memories.Count == 0 ? null : new MemoryRecalled { Mode = recall.Mode, Memories = [.. recall.Memories.Select(recalled => Item(recalled.Memory, recalled.Reason, time.GetUtcNow()))] };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // The answer does not depend on it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            MemoryLog.NotRecalled(logger, exception, input.TenantId);
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<MemoryAnswer?> AnswerAsync(RunInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!options.Value.IsEnabled || MemoryRequest.Read(input.Text) is not { } request)
        {
            return null;
        }

        try
        {
            var memory = Memory(input);
            return request.Kind switch
            {
                MemoryRequestKind.Tell => await TellAsync(memory, input.RunId, time.GetUtcNow(), cancellationToken),
                MemoryRequestKind.Forget => await ForgetAsync(input, request.About, cancellationToken),
                MemoryRequestKind.ForgetAll => new MemoryAnswer($"That removes everything that I remember of you, for good. If you want that, write: {MemoryRequest.ForSure}", null),
                _ => await ForgetAllAsync(input, cancellationToken),
            };
        }
        catch (Errors.StewardException exception)
        {
            MemoryLog.NotRecalled(logger, exception, input.TenantId);
            return new MemoryAnswer($"I cannot open your memory now: {exception.Message}", null);
        }
    }

    private static async Task<MemoryAnswer> TellAsync(IUserMemoryGrain memory, string runId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var page = await memory.List(new ListMemories { Limit = MostTold, RunId = runId }, cancellationToken);
        if (page.Memories.Count == 0)
        {
            return new MemoryAnswer("I remember nothing about you.", null);
        }

        var text = new StringBuilder("This is what I remember about you:");
        foreach (var item in page.Memories)
        {
            text.Append("\n- ").Append(item.Slot).Append(": ").Append(Told(item, now));
        }

        text.Append(page.NextAfter is null ? "" : "\n(and more)").Append("\nIf something is wrong, tell me what is right, for example “my ").Append(page.Memories[0].Slot).Append(" is …”; or write “forget …”.");
        return new MemoryAnswer(text.ToString(), new MemoryRecalled { Mode = "all", Memories = [.. page.Memories.Select(item => Item(item, "asked", now))] });
    }

    // What is to come is not told as if it were so already, and what is to end not as if it lasted. The times have the offset of the person's zone: their days are the person's.
    internal static string Told(MemoryItem item, DateTimeOffset now) => (item.ValidFrom > now, item.ValidTo > now) switch
    {
        (true, _) => string.Create(CultureInfo.InvariantCulture, $"{item.Value} (from {item.ValidFrom:d MMMM yyyy})"),
        (_, true) => string.Create(CultureInfo.InvariantCulture, $"{item.Value} (until {item.ValidTo!.Value.AddTicks(-1):d MMMM yyyy})"),
        _ => item.Value,
    };

    private async Task<MemoryAnswer?> ForgetAsync(RunInput input, string about, CancellationToken cancellationToken)
    {
        var meant = await FindAsync(Memory(input), input.RunId, about, cancellationToken);
        if (meant.Count == 0)
        {
            // It may be about something else: then it is answered as any message is.
            return null;
        }

        if (meant.Count > 1)
        {
            return new MemoryAnswer(
                $"Which of these shall I forget? Write “forget” and its words.{string.Concat(meant.Select(item => $"\n- {item.Slot}: {item.Value}"))}",
                new MemoryRecalled { Mode = "all", Memories = [.. meant.Select(item => Item(item, "asked", time.GetUtcNow()))] });
        }

        await Memory(input).Forget(new ForgetMemories { MemoryIds = [meant[0].Id], OperationId = input.RunId }, cancellationToken);
        return new MemoryAnswer($"I have forgotten your {meant[0].Slot}.", null);
    }

    // All words of the wish that say something must be those of the memory: nothing is forgotten on suspicion.
    private static async Task<List<MemoryItem>> FindAsync(IUserMemoryGrain memory, string runId, string about, CancellationToken cancellationToken)
    {
        var asked = TextAnalyzer.Terms(about).ToHashSet(StringComparer.Ordinal);
        var found = new List<MemoryItem>();
        if (asked.Count == 0)
        {
            return found;
        }

        for (long? after = 0; after is { } place;)
        {
            var page = await memory.List(new ListMemories { After = place, Limit = 200, RunId = runId }, cancellationToken);
            found.AddRange(page.Memories.Where(item => asked.IsSubsetOf(TextAnalyzer.Terms(Engines.Memory.Extraction.SlotWords.Searchable(item.Slot, item.Value)))));
            after = page.NextAfter;
        }

        return found;
    }

    private async Task<MemoryAnswer> ForgetAllAsync(RunInput input, CancellationToken cancellationToken)
    {
        var erasure = await Memory(input).Erase(new EraseMemory { OperationId = input.RunId }, cancellationToken);
        var count = erasure.Removed.FirstOrDefault(part => part.Place == "memories")?.Count ?? 0;
        return new MemoryAnswer($"I have forgotten everything that I remembered of you: {count} {(count == 1 ? "memory" : "memories")}. Conversations and runs are kept as your organisation has set; they can be erased, too.", null);
    }

    private async Task<MemoryRecall> AskAsync(RunInput input, CancellationToken cancellationToken)
    {
        var text = input.Text.Length <= MaxQuestion ? input.Text : input.Text[..MaxQuestion];
        var query = new RecallMemories { Text = text, Top = options.Value.RecallTop, MaxTokens = options.Value.RecallTokens };
        if (_embedder is null)
        {
            return await Memory(input).Recall(query with { RunId = input.RunId }, cancellationToken);
        }

        // Most people have no memories: their messages need not be embedded.
        var byWords = await Memory(input).Recall(query, cancellationToken);
        if (byWords.Count == 0)
        {
            return byWords;
        }

        var vector = await _embedder.EmbedAsync(input.TenantId, text.Length <= MaxEmbedded ? text : text[..MaxEmbedded], isInteractive: !input.Background, cancellationToken);
        return await Memory(input).Recall(query with { RunId = input.RunId, Vector = vector?.Values.ToArray(), VectorVersion = vector?.Version }, cancellationToken);
    }

    private IUserMemoryGrain Memory(RunInput input)
    {
        platform.Assume(input.TenantId);
        return grains.GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(input.TenantId, input.Requester.UserId));
    }

    private static RememberedItem Item(MemoryItem item, string reason, DateTimeOffset now) => new()
    {
        Id = item.Id,
        Kind = item.Kind.ToString().ToLowerInvariant(),
        Slot = item.Slot,
        Value = Told(item, now),
        Reason = reason,
    };
}
