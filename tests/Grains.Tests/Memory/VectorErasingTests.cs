using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using Steward.Storage;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

/// <summary>A person's vectors go in steps, and whatever is lost between two of them, the erasure goes on and its receipt counts each once.</summary>
[Collection(TimedClusterGroup.Name)]
public class VectorErasingTests
{
    private readonly TimedCluster _cluster;
    private readonly string _tenant = "t-" + Guid.NewGuid().ToString("n")[..16];
    private readonly string _user = NewUser();

    public VectorErasingTests(TimedCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn(_tenant, _user);
    }

    private FailingVectors Vectors => (FailingVectors)_cluster.Silo.GetRequiredService<IVectorStore>();

    private IUserMemoryGrain Memory => _cluster.Grains.GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(_tenant, _user));

    // Odd numbers lose what a step that was made has answered.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Erase_TheStoreFailsBetweenTwoSteps_GoesOnAndCountsEachOnce(int passes)
    {
        foreach (var collection in (string[])["tickets", "articles"])
        {
            var space = new VectorSpace(_tenant, collection, "embedder@1");
            await Vectors.WriteAsync(new VectorWrite { Space = space, Rows = [.. Enumerable.Range(0, 5).Select(i => Row($"r{i}", _user)), Row("other", "u-other")] });
        }

        Vectors.FailAfter(_tenant, passes);
        await Memory.Erase(new EraseMemory { OperationId = "all" });
        Assert.Null((await Memory.GetErasure())!.CompletedAt);

        Vectors.Heal(_tenant);
        _cluster.Time.Advance(TimeSpan.FromMinutes(2));
        await Conversing.UntilAsync(async () =>
        {
            _cluster.SignInAsPlatform(_tenant);
            await _cluster.WatchdogAsync(_tenant);
            _cluster.SignIn(_tenant, _user);
            return (await Memory.GetErasure())!.CompletedAt is not null;
        });

        Assert.Equal(10, (await Memory.GetErasure())!.Removed.Single(part => part.Place == "vectors").Count);
        Assert.Equal(["other"], await Vectors.ListIdsAsync(new VectorSpace(_tenant, "tickets", "embedder@1")));
        Assert.Equal(["other"], await Vectors.ListIdsAsync(new VectorSpace(_tenant, "articles", "embedder@1")));
    }

    [Fact]
    public async Task Erase_TheActivationEndsBetweenTwoSteps_IsNotCompleteBeforeTheVectorsAreGone()
    {
        var space = new VectorSpace(_tenant, "tickets", "embedder@1");
        await Vectors.WriteAsync(new VectorWrite { Space = space, Rows = [.. Enumerable.Range(0, 5).Select(i => Row($"r{i}", _user)), Row("other", "u-other")] });
        var accessor = _cluster.Silo.GetRequiredService<IGrainContextAccessor>();
        Vectors.Behind[_tenant] = () =>
        {
            // As when a silo stops and does not wait for the step: the activation is told before its call is over.
            var (activation, reason) = (accessor.GrainContext!, new DeactivationReason(DeactivationReasonCode.ShuttingDown, "test"));
            activation.Deactivate(reason);
            return ((IGrainBase)activation.GrainInstance!).OnDeactivateAsync(reason, default);
        };

        var begun = await Memory.Erase(new EraseMemory { OperationId = "all" });
        Assert.Null(begun.CompletedAt);
        Assert.Equal(2, begun.Removed.Single(part => part.Place == "vectors").Count);

        Vectors.Behind.Remove(_tenant, out _);
        await _cluster.DeactivatedAsync(Memory);
        await Conversing.UntilAsync(async () =>
        {
            _cluster.SignInAsPlatform(_tenant);
            await _cluster.WatchdogAsync(_tenant);
            _cluster.SignIn(_tenant, _user);
            return (await Memory.GetErasure())!.CompletedAt is not null;
        });

        Assert.Equal(5, (await Memory.GetErasure())!.Removed.Single(part => part.Place == "vectors").Count);
        Assert.Equal(["other"], await Vectors.ListIdsAsync(space));
    }

    [Fact]
    public async Task Erase_InSteps_WritesWhatEarlierReleasesTakeForTheEndOnlyOnce()
    {
        var space = new VectorSpace(_tenant, "tickets", "embedder@1");
        await Vectors.WriteAsync(new VectorWrite { Space = space, Rows = [.. Enumerable.Range(0, 5).Select(i => Row($"r{i}", _user))] });

        await Memory.Erase(new EraseMemory { OperationId = "all" });

        var entries = await _cluster.Journals.ReadAsync(GrainKeys.UserMemory(_tenant, _user), 0, 100);
        Assert.Equal(
            ["memory.erase_vectors_step", "memory.erase_vectors_step", "memory.erase_vectors", "memory.erased"],
            entries.Select(entry => entry.Type).SkipWhile(type => type != "memory.erase_vectors_step"));
    }

    [Fact]
    public void Apply_RecordOfALaterRelease_IsPassedOver()
    {
        var state = new UserMemoryState();
        state.Apply(new JournalEntry { Sequence = 1, Type = "memory.of_a_later_release", Payload = "{\"count\":1}"u8.ToArray(), At = _cluster.Time.GetUtcNow() });

        Assert.False(state.HasErasedVectors);
        Assert.Empty(state.Facts);
    }

    private VectorRow Row(string id, string owner) => new() { Id = id, Owner = owner, At = _cluster.Time.GetUtcNow(), Vector = new float[] { 1, 0 } };
}
