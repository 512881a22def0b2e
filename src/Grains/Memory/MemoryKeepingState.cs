using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>How a tenant's memories are kept, and what the last passes through them did, folded from the journal. Pure. Holds nothing of what is remembered.</summary>
internal sealed class MemoryKeepingState : IFolded
{
    /// <summary>The most passes that are told of.</summary>
    public const int MaxPasses = 60;

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>After how many days memories of a kind are removed.</summary>
    public SortedDictionary<MemoryKind, int> RetentionDays { get; set; } = [];

    /// <summary>The current key, as far as it is known; null when there is none.</summary>
    public string? KeyId { get; set; }

    /// <summary>Since when it is known to be the current one.</summary>
    public DateTimeOffset KeySince { get; set; }

    /// <summary>When the key was last destroyed.</summary>
    public MemoryKeyDestroyed? KeyDestroyed { get; set; }

    /// <summary>Whether it is not known yet that the key is gone; whoever asks again destroys it then, unless it is.</summary>
    public bool IsKeyPending { get; set; }

    /// <summary>The key that is to be destroyed; null when there was none, or that is not known any more.</summary>
    public string? KeyToDestroy { get; set; }

    /// <summary>Vectors of up to this time are to be erased; null when there are none.</summary>
    public DateTimeOffset? ErasesVectorsBefore { get; set; }

    /// <summary>Whether those are taken away already, and only have to leave the store.</summary>
    public bool HasTakenVectors { get; set; }

    /// <summary>The pass that goes on; null when none does.</summary>
    public MemoryPass? Pass { get; set; }

    /// <summary>The journal that it has come to; null at its beginning.</summary>
    public string? After { get; set; }

    /// <summary>The passes that ended, newest first.</summary>
    public List<MemoryPass> Passes { get; set; } = [];

    /// <summary>When the next pass begins; null when nothing was ever scheduled.</summary>
    public DateTimeOffset? NextAt { get; set; }

    /// <inheritdoc/>
    public void Apply(JournalEntry entry)
    {
        if (entry.Payload.IsEmpty)
        {
            return;
        }

        var json = entry.Payload.Span;
        switch (entry.Type)
        {
            case KeepingRecordTypes.Scheduled:
                NextAt = JsonSerializer.Deserialize(json, MemoryKeepingJson.Default.KeepingScheduled)!.NextAt;
                break;
            case KeepingRecordTypes.Rules:
                var rules = JsonSerializer.Deserialize(json, MemoryKeepingJson.Default.KeepingLimits)!;
                (RetentionDays, NextAt) = (new SortedDictionary<MemoryKind, int>(rules.RetentionDays.ToDictionary()), rules.NextAt);
                break;
            case KeepingRecordTypes.Key:
                (KeyId, KeySince) = (JsonSerializer.Deserialize(json, MemoryKeepingJson.Default.KeepingKey)!.KeyId, entry.At);
                break;
            case KeepingRecordTypes.KeyDestroyed:
                var destroyed = JsonSerializer.Deserialize(json, MemoryKeepingJson.Default.KeepingKeyDestroyed)!;
                (KeyDestroyed, NextAt) = (destroyed.Destroyed, destroyed.NextAt);
                if (destroyed.HasSteps)
                {
                    (IsKeyPending, KeyToDestroy, ErasesVectorsBefore, HasTakenVectors) = (true, destroyed.KeyId, destroyed.ErasesVectors ? destroyed.Destroyed.At : null, false);
                }

                break;
            case KeepingRecordTypes.KeyGone:
                (IsKeyPending, KeyToDestroy) = (false, null);
                break;
            case KeepingRecordTypes.VectorsTaken:
                HasTakenVectors = true;
                KeyDestroyed = KeyDestroyed! with { VectorsRemoved = JsonSerializer.Deserialize(json, MemoryKeepingJson.Default.KeepingVectorsTaken)!.Count };
                break;
            case KeepingRecordTypes.VectorsErased:
                (ErasesVectorsBefore, HasTakenVectors) = (null, false);
                KeyDestroyed = KeyDestroyed! with { VectorsErasedAt = entry.At };
                break;
            case KeepingRecordTypes.Begun:
                (Pass, After) = (new MemoryPass { BeganAt = entry.At }, null);
                break;
            case KeepingRecordTypes.Page:
                var page = JsonSerializer.Deserialize(json, MemoryKeepingJson.Default.KeepingPage)!;
                (Pass, After) = (page.Pass, page.After);
                break;
            case KeepingRecordTypes.KeysRemoved:
                var removed = JsonSerializer.Deserialize(json, MemoryKeepingJson.Default.KeepingKeysRemoved)!;
                Pass = Pass! with { KeysRemoved = removed.Count, KeysRemain = removed.Remain };

                // It may have been among them, and what it sealed is under another one now.
                KeyToDestroy = removed.Count > 0 ? null : KeyToDestroy;
                break;
            case KeepingRecordTypes.Ended:
                NextAt = JsonSerializer.Deserialize(json, MemoryKeepingJson.Default.KeepingScheduled)!.NextAt;
                Passes.Insert(0, Pass! with { EndedAt = entry.At });
                Passes.RemoveRange(Math.Min(Passes.Count, MaxPasses), Math.Max(0, Passes.Count - MaxPasses));
                (Pass, After) = (null, null);
                break;
        }
    }

    /// <summary>A pass after one more memory.</summary>
    public static MemoryPass Add(MemoryPass pass, MemoryKept kept) => pass with
    {
        People = pass.People + 1,
        Left = Merge(pass.Left, kept.Left, static (one, other) => one + other),
        Removed = Merge(pass.Removed, kept.Removed, static (one, other) => one + other),
        Oldest = Merge(pass.Oldest, kept.Oldest, static (one, other) => one < other ? one : other),
        SealedAnew = pass.SealedAnew + (kept.IsSealedAnew ? 1 : 0),
        Unreadable = pass.Unreadable + (kept.IsUnreadable ? 1 : 0),
        BegunAnew = pass.BegunAnew + (kept.HasBegunAnew ? 1 : 0),
        Failed = pass.Failed + (kept.HasEarlierKey ? 1 : 0),
    };

    private static Dictionary<MemoryKind, T> Merge<T>(IReadOnlyDictionary<MemoryKind, T> one, IReadOnlyDictionary<MemoryKind, T> other, Func<T, T, T> both)
    {
        var merged = one.ToDictionary();
        foreach (var (kind, value) in other)
        {
            merged[kind] = merged.TryGetValue(kind, out var known) ? both(known, value) : value;
        }

        return merged;
    }
}

/// <summary>The record types in the journal of the keeping.</summary>
internal static class KeepingRecordTypes
{
    public const string Scheduled = "keeping.scheduled";
    public const string Rules = "keeping.rules";
    public const string Key = "keeping.key";
    public const string KeyDestroyed = "keeping.key_destroyed";
    public const string KeyGone = "keeping.key_gone";
    public const string VectorsTaken = "keeping.vectors_taken";
    public const string VectorsErased = "keeping.vectors_erased";
    public const string Begun = "keeping.begun";
    public const string Page = "keeping.page";
    public const string KeysRemoved = "keeping.keys_removed";
    public const string Ended = "keeping.ended";
}

/// <summary>When the next pass begins.</summary>
internal sealed record KeepingScheduled
{
    public required DateTimeOffset NextAt { get; init; }
}

/// <summary>An admin said for how long memories may be kept.</summary>
internal sealed record KeepingLimits
{
    public required string By { get; init; }
    public required IReadOnlyDictionary<MemoryKind, int> RetentionDays { get; init; }
    public required DateTimeOffset NextAt { get; init; }
}

/// <summary>Another key is the current one.</summary>
internal sealed record KeepingKey
{
    public string? KeyId { get; init; }
}

/// <summary>The key is about to be destroyed.</summary>
internal sealed record KeepingKeyDestroyed
{
    public required MemoryKeyDestroyed Destroyed { get; init; }
    public required DateTimeOffset NextAt { get; init; }

    // False in what earlier releases wrote: they did everything in the call.
    public bool HasSteps { get; init; }
    public string? KeyId { get; init; }
    public bool ErasesVectors { get; init; }
}

/// <summary>The key is gone.</summary>
internal sealed record KeepingKeyGone;

/// <summary>The tenant's vectors are found no more.</summary>
internal sealed record KeepingVectorsTaken
{
    public required long Count { get; init; }
}

/// <summary>The tenant's vectors have left the store.</summary>
internal sealed record KeepingVectorsErased;

/// <summary>A pass has begun.</summary>
internal sealed record KeepingBegun;

/// <summary>A pass has come to a journal.</summary>
internal sealed record KeepingPage
{
    public required MemoryPass Pass { get; init; }
    public required string After { get; init; }
}

/// <summary>The earlier keys are about to be removed, or could not be.</summary>
internal sealed record KeepingKeysRemoved
{
    public required int Count { get; init; }
    public bool Remain { get; init; }
}

/// <summary>JSON of the journal of the keeping.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(MemoryKeepingState))]
[JsonSerializable(typeof(KeepingScheduled))]
[JsonSerializable(typeof(KeepingLimits))]
[JsonSerializable(typeof(KeepingKey))]
[JsonSerializable(typeof(KeepingKeyDestroyed))]
[JsonSerializable(typeof(KeepingKeyGone))]
[JsonSerializable(typeof(KeepingVectorsTaken))]
[JsonSerializable(typeof(KeepingVectorsErased))]
[JsonSerializable(typeof(KeepingBegun))]
[JsonSerializable(typeof(KeepingPage))]
[JsonSerializable(typeof(KeepingKeysRemoved))]
internal sealed partial class MemoryKeepingJson : JsonSerializerContext;
