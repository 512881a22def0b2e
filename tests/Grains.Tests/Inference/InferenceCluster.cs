using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;
using Steward.Engines.Inference;
using Steward.Engines.Security;
using Steward.Identity;
using Steward.Inference;

namespace Steward.Grains.Tests.Inference;

/// <summary>Silos that only run models, or pretend to.</summary>
public sealed class InferenceCluster : IAsyncLifetime, IAsyncDisposable
{
    private readonly IdentityEnvelopeSigner _signer =
        new(ClusterKeyRing.Parse([Convert.ToBase64String(Enumerable.Range(0, 32).Select(number => (byte)number).ToArray())], "test"), TimeProvider.System);

    private readonly ConcurrentQueue<CountingEngine> _engines = new();

    internal InProcessTestCluster Host { get; private set; } = null!;

    /// <summary>The engine of the silo that started first.</summary>
    internal CountingEngine Engine { get; } = new(usesGpu: false);

    /// <summary>The engine of silos that join later, from the first to the last.</summary>
    internal void Queue(CountingEngine engine) => _engines.Enqueue(engine);

    public async Task InitializeAsync()
    {
        _engines.Enqueue(Engine);
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(_signer);
            silo.Services.AddSingleton(TimeProvider.System);
            silo.Services.AddSingleton<IInferenceEngine>(_engines.TryDequeue(out var engine) ? engine : throw new InvalidOperationException("No engine for this silo."));
            silo.AddIncomingGrainCallFilter<IdentityCallFilter>();
            silo.AddStewardInferenceGrains();
        });
        Host = builder.Build();
        await Host.DeployAsync();
    }

    internal void SignIn(string tenant, params string[] roles) =>
        RequestContext.Set(IdentityContext.Key, _signer.Sign(new EnvelopeIdentity { TenantId = tenant, UserId = "u-system", Roles = roles }));

    internal IInferenceGrain Model(string name) => Host.Client.GetGrain<IInferenceGrain>(name);

    public async Task DisposeAsync()
    {
        // A silo that stops waits for what its grains are at, however long that takes: also for a request whose cancellation it has not heard of any more.
        Engine.Hold?.TrySetResult();
        await Host.DisposeAsync();
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
}
