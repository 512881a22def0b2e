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

    [Fact]
    public void TryGet_AuthorsAnswersAreForgotten_NobodyGetsThemAndOthersStay()
    {
        var store = new AnswerStore(Options.Create(new ModelCacheOptions()), new ManualTimeProvider());
        var (scope, key) = Key("t-a", "q");
        var (_, otherKey) = Key("t-a", "q2");
        var (_, newKey) = Key("t-a", "q3");
        store.Put(key, scope, Answer("of ada"), TimeSpan.FromHours(1), new AnswerAuthor("u-ada", 0));
        store.Put(otherKey, scope, Answer("of bob"), TimeSpan.FromHours(1), new AnswerAuthor("u-bob", 0));
        var forgotten = new ModelTenantPolicy { Forgotten = new Dictionary<string, long> { ["u-ada"] = 1 } };
        Assert.True(store.TryGet(key, scope, ModelTenantPolicy.Default, out _));

        // What was asked before comes in after it; what is asked from now on has the new number.
        store.Put(key, scope, Answer("of ada, late"), TimeSpan.FromHours(1), new AnswerAuthor("u-ada", 0));
        store.Put(newKey, scope, Answer("of ada, new"), TimeSpan.FromHours(1), new AnswerAuthor("u-ada", forgotten.AnswersSince("u-ada")));
        Assert.Equal(1, store.Sweep("t-a", forgotten));
        Assert.False(store.TryGet(key, scope, ModelTenantPolicy.Default, out _));
        store.Put(key, scope, Answer("of ada, later"), TimeSpan.FromHours(1), new AnswerAuthor("u-ada", 0));

        Assert.False(store.TryGet(key, scope, forgotten, out _));
        Assert.True(store.TryGet(otherKey, scope, forgotten, out _));
        Assert.True(store.TryGet(newKey, scope, forgotten, out _));
        Assert.Equal(["t-a"], store.Tenants);
        Assert.Equal(2, store.Sweep("t-a", forgotten with { ForgottenOfAll = 2, Forgotten = new Dictionary<string, long>() }));
        Assert.Equal((0L, 0), (store.Bytes, store.Count));
    }

    [Fact]
    public void Sweep_OverTheirTime_AreFreed()
    {
        var time = new ManualTimeProvider();
        var store = new AnswerStore(Options.Create(new ModelCacheOptions()), time);
        var (scope, key) = Key("t-a", "q");
        store.Put(key, scope, Answer("old"), TimeSpan.FromHours(1));
        time.Advance(TimeSpan.FromHours(2));

        Assert.Equal(0, store.Sweep("t-b", ModelTenantPolicy.Default));
        Assert.Equal(1, store.Sweep("t-a", ModelTenantPolicy.Default));
        Assert.Equal(0, store.Bytes);
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
