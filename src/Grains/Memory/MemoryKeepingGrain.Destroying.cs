using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Memory;

/// <summary>How the key is destroyed and the tenant's vectors with it. Each step is noted, so that whoever goes on with it after a loss neither leaves something nor destroys what came later.</summary>
internal sealed partial class MemoryKeepingGrain
{
    private const int VectorsAtOnce = 1_000;
    private const int ChangesAtOnce = 5;

    private IGrainTimer? _erasing;
    private bool _isErasing;

    /// <summary>Destroys the key that is to be destroyed, unless that is done.</summary>
    private async Task DestroyPendingKeyAsync(CancellationToken cancellationToken)
    {
        if (!State.IsKeyPending)
        {
            return;
        }

        try
        {
            // Where another key has taken its place it was destroyed, and people have begun anew with that.
            if (State.KeyToDestroy is not { } keyId || await FindKeyAsync(cancellationToken) is not { } ring || ring.Has(keyId))
            {
                await _keys.DestroyAsync(TenantId, KeyPurpose, cancellationToken);
            }
        }
        catch (VaultException exception)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The vault, which has the memory's key, cannot be asked now: the key may still be there. Try again.", exception) { IsRetryable = exception.IsRetryable, OutcomeUnknown = true };
        }

        await AppendAsync(KeepingRecordTypes.KeyGone, new KeepingKeyGone(), MemoryKeepingJson.Default.KeepingKeyGone);
        LogKeyDestroyed(Key, Caller.Required.UserId);
    }

    // What nobody can understand can be destroyed all the same.
    private async Task<DataKeyRing?> FindKeyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _keys.FindAsync(TenantId, KeyPurpose, cancellationToken);
        }
        catch (VaultException exception) when (exception.Code == VaultCodes.Corrupt)
        {
            return null;
        }
    }

    private void EraseVectorsOn(TimeSpan after)
    {
        _erasing?.Dispose();

        // Interleaves: many vectors take their time.
        _erasing = this.RegisterGrainTimer(_ => EraseVectorsAsync(), new GrainTimerCreationOptions(after, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
    }

    // Vectors are no texts, and what they were made of can be guessed from them: who destroys what the tenant's people said wants these gone, too.
    private async Task EraseVectorsAsync()
    {
        if (_isErasing || _stops || State.ErasesVectorsBefore is not { } before || !_vectors.HasStore)
        {
            return;
        }

        _isErasing = true;
        var hasMore = false;
        try
        {
            if (!State.HasTakenVectors)
            {
                var count = await _vectors.EraseTenantAsync(TenantId, before);
                await AppendAsync(KeepingRecordTypes.VectorsTaken, new KeepingVectorsTaken { Count = count }, MemoryKeepingJson.Default.KeepingVectorsTaken);
            }

            hasMore = true;
            for (var change = 0; hasMore && change < ChangesAtOnce; change++)
            {
                hasMore = await _vectors.RemoveErasedAsync(TenantId, VectorsAtOnce);
            }

            if (!hasMore)
            {
                await AppendAsync(KeepingRecordTypes.VectorsErased, new KeepingVectorsErased(), MemoryKeepingJson.Default.KeepingVectorsErased);
            }
        }
#pragma warning disable CA1031 // What is left to do stands in the journal; the watchdog brings it on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            hasMore = false;
            LogVectorsRemain(exception, Key);
        }
        finally
        {
            _isErasing = false;
        }

        if (hasMore && !_stops)
        {
            EraseVectorsOn(TimeSpan.Zero);
        }
    }

    [LoggerMessage(EventId = 2214, Level = LogLevel.Warning, Message = "The data key of {Keeping} was destroyed by {By}")]
    private partial void LogKeyDestroyed(string keeping, string by);

    [LoggerMessage(EventId = 2216, Level = LogLevel.Warning, Message = "The vectors that went with the key of {Keeping} are still in the store; it will be tried again")]
    private partial void LogVectorsRemain(Exception exception, string keeping);
}
