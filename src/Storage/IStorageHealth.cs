namespace Steward.Storage;

/// <summary>Tells whether the storage works, for health endpoints.</summary>
public interface IStorageHealth
{
    /// <summary>
    /// Writes a probe row durably and says how that went. Never throws for a storage problem. Answers from memory when the
    /// last probe is less than a second old, so that frequent health requests cost no disk flushes.
    /// </summary>
    ValueTask<StorageHealthReport> CheckAsync(CancellationToken cancellationToken = default);
}

/// <summary>The state of the storage.</summary>
/// <param name="Provider">The database in use.</param>
/// <param name="Location">The file, or host, port and database name. Holds no credentials.</param>
/// <param name="IsWritable">Whether a write was just made durable.</param>
/// <param name="Problem">What is wrong when it was not; safe to show to operators. Otherwise null.</param>
public sealed record StorageHealthReport(StorageProvider Provider, string Location, bool IsWritable, string? Problem);
