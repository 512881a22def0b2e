using System.Collections.Concurrent;
using Steward.Connectors;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Client;

/// <summary>Webhooks of external systems over grain calls. Tries once: whoever sends them comes again.</summary>
internal sealed class StewardHookReceiver(IClusterClient cluster, IdentityEnvelopeSigner signer, TimeProvider time) : IHookReceiver
{
    private const int MaxKnown = 10_000;

    // For instances that have not answered yet: their owner keeps to the time that the template says, and says it with the answer.
    private static readonly TimeSpan UnknownPatience = TimeSpan.FromSeconds(20);

    // The template of an instance says how soon its senders want an answer; remembered with an answer.
    private readonly ConcurrentDictionary<string, TimeSpan> _patience = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<HookAnswer> ReceiveAsync(string tenantId, string instance, HookDelivery delivery, CancellationToken cancellationToken = default)
    {
        if (!GrainKeys.IsValidPart(tenantId, 't') || !GrainKeys.IsValidPart("c-" + instance, 'c'))
        {
            return new HookAnswer { Status = 401 };
        }

        new CallEnvelope(signer, new CallerIdentity { TenantId = tenantId, UserId = "u-system", Roles = [WellKnownRoles.System] }).Attach();
        var key = GrainKeys.Connector(tenantId, instance);
        using var limit = new CancellationTokenSource(_patience.GetValueOrDefault(key, UnknownPatience), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var answer = await cluster.GetGrain<IConnectorHooksGrain>(key).Receive(delivery, both.Token).WaitAsync(both.Token);
            Remember(key, answer.Patience);
            return answer;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new StewardException(ErrorCodes.Unavailable, "Events cannot be taken now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }
    }

    private void Remember(string key, TimeSpan? patience)
    {
        // What is refused says nothing of it.
        if (patience is not { } known)
        {
            return;
        }

        if (_patience.Count < MaxKnown || _patience.ContainsKey(key))
        {
            _patience[key] = known;
        }
    }
}
