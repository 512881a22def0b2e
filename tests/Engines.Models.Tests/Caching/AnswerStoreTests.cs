using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Gateway;

namespace Steward.Engines.Models.Tests.Caching;

public sealed class AnswerStoreTests
{
    /// <summary>Whatever is put: memory is bounded, what is counted is what is there, and nobody loses below the even share for another one's answer.</summary>
    [Fact]
    public void Put_AnySequence_BoundedAndFair() => Prop.ForAll(
        Gen.ListOf(from tenant in Gen.Choose(0, 4) from question in Gen.Choose(0, 40) from length in Gen.Choose(1, 3000) select (tenant, question, length)).Select(list => list.ToList()).ToArbitrary(),
        puts =>
        {
            const long limit = 40_000;
            var store = new AnswerStore(Options.Create(new ModelCacheOptions { MaxBytes = limit }), new ManualTimeProvider());
            var tenants = Enumerable.Range(0, 5).Select(number => $"t-{number}").ToList();
            foreach (var (tenant, question, length) in puts)
            {
                var before = tenants.ToDictionary(id => id, store.BytesOf);
                var (scope, key) = Key(tenants[tenant], $"q{question}");
                store.Put(key, scope, Answer(new string('x', length)), TimeSpan.FromHours(1));
                var active = tenants.Count(id => store.BytesOf(id) > 0);
                if (store.Bytes > limit || store.Bytes != tenants.Sum(store.BytesOf)
                    || tenants.Any(id => id != tenants[tenant] && store.BytesOf(id) < before[id] && before[id] <= limit / (active + 1)))
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Put_OneTenantFloods_OtherKeepsItsAnswers()
    {
        var store = new AnswerStore(Options.Create(new ModelCacheOptions { MaxBytes = 100_000 }), new ManualTimeProvider());
        var quiet = Enumerable.Range(0, 10).Select(number => Key("t-quiet", $"q{number}")).ToList();
        quiet.ForEach(entry => store.Put(entry.Key, entry.Scope, Answer(new string('x', 500)), TimeSpan.FromHours(1)));
        for (var i = 0; i < 10_000; i++)
        {
            var (scope, key) = Key("t-noisy", $"q{i}");
            store.Put(key, scope, Answer(new string('x', 500)), TimeSpan.FromHours(1));
        }

        Assert.All(quiet, entry => Assert.True(store.TryGet(entry.Key, entry.Scope, ModelTenantPolicy.Default, out _)));
        Assert.InRange(store.Bytes, 50_000, 100_000);
    }

    [Fact]
    public void Put_TooLarge_NotKept()
    {
        var store = new AnswerStore(Options.Create(new ModelCacheOptions { MaxAnswerBytes = 2000 }), new ManualTimeProvider());
        var (scope, key) = Key("t-a", "q");

        Assert.False(store.Put(key, scope, Answer(new string('x', 2000)), TimeSpan.FromHours(1)));
        Assert.Equal(0, store.Bytes);
    }

    [Fact]
    public void TryGet_KeyOfAnotherScope_IsNotGiven()
    {
        var store = new AnswerStore(Options.Create(new ModelCacheOptions()), new ManualTimeProvider());
        var (scope, key) = Key("t-a", "q");
        store.Put(key, scope, Answer("secret"), TimeSpan.FromHours(1));

        Assert.False(store.TryGet(key, Key("t-b", "q").Scope, ModelTenantPolicy.Default, out _));
    }

    private static CachedAnswer Answer(string text) => CachedAnswer.Of(
        GatewayUnderTest.Call("q"),
        new ModelCallOutcome { Text = text, Finished = new ChatFinished("stop", null, "m", TimeSpan.Zero), Duration = TimeSpan.Zero, WasAsked = true })!;

    private static (CacheScope Scope, AnswerKey Key) Key(string tenant, string question)
    {
        var call = GatewayUnderTest.Call(question, tenant);
        CacheScope.TryOf(call.Origin, out var scope);
        return (scope!, AnswerKey.Of(scope!, call));
    }
}
