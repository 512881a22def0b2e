using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using Steward.Storage;

namespace Steward.Grains.Tests.Memory;

/// <summary>Whoever destroys a tenant's memories is through with it whatever fails meanwhile, and does not destroy what came later.</summary>
[Collection(TimedClusterGroup.Name)]
public class KeyDestructionTests
{
    private readonly TimedCluster _cluster;
    private readonly string _tenant = "t-" + Guid.NewGuid().ToString("n")[..16];

    public KeyDestructionTests(TimedCluster cluster)
    {
        _cluster = cluster;
        SignInAsAdmin();
    }

    private IMemoryKeepingGrain Keeping => _cluster.Grains.GetGrain<IMemoryKeepingGrain>(GrainKeys.MemoryKeeping(_tenant));

    private DataKeys Keys => _cluster.Silo.GetRequiredService<DataKeys>();

    private FailingVectors Vectors => (FailingVectors)_cluster.Silo.GetRequiredService<IVectorStore>();

    private VectorSpace Tickets => new(_tenant, "tickets", "embedder@1");

    [Fact]
    public async Task DestroyKey_NothingFails_ReportsAllVectorsErased()
    {
        await WriteAsync();

        var destroyed = await Keeping.DestroyKey(_tenant);

        Assert.Equal((4, true), (destroyed.VectorsRemoved, destroyed.VectorsErasedAt is not null));
        Assert.False(await Vectors.RemoveErasedAsync(_tenant, 10));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task DestroyKey_TheStoreFailsHalfWay_TheVectorsGoByThemselvesAndANewKeyStays(int passes)
    {
        await WriteAsync();
        await Keys.GetAsync(_tenant, "memory");
        Vectors.FailAfter(_tenant, passes);

        var destroyed = await Keeping.DestroyKey(_tenant);

        Assert.Equal((passes == 0 ? 0 : 4, null), (destroyed.VectorsRemoved, destroyed.VectorsErasedAt));
        Assert.Equal(passes == 0 ? 3 : 0, (await Vectors.ListIdsAsync(Tickets)).Count);
        Assert.Null(await Keys.FindAsync(_tenant, "memory"));

        // Whoever asks again goes on with it, and does not destroy the key that people have begun anew with.
        _cluster.Time.Advance(MemoryKeepingGrain.KeySettles + TimeSpan.FromMinutes(1));
        var anew = await Keys.GetAsync(_tenant, "memory");
        Assert.Equal(destroyed.At, (await Keeping.DestroyKey(_tenant)).At);
        Assert.Equal(anew.CurrentId, (await Keys.FindAsync(_tenant, "memory"))?.CurrentId);

        Vectors.Heal(_tenant);
        await ErasedByTheWatchdogAsync();
        Assert.Equal(4, (await Keeping.Get()).KeyDestroyed!.VectorsRemoved);

        // Once all is done, it is a destruction of its own.
        Assert.NotEqual(destroyed.At, (await Keeping.DestroyKey(_tenant)).At);
        Assert.Null(await Keys.FindAsync(_tenant, "memory"));
    }

    [Fact]
    public async Task DestroyKey_TheSiloIsLostBehindTheDeed_TheVectorsGoByThemselvesAndANewKeyStays()
    {
        await WriteAsync();
        await Keys.GetAsync(_tenant, "memory");
        _cluster.Faults.LoseAfter(GrainKeys.MemoryKeeping(_tenant), 1);
        Assert.Equal(ErrorCodes.Unavailable, (await Assert.ThrowsAsync<StewardException>(() => Keeping.DestroyKey(_tenant))).Code);
        await _cluster.DeactivatedAsync(Keeping);
        _cluster.Faults.Lose(GrainKeys.MemoryKeeping(_tenant), 0);
        var began = (await Keeping.Get()).KeyDestroyed!;
        Assert.Null(began.VectorsErasedAt);
        Assert.Equal(3, (await Vectors.ListIdsAsync(Tickets)).Count);

        await ErasedByTheWatchdogAsync();

        Assert.Empty(await Vectors.ListIdsAsync(Tickets));
        _cluster.Time.Advance(MemoryKeepingGrain.KeySettles + TimeSpan.FromMinutes(1));
        var anew = await Keys.GetAsync(_tenant, "memory");
        Assert.Equal(began.At, (await Keeping.DestroyKey(_tenant)).At);
        Assert.Equal(anew.CurrentId, (await Keys.FindAsync(_tenant, "memory"))?.CurrentId);
    }

    private async Task ErasedByTheWatchdogAsync()
    {
        _cluster.SignInAsPlatform(_tenant);
        await _cluster.WatchdogAsync(_tenant);
        SignInAsAdmin();
        await Conversing.UntilAsync(async () => (await Keeping.Get()).KeyDestroyed!.VectorsErasedAt is not null);
        Assert.False(await Vectors.RemoveErasedAsync(_tenant, 10));
    }

    private async Task WriteAsync()
    {
        await Vectors.WriteAsync(new VectorWrite { Space = Tickets, Rows = [Row("a"), Row("b"), Row("c")], Through = 3 });
        await Vectors.WriteAsync(new VectorWrite { Space = Tickets with { Collection = "articles" }, Rows = [Row("a")], Through = 1 });
    }

    private VectorRow Row(string id) => new() { Id = id, Owner = VectorRow.Nobody, Kind = "Mail", At = _cluster.Time.GetUtcNow(), Vector = new float[] { 1, 0 } };

    private void SignInAsAdmin() => _cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
}
