using Microsoft.Extensions.Logging;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;
using Steward.Engines.Memory.Recall;
using Steward.Engines.Models.Caching;
using EngineKind = Steward.Engines.Memory.MemoryKind;

namespace Steward.Memory;

/// <summary>
/// How a person's memories are found: by words, and by meaning where an embedder works. Built from the state when it is asked; vectors are computed beside the grain's calls and belong to one version of the embedder. For the grain's scheduler only.
/// </summary>
internal sealed class MemoryIndex(MemoryEmbedder embedder, string tenantId, string userId, ILogger logger)
{
    private readonly Dictionary<long, (string Text, TextVector Vector)> _vectors = [];
    private RecallIndex? _index;
    private UserMemoryState? _state;
    private long _version = -1;
    private DateTimeOffset _changesAt;
    private string? _vectorVersion;
    private int? _dimensions;
    private Task _embedding = Task.CompletedTask;

    /// <summary>What fits, and by what it was looked for.</summary>
    /// <param name="current">The state; asked again while vectors are computed, since another object takes its place now and then.</param>
    /// <param name="query">What is looked for.</param>
    /// <param name="now">The time.</param>
    public (IReadOnlyList<Recalled> Found, string Mode) Recall(Func<UserMemoryState> current, RecallMemories query, DateTimeOffset now)
    {
        var state = current();
        var byMeaning = query.Vector is { Length: > 0 } && query.VectorVersion is not null;
        if (_index is null || !ReferenceEquals(_state, state) || _version != state.Version || now >= _changesAt || (byMeaning && _vectorVersion != query.VectorVersion))
        {
            Build(state, byMeaning ? query.VectorVersion : _vectorVersion, now);
        }

        if (byMeaning)
        {
            Embed(current, now);
        }

        var kinds = query.Kinds?.Select(kind => (EngineKind)kind).ToHashSet();
        var ids = kinds is null ? null : state.Facts.Where(fact => fact.HoldsAt(now) && kinds.Contains(fact.Kind)).Select(fact => fact.Id).ToHashSet();
        var usesVector = byMeaning && _dimensions == query.Vector!.Length;
        var found = _index!.Recall(new RecallQuery
        {
            Text = query.Text,
            // No array is not the same as none: it would be one of no length.
            Vector = usesVector ? query.Vector : default(ReadOnlyMemory<float>?),
            Top = query.Top,
            MaxTokens = query.MaxTokens ?? int.MaxValue,
            Now = now,
            Filter = ids is null ? null : ids.Contains,
        });
        return (found, usesVector ? "words and meaning" : "words");
    }

    private void Build(UserMemoryState state, string? vectorVersion, DateTimeOffset now)
    {
        var holding = state.Facts.Where(fact => fact.HoldsAt(now)).ToList();

        // The day on which something takes the place of something else needs no entry.
        _changesAt = holding.Where(fact => !fact.Holds).Min(fact => fact.HoldsUntil) ?? DateTimeOffset.MaxValue;
        var ids = holding.Select(fact => fact.Id).ToHashSet();
        foreach (var gone in _vectors.Keys.Where(id => !ids.Contains(id)).ToList())
        {
            _vectors.Remove(gone);
        }

        (_state, _version, _vectorVersion) = (state, state.Version, vectorVersion);
        _dimensions = _vectors.Values.FirstOrDefault(known => known.Vector.Version == vectorVersion) is { Vector: { } first } ? first.Values.Length : null;
        _index = new RecallIndex(_dimensions);
        foreach (var fact in holding)
        {
            var vector = _vectors.TryGetValue(fact.Id, out var known) && known.Vector.Version == vectorVersion && known.Vector.Values.Length == _dimensions ? known.Vector : null;
            _index.Set(new RecallEntry
            {
                Id = fact.Id,
                Text = SlotWords.Searchable(fact.Slot, fact.Value),
                Kind = fact.Kind,
                Subject = fact.Subject == Statement.Speaker ? null : fact.Subject,
                Vector = vector?.Values,
                LastUsed = fact.LastUsed > fact.RecordedAt ? fact.LastUsed : fact.RecordedAt,
            });
        }
    }

    /// <summary>Computes what vectors are missing; the next question finds by them.</summary>
    private void Embed(Func<UserMemoryState> current, DateTimeOffset now)
    {
        if (!embedder.Exists || !_embedding.IsCompleted)
        {
            return;
        }

        var missing = current().Facts
            .Where(fact => fact.HoldsAt(now) && !(_vectors.TryGetValue(fact.Id, out var known) && known.Text == fact.Value && known.Vector.Version == _vectorVersion))
            .ToList();
        if (missing.Count > 0)
        {
            _embedding = EmbedAsync(current, missing);
        }
    }

    private async Task EmbedAsync(Func<UserMemoryState> current, List<MemoryFact> facts)
    {
        try
        {
            foreach (var chunk in facts.Chunk(MemoryEmbedder.MaxTexts))
            {
                // What was forgotten since is given to no embedder.
                var known = current().Facts.Select(fact => fact.Id).ToHashSet();
                var part = Array.FindAll(chunk, fact => known.Contains(fact.Id));
                if (part.Length == 0)
                {
                    continue;
                }

                var vectors = await embedder.EmbedAsync(tenantId, userId, [.. part.Select(fact => $"{fact.Slot}: {fact.Value}")], isInteractive: false, CancellationToken.None);
                for (var i = 0; i < vectors.Count; i++)
                {
                    _vectors[part[i].Id] = (part[i].Value, vectors[i]);
                }

                if (vectors.Count < part.Length)
                {
                    return;
                }
            }
        }
#pragma warning disable CA1031 // Without vectors memories are found by their words.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            MemoryLog.NotEmbedded(logger, exception, tenantId);
        }
        finally
        {
            // Built again with what there is now.
            _version = -1;
        }
    }
}

/// <summary>What memories log; nothing of what they hold.</summary>
internal static partial class MemoryLog
{
    [LoggerMessage(EventId = 2201, Level = LogLevel.Warning, Message = "Memories of {Tenant} could not be embedded; they are found by their words")]
    public static partial void NotEmbedded(ILogger logger, Exception exception, string tenant);

    [LoggerMessage(EventId = 2210, Level = LogLevel.Warning, Message = "{Embedder} gives vectors of {Dimensions} numbers, and memories are found by {Most} at most: set Steward:Memory:EmbedderDimensions. They are found by their words")]
    public static partial void TooLong(ILogger logger, string embedder, int dimensions, int most);

    [LoggerMessage(EventId = 2202, Level = LogLevel.Warning, Message = "The use of memories in {Memory} could not be noted")]
    public static partial void NotNoted(ILogger logger, Exception exception, string memory);

    [LoggerMessage(EventId = 2203, Level = LogLevel.Warning, Message = "The erasure in {Memory} was interrupted and will go on")]
    public static partial void EraseInterrupted(ILogger logger, Exception exception, string memory);

    [LoggerMessage(EventId = 2204, Level = LogLevel.Warning, Message = "What a message of {Session} said could not be noted; it will be tried again")]
    public static partial void NotRemembered(ILogger logger, Exception exception, string session);

    [LoggerMessage(EventId = 2205, Level = LogLevel.Warning, Message = "A run of {Tenant} goes on without its memories")]
    public static partial void NotRecalled(ILogger logger, Exception exception, string tenant);

    [LoggerMessage(EventId = 2207, Level = LogLevel.Warning, Message = "The model could not read a message of {Tenant} ({Code}); rules did")]
    public static partial void NotAsked(ILogger logger, Exception exception, string tenant, string code);

    [LoggerMessage(EventId = 2208, Level = LogLevel.Warning, Message = "What the tenant's patterns count of {Memory} could not be told; it will be tried again")]
    public static partial void NotShared(ILogger logger, Exception exception, string memory);

    [LoggerMessage(EventId = 2209, Level = LogLevel.Warning, Message = "A new key was made for {Patterns}; that everything is to be sealed with it could not be said now, the pass at night will see it")]
    public static partial void KeyNotNoted(ILogger logger, Exception exception, string patterns);

    [LoggerMessage(EventId = 2217, Level = LogLevel.Warning, Message = "What was removed from {Memory} could not be taken out of its journal now; it will be tried again")]
    public static partial void NotPurged(ILogger logger, Exception exception, string memory);

    [LoggerMessage(EventId = 2206, Level = LogLevel.Information, Message = "Everything in {Memory} was erased")]
    public static partial void Erased(ILogger logger, string memory);
}
