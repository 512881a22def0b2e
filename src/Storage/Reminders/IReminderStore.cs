namespace Steward.Storage.Reminders;

/// <summary>The stored reminders of grains.</summary>
internal interface IReminderStore
{
    /// <summary>All reminders of a grain.</summary>
    ValueTask<IReadOnlyList<StoredReminder>> ReadAsync(string grainId, CancellationToken cancellationToken);

    /// <summary>
    /// The reminders of the grains whose hash is behind <paramref name="begin"/> and up to <paramref name="end"/> on the ring of all hashes. Equal
    /// ends mean the whole ring.
    /// </summary>
    ValueTask<IReadOnlyList<StoredReminder>> ReadRangeAsync(uint begin, uint end, CancellationToken cancellationToken);

    /// <summary>One reminder, or null.</summary>
    ValueTask<StoredReminder?> FindAsync(string grainId, string name, CancellationToken cancellationToken);

    /// <summary>Writes a reminder whether or not it is there. Durable when it returns.</summary>
    ValueTask WriteAsync(StoredReminder reminder, uint grainHash, CancellationToken cancellationToken);

    /// <summary>Removes a reminder if it still has this ETag; says whether it did.</summary>
    ValueTask<bool> RemoveAsync(string grainId, string name, string etag, CancellationToken cancellationToken);

    /// <summary>Removes all reminders.</summary>
    ValueTask ClearAsync(CancellationToken cancellationToken);
}

/// <summary>One reminder.</summary>
internal sealed record StoredReminder(string GrainId, string Name, DateTime StartAt, TimeSpan Period, string ETag);
