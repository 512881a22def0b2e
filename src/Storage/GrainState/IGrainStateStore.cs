namespace Steward.Storage.GrainState;

/// <summary>The stored states of grains, each with a version that every change counts up.</summary>
internal interface IGrainStateStore
{
    /// <summary>The state, or null when it was never written.</summary>
    ValueTask<StoredState?> ReadAsync(StateKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Writes the state, or clears it when <paramref name="payload"/> is null, provided that its version is still <paramref name="expected"/>
    /// (null: that it was never written). Durable when it returns.
    /// </summary>
    ValueTask<StateChange> WriteAsync(StateKey key, long? expected, byte[]? payload, DateTimeOffset at, CancellationToken cancellationToken);
}

/// <summary>Which state of which grain.</summary>
internal readonly record struct StateKey(string Storage, string StateName, string GrainId);

/// <summary>A stored state; a cleared one has no payload.</summary>
internal sealed record StoredState(long Version, byte[]? Payload);

/// <summary>Whether a change was made, and the version that is stored now (null: none).</summary>
internal readonly record struct StateChange(bool Done, long? Version);
