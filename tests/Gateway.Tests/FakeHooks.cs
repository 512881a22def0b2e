using System.Collections.Concurrent;
using Steward.Client;
using Steward.Connectors;

namespace Steward.Gateway.Tests;

/// <summary>Takes what the gateway hands on from external systems. Believes those who know the word.</summary>
public sealed class FakeHooks : IHookReceiver
{
    public const string Word = "open sesame";

    public ConcurrentQueue<(string Tenant, string Instance, HookDelivery Delivery)> Received { get; } = new();

    public Task<HookAnswer> ReceiveAsync(string tenantId, string instance, HookDelivery delivery, CancellationToken cancellationToken = default)
    {
        Received.Enqueue((tenantId, instance, delivery));
        return Task.FromResult(
            instance == "busy" ? new HookAnswer { Status = 503 }
            : delivery.Query.TryGetValue("validationToken", out var token) ? new HookAnswer { Status = 200, ContentType = "text/plain; charset=utf-8", Body = token }
            : delivery.Headers.GetValueOrDefault("X-Word") == Word ? new HookAnswer { Status = 202 }
            : new HookAnswer { Status = 401 });
    }
}
