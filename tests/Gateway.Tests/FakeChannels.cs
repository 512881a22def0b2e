using System.Collections.Concurrent;
using Steward.Client;
using Steward.Connectors;

namespace Steward.Gateway.Tests;

/// <summary>Takes what the gateway hands on from channels. Believes those who know the word.</summary>
public sealed class FakeChannels : IChannelReceiver
{
    public ConcurrentQueue<(string Tenant, string Channel, HookDelivery Delivery)> Received { get; } = new();

    public Task<HookAnswer> ReceiveAsync(string tenantId, string channel, HookDelivery delivery, CancellationToken cancellationToken = default)
    {
        Received.Enqueue((tenantId, channel, delivery));
        return Task.FromResult(
            channel == "busy" ? new HookAnswer { Status = 503 }
            : delivery.Headers.GetValueOrDefault("X-Word") != FakeHooks.Word ? new HookAnswer { Status = 401 }
            : channel == "teams" ? new HookAnswer { Status = 200, ContentType = "application/json", Body = """{"statusCode":200}""" }
            : new HookAnswer { Status = 200 });
    }
}
