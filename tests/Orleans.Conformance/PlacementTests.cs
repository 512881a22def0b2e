using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Metadata;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace Orleans.Conformance;

/// <summary>A grain for filters to choose a silo for.</summary>
public interface IPlacedGrain : IGrainWithStringKey
{
    Task<SiloAddress> Where();
}

[PassingFilter("first", order: 1)]
[ClosingFilter(order: 2)]
public sealed class PlacedGrain(ILocalSiloDetails silo) : Grain, IPlacedGrain
{
    public Task<SiloAddress> Where() => Task.FromResult(silo.SiloAddress);
}

/// <summary>A grain whose filter nobody registered.</summary>
public interface IUnplaceableGrain : IGrainWithStringKey
{
    Task Call();
}

[UnknownFilter]
public sealed class UnplaceableGrain : Grain, IUnplaceableGrain
{
    public Task Call() => Task.CompletedTask;
}

public sealed class PassingFilterAttribute(string mark, int order) : PlacementFilterAttribute(new PassingFilterStrategy(mark, order));

/// <summary>A strategy with a value of its own.</summary>
public sealed class PassingFilterStrategy(string mark, int order) : PlacementFilterStrategy(order)
{
    public PassingFilterStrategy()
        : this("", 0)
    {
    }

    public string Mark { get; private set; } = mark;

    public override void AdditionalInitialize(GrainProperties properties) => Mark = GetPlacementFilterGrainProperty("mark", properties)!;

    protected override IEnumerable<KeyValuePair<string, string>> GetAdditionalGrainProperties(
        IServiceProvider services, Type grainClass, GrainType grainType, IReadOnlyDictionary<string, string> existingProperties) => [new("mark", Mark)];
}

public sealed class PassingFilterDirector(PlacementCluster.Log log) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        log.Add(target, $"{((PassingFilterStrategy)filterStrategy).Mark}:{filterStrategy.Order}");
        return silos;
    }
}

public sealed class ClosingFilterAttribute(int order) : PlacementFilterAttribute(new ClosingFilterStrategy(order));

public sealed class ClosingFilterStrategy(int order) : PlacementFilterStrategy(order)
{
    public ClosingFilterStrategy()
        : this(0)
    {
    }
}

public sealed class ClosingFilterDirector(PlacementCluster.Log log) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        log.Add(target, $"closing:{filterStrategy.Order}");
        return target.GrainIdentity.Key.ToString()!.StartsWith("nowhere", StringComparison.Ordinal) ? [] : silos;
    }
}

public sealed class UnknownFilterAttribute() : PlacementFilterAttribute(new UnknownFilterStrategy());

public sealed class UnknownFilterStrategy() : PlacementFilterStrategy(0);

/// <summary>A silo with filters and with something to say of itself.</summary>
public sealed class PlacementCluster : Cluster
{
    public Log Seen => Host.GetSiloServiceProvider().GetRequiredService<Log>();

    protected override void ConfigureSilo(ISiloBuilder silo)
    {
        var late = new Dictionary<string, string> { ["colour"] = "green" };
        silo.Services.AddSingleton<Log>();
        silo.Services.AddPlacementFilter<PassingFilterStrategy, PassingFilterDirector>(ServiceLifetime.Transient);
        silo.Services.AddPlacementFilter<ClosingFilterStrategy, ClosingFilterDirector>(ServiceLifetime.Transient);

        // What a service knows, read when the silo starts: options are configured in the order of their registration.
        silo.Services.AddOptions<SiloMetadata>().Configure<Log>((_, log) => late["log"] = log.GetType().Name);
        silo.UseSiloMetadata(late);
    }

    /// <summary>Which filters were asked for which grain.</summary>
    public sealed class Log
    {
        private readonly ConcurrentDictionary<string, string> _asked = new();

        public void Add(PlacementTarget target, string filter) =>
            _asked.AddOrUpdate(target.GrainIdentity.Key.ToString()!, filter, (_, before) => $"{before} {filter}");

        public string? Of(string key) => _asked.GetValueOrDefault(key);
    }
}

/// <summary>Where grains come to be, as filters say.</summary>
public sealed class PlacementTests(PlacementCluster cluster) : IClassFixture<PlacementCluster>
{
    private SiloAddress Silo => cluster.Host.Silos[0].SiloAddress;

    [Fact]
    public async Task Filters_OfAClass_AreAskedInTheirOrderBeforeItsFirstActivation()
    {
        Assert.Equal(Silo, await cluster.Client.GetGrain<IPlacedGrain>("somewhere").Where());
        await cluster.Client.GetGrain<IPlacedGrain>("somewhere").Where();

        Assert.Equal("first:1 closing:2", cluster.Seen.Of("somewhere"));
    }

    [Fact]
    public async Task Filters_ThatLeaveNoSilo_FailTheCall()
    {
        var exception = await Assert.ThrowsAsync<OrleansException>(() => cluster.Client.GetGrain<IPlacedGrain>("nowhere").Where());

        Assert.Contains("No active nodes are compatible with grain placed", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_ThatNobodyRegistered_FailTheCall()
    {
        var exception = await Assert.ThrowsAsync<KeyNotFoundException>(() => cluster.Client.GetGrain<IUnplaceableGrain>("x").Call());

        Assert.Contains("Could not resolve placement filter strategy UnknownFilterStrategy", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_OfTheSilo_IsWhatItWasGivenByTheTimeItStarts()
    {
        var cache = cluster.Host.GetSiloServiceProvider().GetRequiredService<ISiloMetadataCache>();
        await Eventually.True(() => cache.GetSiloMetadata(Silo).Metadata.ContainsKey("colour"), "the silo is known");

        Assert.Equal(("green", "Log"), (cache.GetSiloMetadata(Silo).Metadata["colour"], cache.GetSiloMetadata(Silo).Metadata["log"]));
    }

    [Fact]
    public void Metadata_OfAnUnknownSilo_IsEmpty()
    {
        var cache = cluster.Host.GetSiloServiceProvider().GetRequiredService<ISiloMetadataCache>();

        Assert.Empty(cache.GetSiloMetadata(SiloAddress.New(System.Net.IPAddress.Parse("192.0.2.1"), 1, 1)).Metadata);
    }
}
