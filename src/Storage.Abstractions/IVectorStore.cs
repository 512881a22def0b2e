namespace Steward.Storage;

/// <summary>
/// Vectors of texts that belong to a tenant as a whole (old tickets, articles): in named collections, durable, each with its model and with whose it is. What is remembered of a person is never kept here.
/// </summary>
/// <remarks>Values are brought to length one and rounded to 16-bit floats before they are stored. Changes of one space are numbered and become visible in that order.</remarks>
public interface IVectorStore
{
    /// <summary>Whether the database can search by itself.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<VectorSupport> GetSupportAsync(CancellationToken cancellationToken = default);

    /// <summary>The spaces of a collection, one for each model, ordered by model; none when nothing was ever written.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<VectorSpaceState>> ListAsync(string tenantId, string collection, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes and removes rows together; the space is made with its first change. Rows of people who were erased at or after the row's time are left out. Idempotent.
    /// </summary>
    /// <returns>Where the space stood before and stands now.</returns>
    /// <exception cref="ArgumentException">A name, a text or a vector is not allowed, or its length is not that of the space.</exception>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<VectorsWritten> WriteAsync(VectorWrite write, CancellationToken cancellationToken = default);

    /// <summary>A page of a space's rows in the order of their changes.</summary>
    /// <param name="space">The space.</param>
    /// <param name="afterRevision">Only rows that changed after this; 0 from the start.</param>
    /// <param name="limit">1 to 10,000.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<StoredVector>> ReadAsync(VectorSpace space, long afterRevision, int limit, CancellationToken cancellationToken = default);

    /// <summary>The ids of all rows: what to compare with after removals.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<string>> ListIdsAsync(VectorSpace space, CancellationToken cancellationToken = default);

    /// <summary>Gives a space an index of its own in the database. Reads and writes go on meanwhile. Does nothing when it has one.</summary>
    /// <returns>Whether it has one now; not when the database cannot, or another process is at it.</returns>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<bool> IndexAsync(VectorSpace space, CancellationToken cancellationToken = default);

    /// <summary>The rows nearest to a query, nearest first, found by the database in a space that has an index.</summary>
    /// <exception cref="StorageException">The store could not be reached, or the space has no index.</exception>
    ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch search, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes what belongs to a person from all collections, a part with each call, and refuses rows of theirs from before from the first call on: no replay brings them back. To be called with the same operation and time until there is no more; each call is a change of
    /// its own, and whoever was interrupted goes on by calling again. What is written of a later time after the first call stays.
    /// </summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="owner">The person.</param>
    /// <param name="operation">Which erasure it is; 1 to 300 visible ASCII characters. Another one begins anew, whatever its time: clocks of two servers may differ.</param>
    /// <param name="before">Rows up to this time are refused, or up to a later one of an erasure before; all that is there with the first call for this operation is removed.</param>
    /// <param name="limit">How many rows at most: 1 to 10,000.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How many rows this erasure has removed, with those of earlier calls, and whether there may be more.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<OwnerErased> EraseOwnerAsync(string tenantId, string owner, string operation, DateTimeOffset before, int limit, CancellationToken cancellationToken = default);

    /// <summary>Removes a space with all its rows and its index.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<bool> DropAsync(VectorSpace space, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes all rows of a tenant's collections away, with their indexes: from now on nobody finds or reads them, and rows from before are refused, whosever they are, so that no replay brings them back. Does not wait for them to leave
    /// the store: see <see cref="RemoveErasedAsync"/>. The spaces stay, empty and with another number, and say as before through which entry they were written. Who was erased before stays known.
    /// </summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="before">Rows up to this time are refused; all that is there is taken away.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How many rows were taken away by this or an earlier call and have not left the store yet.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<long> EraseTenantAsync(string tenantId, DateTimeOffset before, CancellationToken cancellationToken = default);

    /// <summary>Removes rows from the store that were taken away from a tenant. To be called until there are no more; each call is a change of its own.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="limit">How many at most: 1 to 10,000.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether there may be more.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<bool> RemoveErasedAsync(string tenantId, int limit, CancellationToken cancellationToken = default);
}

/// <summary>How far the erasure of a person is.</summary>
/// <param name="Removed">How many rows it has removed so far.</param>
/// <param name="HasMore">Whether there may be more.</param>
public sealed record OwnerErased(long Removed, bool HasMore);

/// <summary>A collection's vectors of one model: only these can be compared with each other.</summary>
/// <param name="TenantId">The tenant.</param>
/// <param name="Collection">The collection; 1 to 100 visible ASCII characters.</param>
/// <param name="Model">The model with its version; 1 to 200 visible ASCII characters.</param>
public sealed record VectorSpace(string TenantId, string Collection, string Model);

/// <summary>Where a space stands.</summary>
/// <param name="Space">Which.</param>
/// <param name="Id">Its number; a space that was dropped and made again has another one.</param>
/// <param name="Dimensions">The length of its vectors.</param>
/// <param name="Rows">How many there are.</param>
/// <param name="Revision">The number of the last change.</param>
/// <param name="RemovedAt">The number of the last change that removed something; 0 for never.</param>
/// <param name="Through">How far whoever fills it is, as <see cref="VectorWrite.Through"/> said.</param>
/// <param name="IsIndexed">Whether it has an index of its own in the database.</param>
public sealed record VectorSpaceState(VectorSpace Space, long Id, int Dimensions, long Rows, long Revision, long RemovedAt, long Through, bool IsIndexed);

/// <summary>A row to be written.</summary>
public sealed record VectorRow
{
    /// <summary>Everybody in the tenant may find it.</summary>
    public const string Everyone = "*";

    /// <summary>Only those who may see everything find it.</summary>
    public const string Nobody = "-";

    /// <summary>Its id, unique in the space; 1 to 300 characters.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is: a person's id, <see cref="Everyone"/> or <see cref="Nobody"/>. 1 to 200 visible ASCII characters.</summary>
    public required string Owner { get; init; }

    /// <summary>What searches may be narrowed to; at most 200 characters.</summary>
    public string Kind { get; init; } = "";

    /// <summary>What is shown of it; at most 1,000 characters. Not searched.</summary>
    public string Note { get; init; } = "";

    /// <summary>When its text was written.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Its direction; 1 to 4,000 finite values, not all zero.</summary>
    public required ReadOnlyMemory<float> Vector { get; init; }
}

/// <summary>A change of a space.</summary>
public sealed record VectorWrite
{
    /// <summary>The space.</summary>
    public required VectorSpace Space { get; init; }

    /// <summary>Rows that are added, or take the place of those with their ids; at most 1,000, each id once.</summary>
    public IReadOnlyList<VectorRow> Rows { get; init; } = [];

    /// <summary>Ids of rows that are removed; at most 1,000, none of them among <see cref="Rows"/>.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>How far whoever fills the space is after this, such as a journal's number; null leaves it. It never goes back.</summary>
    public long? Through { get; init; }

    /// <summary>The length of the vectors, where there may be no row: a space is made even so. 0 takes it from the rows.</summary>
    public int Dimensions { get; init; }
}

/// <summary>What a change did.</summary>
/// <param name="SpaceId">The space's number.</param>
/// <param name="Before">The number of the last change before it.</param>
/// <param name="Rows">What was written, as it is stored.</param>
/// <param name="Removed">How many rows were removed.</param>
/// <param name="Revision">The number of its last change.</param>
public sealed record VectorsWritten(long SpaceId, long Before, IReadOnlyList<StoredVector> Rows, int Removed, long Revision);

/// <summary>A row as it is stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Kind">What searches may be narrowed to.</param>
/// <param name="Note">What is shown of it.</param>
/// <param name="Revision">The number of its change.</param>
/// <param name="Vector">Its direction, of length one.</param>
public sealed record StoredVector(string Id, string Owner, string Kind, string Note, long Revision, ReadOnlyMemory<float> Vector);

/// <summary>Who searches. There is no default: whoever asks has to say it.</summary>
public sealed class VectorReader
{
    private VectorReader(IReadOnlyList<string>? owners) => Owners = owners;

    /// <summary>Sees every row of the tenant: admins, auditors, the platform.</summary>
    public static VectorReader Everything { get; } = new(null);

    /// <summary>The owners whose rows are seen; null for all.</summary>
    public IReadOnlyList<string>? Owners { get; }

    /// <summary>A person: sees their own rows and those that are everybody's.</summary>
    /// <exception cref="ArgumentException">The id is none.</exception>
    public static VectorReader Person(string userId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(userId);
        return userId is VectorRow.Everyone or VectorRow.Nobody ? throw new ArgumentException("It is nobody's id.", nameof(userId)) : new VectorReader([userId, VectorRow.Everyone]);
    }

    /// <summary>Whether a row may be seen.</summary>
    public bool Sees(string owner) => Owners is null || Owners.Contains(owner, StringComparer.Ordinal);
}

/// <summary>What is looked for in one space.</summary>
public sealed record VectorSearch
{
    /// <summary>The space.</summary>
    public required VectorSpace Space { get; init; }

    /// <summary>Who asks.</summary>
    public required VectorReader Reader { get; init; }

    /// <summary>The direction, from the space's model.</summary>
    public required ReadOnlyMemory<float> Vector { get; init; }

    /// <summary>How many at most; 1 to 200. Default 10.</summary>
    public int Top { get; init; } = 10;

    /// <summary>Only rows of these kinds; null for all. At most 100.</summary>
    public IReadOnlyList<string>? Kinds { get; init; }
}

/// <summary>A row that was found.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Note">What is shown of it.</param>
/// <param name="Cosine">How near it is, -1 to 1.</param>
public sealed record VectorHit(string Id, string Owner, string Kind, string Note, double Cosine);

/// <summary>Whether the database can search by itself.</summary>
/// <param name="CanIndex">Whether a space can be given an index of its own.</param>
/// <param name="Summary">How, or why not and what to do; for the log and <c>/healthz</c>.</param>
public sealed record VectorSupport(bool CanIndex, string Summary);
