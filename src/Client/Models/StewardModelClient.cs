using System.Runtime.CompilerServices;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Models;

namespace Steward.Client;

/// <summary>One person's models over grain calls.</summary>
internal sealed partial class StewardModelClient(IGrainFactory grains, CallEnvelope envelope, CallerIdentity identity, RetryingCaller caller, StewardClientOptions options, TimeProvider time) : IModelClient
{
    private readonly SignedCaller _calls = new(envelope, caller);

    private IModelSettingsGrain Settings => grains.GetGrain<IModelSettingsGrain>(GrainKeys.ModelSettings(identity.TenantId));

    /// <inheritdoc/>
    public async IAsyncEnumerable<ModelCallEvent> StreamAsync(string callId, StartModelCall call, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        var grain = grains.GetGrain<IModelCallGrain>(GrainKeys.ModelCall(identity.TenantId, callId));
        var isOver = false;
        try
        {
            await foreach (var next in ReadAsync(grain, call, cancellationToken))
            {
                isOver = next.EndsCall;
                yield return next;
            }
        }
        finally
        {
            if (!isOver)
            {
                // Nobody waits for it: whoever has gone away does not, and the call stops by itself when nobody reads it.
                _ = CancelQuietlyAsync(grain);
            }
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<OfferedModel>> ListAsync(CancellationToken cancellationToken = default) =>
        _calls.CallAsync("model-settings.list-models", idempotent: true, changes: false, Settings, 0, static (settings, _, token) => settings.ListModels(token), cancellationToken);

    /// <inheritdoc/>
    public Task<ModelSettings> GetSettingsAsync(CancellationToken cancellationToken = default) =>
        _calls.CallAsync("model-settings.get", idempotent: true, changes: false, Settings, 0, static (settings, _, token) => settings.Get(token), cancellationToken);

    /// <inheritdoc/>
    public Task<ModelSettings> SetSettingsAsync(ModelSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return _calls.CallAsync("model-settings.set", idempotent: false, changes: true, Settings, settings, static (grain, settings, token) => grain.Set(settings, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<long> BumpSourceAsync(string source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return _calls.CallAsync("model-settings.bump-source", idempotent: true, changes: true, Settings, source, static (grain, source, token) => grain.BumpSource(source, token), cancellationToken);
    }

    private async IAsyncEnumerable<ModelCallEvent> ReadAsync(IModelCallGrain grain, StartModelCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long last = 0;
        var failures = 0;
        long? failingSince = null;
        while (true)
        {
            Exception? failure = null;
            var isOver = false;
            envelope.Attach();
            // Until an event has come nobody has seen anything of the call, and it may be made anew where its silo is gone.
            var batches = (last == 0 ? grain.Call(call, cancellationToken) : grain.ReadBatches(last, cancellationToken)).WithBatchSize(1).GetAsyncEnumerator(cancellationToken);
            try
            {
                while (true)
                {
                    try
                    {
                        envelope.Attach();
                        if (!await batches.MoveNextAsync())
                        {
                            break;
                        }
                    }
#pragma warning disable CA1031 // Each failure becomes either a resumption or the one kind of error that callers know.
                    catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
                    {
                        failure = exception;
                        break;
                    }

                    (failures, failingSince) = (0, null);
                    foreach (var next in batches.Current.Events)
                    {
                        (last, isOver) = (next.Sequence, next.EndsCall);
                        yield return next;
                    }

                    if (isOver)
                    {
                        yield break;
                    }
                }
            }
            finally
            {
                if (isOver)
                {
                    // Nobody waits for it: the last event is here.
                    _ = ConfirmQuietlyAsync(grain);
                }
                else
                {
                    await batches.DisposeQuietlyAsync(envelope.Attach);
                }
            }

            var error = failure is null ? Lost(null) : last > 0 && failure is StewardException { Code: ErrorCodes.NotFound } ? Lost(failure) : CallFailures.ToError(failure, changes: true);
            failingSince ??= time.GetTimestamp();
            var delay = caller.DelayAfter(failures++, failure);
            if (failure is null || !caller.IsTransient(failure) || time.GetElapsedTime(failingSince.Value) + delay > options.RetryBudget)
            {
                throw error;
            }

            await Task.Delay(delay, time, cancellationToken);
        }
    }

    // What was under way in a silo that is gone is gone with it; nobody knows what the provider counted.
    private static StewardException Lost(Exception? cause) =>
        new(ErrorCodes.Unavailable, "The server that made the call was lost before the answer had ended. Ask again.", cause) { IsRetryable = true, OutcomeUnknown = true };

    private async Task CancelQuietlyAsync(IModelCallGrain grain)
    {
        try
        {
            envelope.Attach();
            await grain.Cancel(CancellationToken.None);
        }
#pragma warning disable CA1031 // A call that nobody reads stops by itself.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    // In place of disposing of the enumeration, which says nothing of what has arrived: the call then would be kept for a reader that comes back. It takes the enumeration along.
    private async Task ConfirmQuietlyAsync(IModelCallGrain grain)
    {
        try
        {
            envelope.Attach();
            await grain.Confirm(CancellationToken.None);
        }
#pragma warning disable CA1031 // The call is over either way, and is forgotten after a while.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
