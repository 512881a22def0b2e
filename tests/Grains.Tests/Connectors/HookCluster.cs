using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;
using Steward.Connectors;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Webhooks;
using Steward.Engines.Security;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Grains.Tests.Connectors;

/// <summary>A silo with instances of GitHub, and subscribers that do as they are told.</summary>
public sealed class HookCluster : GrainCluster
{
    public const string Secret = "s3cret of the hook";

    internal HookProbe Probe { get; } = new();

    internal Task<int> WatchdogAsync(string tenant) => Silo.GetRequiredService<OpenWork>().WakeAsync(tenant, default);

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton(Probe);
        silo.Services.AddSingleton<IHookTargets, Targets>();
        silo.Services.Configure<HookOptions>(options =>
        {
            options.RetryAfter.Add(TimeSpan.FromSeconds(3));
            options.RetryAfter.Add(TimeSpan.FromSeconds(1));
            options.MaxWaiting = 20;
        });
    }

    private sealed class Targets(HookProbe probe) : IHookTargets
    {
        private static readonly WebhookTemplate GitHub = new()
        {
            Id = "events",
            Verification = new WebhookVerification { Kind = WebhookVerificationKind.Hmac, Header = "X-Hub-Signature-256", Prefix = "sha256=" },
            EventTypeHeader = "X-GitHub-Event",
            EventIdHeader = "X-GitHub-Delivery",
            Routes = [new HookRouteSpec { Types = ["ping"], To = HookRouteSpec.Ignore }, new HookRouteSpec { Types = ["ticket.*"], To = "tickets" }],
        };

        private static readonly WebhookTemplate Graph = new()
        {
            Id = "notifications",
            Verification = new WebhookVerification { Kind = WebhookVerificationKind.ClientState, Path = "value.*.clientState" },
            Items = "value",
            EventTypePath = "changeType",
        };

        public Task<TimeSpan?> FindReplyWithinAsync(string tenantId, string instance, CancellationToken cancellationToken) =>
            Task.FromResult<TimeSpan?>(instance.StartsWith("github-hurry", StringComparison.Ordinal) ? TimeSpan.FromSeconds(1) : GitHub.ReplyWithin);

        public async Task<HookTarget?> FindAsync(string tenantId, string instance, CancellationToken cancellationToken)
        {
            await probe.Vault;
            return Find(instance);
        }

        private static HookTarget? Find(string instance) =>
            instance.StartsWith("github", StringComparison.Ordinal) ? new HookTarget([GitHub], new Dictionary<string, string>(), [new SecretText(Secret)])
            : instance.StartsWith("graph", StringComparison.Ordinal) ? new HookTarget([Graph], new Dictionary<string, string>(), [new SecretText(Secret)])
            : null;
    }
}

/// <summary>What subscribers do, and what they got.</summary>
internal sealed class HookProbe
{
    /// <summary>What is waited for before an instance's secrets are there.</summary>
    public Task Vault { get; set; } = Task.CompletedTask;

    public ConcurrentQueue<(string Subscriber, ConnectorEvent Event)> Handled { get; } = new();

    /// <summary>Subscribers by the key of their instance.</summary>
    public ConcurrentDictionary<string, string[]> Subscribers { get; } = new();

    /// <summary>Who fails, by subscriber and type of event.</summary>
    public ConcurrentDictionary<(string Subscriber, string Type), string> Failing { get; } = new();

    /// <summary>Who does not say anything, by subscriber and type of event.</summary>
    public ConcurrentDictionary<(string Subscriber, string Type), bool> Silent { get; } = new();
}

[Alias("test.hook-probe")]
internal interface IHookProbeGrain : IGrainWithStringKey;

/// <summary>Gets the events of the instance that has its key, for all of its subscribers.</summary>
[ImplicitStreamSubscription(HookStreams.Namespace)]
internal sealed class HookProbeGrain(HookProbe probe, PlatformIdentity platform) : Grain, IHookProbeGrain, IStreamSubscriptionObserver, IAsyncObserver<ConnectorEvent>
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<ConnectorEvent>().ResumeAsync(this);

    public async Task OnNextAsync(ConnectorEvent item, StreamSequenceToken? token = null)
    {
        var key = this.GetPrimaryKeyString();
        foreach (var subscriber in probe.Subscribers.GetValueOrDefault(key) ?? ["observer"])
        {
            if (subscriber != "observer" && !item.OpenFor.Contains(subscriber))
            {
                continue;
            }

            probe.Handled.Enqueue((subscriber, item));
            if (subscriber == "observer" || probe.Silent.ContainsKey((subscriber, item.Type)))
            {
                continue;
            }

            platform.Assume(GrainKeys.TenantOf(key));
            probe.Failing.TryGetValue((subscriber, item.Type), out var error);
            await GrainFactory.GetGrain<IConnectorHooksGrain>(key).Settle(new SettleHook { Number = item.Number, Subscriber = subscriber, Error = error });
        }
    }

    public Task OnCompletedAsync() => Task.CompletedTask;

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
