using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Gateway;

namespace Steward.Engines.Models.Tests.Caching;

public sealed class AnswerSweepTests
{
    [Fact]
    public async Task Sweep_OneTenantsSettingsCannotBeRead_TheOthersAreSweptAllTheSame()
    {
        var store = new AnswerStore(Options.Create(new ModelCacheOptions()), new ManualTimeProvider());
        foreach (var tenant in (string[])["t-a", "t-b", "t-c"])
        {
            var call = GatewayUnderTest.Call("q", tenant);
            CacheScope.TryOf(call.Origin, out var scope);
            var answer = CachedAnswer.Of(call, new ModelCallOutcome { Text = "secret", Finished = new ChatFinished("stop", null, "m", TimeSpan.Zero), Duration = TimeSpan.Zero, WasAsked = true })!;
            store.Put(AnswerKey.Of(scope!, call), scope!, answer, TimeSpan.FromHours(1), new AnswerAuthor("u-ada", 0));
        }

        using var sweep = new AnswerSweep(store, new Policies(), new ManualTimeProvider(), NullLogger<AnswerSweep>.Instance);

        Assert.Equal(1, await sweep.SweepAsync(default));
        Assert.Equal(["t-a", "t-b"], store.Tenants.Order());
        Assert.Equal(0, await sweep.SweepAsync(default));
    }

    /// <summary>Of one the settings cannot be read, of one nobody was forgotten, of one somebody was.</summary>
    private sealed class Policies : IModelTenantPolicies
    {
        public ValueTask<ModelTenantPolicy> GetAsync(string tenantId, CancellationToken cancellationToken) => tenantId switch
        {
            "t-a" => throw new ModelException("model_unavailable", "Not now.") { IsRetryable = true },
            "t-b" => new(ModelTenantPolicy.Default),
            _ => new(new ModelTenantPolicy { Forgotten = new Dictionary<string, long> { ["u-ada"] = 1 } }),
        };
    }
}
