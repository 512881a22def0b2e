using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Routing;

namespace Steward.Engines.Models.Tests.Gateway;

/// <summary>A gateway over a model that answers as the test says.</summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public GatewayUnderTest(Action<IServiceCollection> stages)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton<IRandomSource>(new RandomSource(7));
        services.AddSingleton<IChatModelSource>(new Source(this));
        services.AddSingleton<IModelGateway, ModelGateway>();
        stages(services);
        _services = services.BuildServiceProvider();
    }

    public ManualTimeProvider Clock { get; } = new();

    /// <summary>The requests that reached a model, with the model.</summary>
    public ConcurrentQueue<(string Model, ChatRequest Request)> Asked { get; } = new();

    /// <summary>What the model answers, by the number of the call from 1.</summary>
    public Func<int, ChatRequest, CancellationToken, IAsyncEnumerable<ChatDelta>> Script { get; set; } = (number, _, _) => FakeEndpoint.Answer(new ChatText($"answer {number}"), FakeEndpoint.End());

    /// <summary>What one token costs with each tier, in millionths of a dollar; tiers that are not there have no price.</summary>
    public Dictionary<string, decimal> Prices { get; } = new() { [ModelTiers.Small] = 0.1m, [ModelTiers.Standard] = 1, [ModelTiers.Large] = 10 };

    /// <summary>The models of tiers, as providers name them; what is not there can do anything.</summary>
    public Dictionary<string, IReadOnlyList<ModelTargetName>> Targets { get; } = [];

    /// <summary>Models that are not configured.</summary>
    public HashSet<string> Missing { get; } = [];

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public static ModelCall Call(string text, string tenant = "t-a", string? user = "u-1", string? rights = null, string model = "standard", Func<ModelCallOrigin, ModelCallOrigin>? origin = null, params ChatMessage[] before) =>
        new(
            (origin ?? (same => same))(new ModelCallOrigin { TenantId = tenant, UserId = user, RightsScope = rights }),
            new ChatRequest { Messages = [.. before, new ChatMessage { Role = ChatRole.User, Text = text }] },
            model,
            default);

    /// <summary>Runs until the call has to wait, or to its end.</summary>
    public async Task<string> AskAsync(ModelCall call, CancellationToken cancellationToken = default) =>
        string.Concat((await ReadAsync(call, cancellationToken)).OfType<ChatText>().Select(delta => delta.Text));

    public async Task<List<ChatDelta>> ReadAsync(ModelCall call, CancellationToken cancellationToken = default)
    {
        var deltas = new List<ChatDelta>();
        await foreach (var delta in Get<IModelGateway>().StreamAsync(call, cancellationToken))
        {
            deltas.Add(delta);
        }

        return deltas;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private sealed class Source(GatewayUnderTest owner) : IChatModelSource
    {
        public bool IsConfigured => true;

        public IReadOnlyList<string> Names => [];

        public IChatModel? Find(string model) => owner.Missing.Contains(model) ? null : new Model(owner, model);

        public IReadOnlyList<ModelTargetName> TargetsOf(string model) => owner.Targets.GetValueOrDefault(model) ?? [];
    }

    private sealed class Model(GatewayUnderTest owner, string name) : IChatModel
    {
        public string Name => name;

        public ModelPrice? Price => owner.Prices.TryGetValue(name, out var price) ? new ModelPrice { Model = name, Input = price, CachedInput = price, Output = price, AsOf = new DateOnly(2026, 1, 1) } : null;

        public IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, CancellationToken cancellationToken)
        {
            owner.Asked.Enqueue((name, request));
            return owner.Script(owner.Asked.Count, request, cancellationToken);
        }
    }
}
