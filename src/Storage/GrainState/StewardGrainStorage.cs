// Oblivious to nullability, since Orleans annotates these signatures differently from release to release.
#nullable disable annotations
using System.Globalization;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Steward.Storage.GrainState;

/// <summary>Keeps grain states in Steward's database. The ETag is the version, which every write and clear counts up.</summary>
internal sealed class StewardGrainStorage(string name, IGrainStateStore store, IGrainStorageSerializer serializer, TimeProvider clock) : IGrainStorage
{
    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        var stored = await store.ReadAsync(Key(stateName, grainId), cancellationToken);
        var state = stored?.Payload is { } payload ? serializer.Deserialize<T>(new BinaryData(payload)) : default;
        grainState.State = state is null ? New<T>() : state;
        grainState.ETag = stored?.Version.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = stored?.Payload is not null;
    }

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        var payload = serializer.Serialize(grainState.State).ToArray();
        grainState.ETag = await ChangeAsync(stateName, grainId, grainState.ETag, payload, cancellationToken);
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        if (!grainState.RecordExists && string.IsNullOrEmpty(grainState.ETag))
        {
            // Somebody who has not read clears what is there, like the ADO.NET provider.
            await ReadStateAsync(stateName, grainId, grainState, cancellationToken);
            if (!grainState.RecordExists)
            {
                return;
            }
        }

        grainState.ETag = await ChangeAsync(stateName, grainId, grainState.ETag, payload: null, cancellationToken);
        grainState.RecordExists = false;
        grainState.State = New<T>();
    }

    private static T New<T>() =>
        typeof(T).IsValueType || typeof(T).GetConstructor(Type.EmptyTypes) is not null ? Activator.CreateInstance<T>() : default;

    private async Task<string> ChangeAsync(string stateName, GrainId grainId, string etag, byte[] payload, CancellationToken cancellationToken)
    {
        // A text that is no version equals none that is stored.
        long? expected = string.IsNullOrEmpty(etag) ? null : long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : -1;
        var change = await store.WriteAsync(Key(stateName, grainId), expected, payload, clock.GetUtcNow(), cancellationToken);
        var stored = change.Version?.ToString(CultureInfo.InvariantCulture);
        return change.Done
            ? stored
            : throw new InconsistentStateException(
                $"The state {stateName} of {grainId} in the storage {name} has version {stored ?? "none"}, not {etag ?? "none"}: another activation wrote it.", stored, etag);
    }

    private StateKey Key(string stateName, GrainId grainId) => new(name, stateName, grainId.ToString());
}
