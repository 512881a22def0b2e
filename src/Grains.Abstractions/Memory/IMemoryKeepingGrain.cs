namespace Steward.Memory;

/// <summary>
/// Keeps the memories of a tenant's people as the tenant wants them, whether they come back or not: goes through all of them at night, and says afterwards what it did. Key: <c>t-acme/i-memory-keeping</c>.
/// </summary>
[Alias("steward.memory-keeping")]
public interface IMemoryKeepingGrain : IGrainWithStringKey
{
    /// <summary>For how long memories may be kept, and what the last passes did; the tenant's admins and auditors only.</summary>
    [Alias("get")]
    Task<MemoryRetention> Get(CancellationToken cancellationToken = default);

    /// <summary>Changes for how long memories may be kept, and begins a pass; the tenant's admins only. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field.</exception>
    [Alias("set")]
    Task<MemoryRetention> Set(SetMemoryRetention command, CancellationToken cancellationToken = default);

    /// <summary>Begins a pass now, unless one goes on; the tenant's admins only.</summary>
    [Alias("begin")]
    Task<MemoryRetention> Begin(CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes the tenant's data key for good: no memory of its people can be read any more, in copies of the store neither. Each begins anew with the pass that follows. With it go all vectors of the tenant's collections, those of its
    /// tickets among them, from which what people wrote could be guessed: they are found no more at once, and leave the store in the background, also when this server is lost or the vault or the store fails meanwhile. The tenant's
    /// admins only. There is no way back. Asked again before all of that is done, it goes on with the same destruction, and a key that people have begun anew with stays.
    /// </summary>
    /// <param name="confirmation">The tenant's id, so that nobody does it unawares.</param>
    /// <param name="cancellationToken">Stops waiting; it may have been done.</param>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>: another text; <c>unavailable</c>: the vault cannot be asked, the key may still be there: ask again.</exception>
    [Alias("destroy-key")]
    Task<MemoryKeyDestroyed> DestroyKey(string confirmation, CancellationToken cancellationToken = default);

    /// <summary>A new key was made: everything is to be sealed with it. The platform and admins only.</summary>
    [Alias("note-key")]
    Task NoteKey(CancellationToken cancellationToken = default);

    /// <summary>Goes on with what is due, and sees to it that there is a next pass. The watchdog calls it; the platform only.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);
}

/// <summary>For how long a tenant's memories may be kept, and how that is kept to.</summary>
[GenerateSerializer]
[Alias("steward.memory-retention")]
public sealed record MemoryRetention
{
    /// <summary>The kinds that have a limit.</summary>
    [Id(0)]
    public required IReadOnlyList<MemoryKindRetention> Kinds { get; init; }

    /// <summary>When the next pass begins; null when that is not known yet.</summary>
    [Id(1)]
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>The passes, newest first; at most the last 60. The first one may still go on.</summary>
    [Id(2)]
    public required IReadOnlyList<MemoryPass> Passes { get; init; }

    /// <summary>When the key was last destroyed, and by whom; null never.</summary>
    [Id(3)]
    public MemoryKeyDestroyed? KeyDestroyed { get; init; }
}

/// <summary>For how long memories of a kind may be kept.</summary>
[GenerateSerializer]
[Alias("steward.memory-kind-retention")]
public sealed record MemoryKindRetention
{
    /// <summary>The kind.</summary>
    [Id(0)]
    public required MemoryKind Kind { get; init; }

    /// <summary>After how many days without being said or used again one is removed: 1 to 36,500; in a change 0 takes the limit away.</summary>
    [Id(1)]
    public required int RetentionDays { get; init; }
}

/// <summary>Changes for how long memories may be kept. Kinds that are left out stay as they are.</summary>
[GenerateSerializer]
[Alias("steward.set-memory-retention")]
public sealed record SetMemoryRetention
{
    /// <summary>The kinds that change.</summary>
    [Id(0)]
    public required IReadOnlyList<MemoryKindRetention> Kinds { get; init; }
}

/// <summary>What a pass through all memories of a tenant did.</summary>
[GenerateSerializer]
[Alias("steward.memory-pass")]
public sealed record MemoryPass
{
    /// <summary>When it began.</summary>
    [Id(0)]
    public required DateTimeOffset BeganAt { get; init; }

    /// <summary>When it had gone through all; null while it goes on.</summary>
    [Id(1)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How many people's memories it looked at.</summary>
    [Id(2)]
    public int People { get; init; }

    /// <summary>How many memories it left, by kind.</summary>
    [Id(3)]
    public IReadOnlyDictionary<MemoryKind, int> Left { get; init; } = new Dictionary<MemoryKind, int>();

    /// <summary>How many memories it removed since they were over their time, by kind.</summary>
    [Id(4)]
    public IReadOnlyDictionary<MemoryKind, int> Removed { get; init; } = new Dictionary<MemoryKind, int>();

    /// <summary>When the oldest memory that it left was said or used last, by kind.</summary>
    [Id(5)]
    public IReadOnlyDictionary<MemoryKind, DateTimeOffset> Oldest { get; init; } = new Dictionary<MemoryKind, DateTimeOffset>();

    /// <summary>How many people's memories it sealed with the current key.</summary>
    [Id(6)]
    public int SealedAnew { get; init; }

    /// <summary>How many could not be read, since their key is not in the vault.</summary>
    [Id(7)]
    public int Unreadable { get; init; }

    /// <summary>How many of those began anew, since the key was destroyed.</summary>
    [Id(8)]
    public int BegunAnew { get; init; }

    /// <summary>How many could not be looked at; the next pass comes within the hour then.</summary>
    [Id(9)]
    public int Failed { get; init; }

    /// <summary>How many earlier keys were removed from the vault, since nothing was left under them.</summary>
    [Id(10)]
    public int KeysRemoved { get; init; }

    /// <summary>Whether earlier keys, or versions of the secret that held them, may still be in the vault, since it could not be asked or refused, or the tenant's patterns could not be sealed; the next pass comes within the hour then.</summary>
    [Id(11)]
    public bool KeysRemain { get; init; }
}

/// <summary>A tenant's data key was destroyed.</summary>
[GenerateSerializer]
[Alias("steward.memory-key-destroyed")]
public sealed record MemoryKeyDestroyed
{
    /// <summary>When.</summary>
    [Id(0)]
    public required DateTimeOffset At { get; init; }

    /// <summary>By whom.</summary>
    [Id(1)]
    public required string By { get; init; }

    /// <summary>From when on no server has anything of it in memory any more, also where the vault cannot be asked; usually five minutes sooner.</summary>
    [Id(2)]
    public required DateTimeOffset HoldsEverywhereAt { get; init; }

    /// <summary>How many vectors of the tenant's collections went with it; 0 as long as the store could not be asked.</summary>
    [Id(3)]
    public long VectorsRemoved { get; init; }

    /// <summary>When the last of those vectors had left the store; null as long as they have not, and where there is no store of vectors.</summary>
    [Id(4)]
    public DateTimeOffset? VectorsErasedAt { get; init; }
}

/// <summary>Asks a memory to be kept as the tenant wants it.</summary>
[GenerateSerializer]
[Alias("steward.keep-memory")]
public sealed record KeepMemory
{
    /// <summary>After how many days memories of a kind are removed, whatever the person says.</summary>
    [Id(0)]
    public required IReadOnlyDictionary<MemoryKind, int> RetentionDays { get; init; }

    /// <summary>The current key; null when the tenant has none.</summary>
    [Id(1)]
    public string? KeyId { get; init; }

    /// <summary>When the key was last destroyed: what was sealed until then and cannot be read begins anew. Null never.</summary>
    [Id(2)]
    public DateTimeOffset? KeyDestroyedAt { get; init; }
}

/// <summary>What was done to a memory.</summary>
[GenerateSerializer]
[Alias("steward.memory-kept")]
public sealed record MemoryKept
{
    /// <summary>How many memories are left, by kind, with those that do not hold any more.</summary>
    [Id(0)]
    public IReadOnlyDictionary<MemoryKind, int> Left { get; init; } = new Dictionary<MemoryKind, int>();

    /// <summary>How many were removed since they were over their time, by kind.</summary>
    [Id(1)]
    public IReadOnlyDictionary<MemoryKind, int> Removed { get; init; } = new Dictionary<MemoryKind, int>();

    /// <summary>When the oldest was said or used last, by kind.</summary>
    [Id(2)]
    public IReadOnlyDictionary<MemoryKind, DateTimeOffset> Oldest { get; init; } = new Dictionary<MemoryKind, DateTimeOffset>();

    /// <summary>Whether it was sealed with the current key by this.</summary>
    [Id(3)]
    public bool IsSealedAnew { get; init; }

    /// <summary>Whether something is left that an earlier key sealed.</summary>
    [Id(4)]
    public bool HasEarlierKey { get; init; }

    /// <summary>Whether it could not be read.</summary>
    [Id(5)]
    public bool IsUnreadable { get; init; }

    /// <summary>Whether it began anew, since it could not be read and the key was destroyed.</summary>
    [Id(6)]
    public bool HasBegunAnew { get; init; }
}
