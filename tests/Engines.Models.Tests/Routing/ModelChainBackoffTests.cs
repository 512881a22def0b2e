using Steward.Engines.Models.Providers;
using Steward.Engines.Models.Routing;
using Steward.Engines.Resilience;

namespace Steward.Engines.Models.Tests.Routing;

/// <summary>How long calls wait that failed at the same moment: never all for the same time, or they would come back together.</summary>
public sealed class ModelChainBackoffTests
{
    private const int Callers = 400;

    private static readonly ChatRequest Question = new() { Messages = [new ChatMessage { Role = ChatRole.User, Text = "Hi" }] };

    /// <summary>Each call fails twice and waits twice: between zero and the base delay, then between zero and twice that, both after what the provider asked for.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(20_000)]
    public async Task Stream_ManyCallsFailAtOnce_ComeBackSpreadOverTheirWindows(int? asked)
    {
        var (time, random) = (new WaitsAreOver(), new RandomSource(11));
        TimeSpan? retryAfter = asked is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
        for (var caller = 0; caller < Callers; caller++)
        {
            // Each caller has a provider of its own, so that neither a breaker nor the budget of repetitions is in the way.
            await ReadAsync(Chain(time, random, FakeEndpoint.Failing("model_unavailable", retryAfter, times: 2)));
        }

        Assert.Equal(2 * Callers, time.Waits.Count);
        AssertSpread([.. time.Waits.Where((_, at) => at % 2 == 0)], asked ?? 0, 5_000);
        AssertSpread([.. time.Waits.Where((_, at) => at % 2 == 1)], asked ?? 0, 10_000);
    }

    private static void AssertSpread(IReadOnlyList<TimeSpan> waits, double from, double width)
    {
        var windows = waits.GroupBy(wait => (int)Math.Floor((wait.TotalMilliseconds - from) / (width / 5))).ToDictionary(window => window.Key, window => window.Count());
        Assert.Equal([0, 1, 2, 3, 4], windows.Keys.Order());
        Assert.All(windows.Values, count => Assert.InRange(count, Callers / 10, Callers * 3 / 10));
    }

    private static ModelChain Chain(TimeProvider time, IRandomSource random, IModelEndpoint endpoint) => new(
        [new ModelTarget("a", "m", [new Lazy<IModelEndpoint>(endpoint)], new BreakerSpec { Open = TimeSpan.FromSeconds(10) }, time)],
        new ModelsOptions { RetryBaseDelay = TimeSpan.FromSeconds(5), RetryMaxDelay = TimeSpan.FromMinutes(1), FirstTokenTimeout = TimeSpan.FromMinutes(10), IdleTimeout = TimeSpan.FromMinutes(10), TotalTimeout = TimeSpan.FromMinutes(30) },
        new ModelPrices(),
        time,
        random);

    private static async Task ReadAsync(ModelChain chain)
    {
        await foreach (var _ in chain.StreamAsync(Question, default))
        {
        }
    }
}
