using Microsoft.AspNetCore.Http;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;
using Xunit.Abstractions;

namespace Steward.Engines.Connectors.Tests.Pipeline;

public sealed class StormTests(ITestOutputHelper output)
{
    /// <summary>200 callers that go on asking, and a system that takes no calls: what reaches it stays inside of the window and of the retry budget.</summary>
    [Theory]
    [InlineData(429, null)]
    [InlineData(429, "1")]
    [InlineData(503, null)]
    public async Task ExecuteAsync_StormOfRefusals_MakesNoStormOfRetries(int status, string? retryAfter)
    {
        await using var vendor = await FakeVendor.StartAsync();
        vendor.Answer = (_, http) =>
        {
            if (retryAfter is not null)
            {
                http.Response.Headers.RetryAfter = retryAfter;
            }

            return FakeVendor.Json(http, "{}", status);
        };
        using var sut = Piped.Of(Templates.Things.Replace("retry:", "limits: [ { window: 1m, max: 50, maxConcurrent: 20 } ]\nretry:", StringComparison.Ordinal), vendor.Url);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(caller => Task.Run(async () =>
        {
            var seen = new List<string>();
            for (var i = 0; i < 5; i++)
            {
                seen.Add(Assert.IsType<ActionFailed>(await sut.ExecuteAsync("things.get", new { id = $"{caller}" })).Code);
            }

            return seen;
        })));

        var codes = outcomes.SelectMany(seen => seen).GroupBy(code => code).Select(group => $"{group.Key} {group.Count()}");
        output.WriteLine($"1,000 calls answered with {status} (Retry-After {retryAfter ?? "none"}): {vendor.Requests.Count} reached the server; {string.Join(", ", codes)}.");
        Assert.InRange(vendor.Requests.Count, 1, 50);
        // The first wave is what may run at once; after that a few trials in the pauses, and repetitions within the budget.
        Assert.True(vendor.Requests.Count <= 20 + 15, $"{vendor.Requests.Count} requests");
        Assert.Equal(0, ((InProcessGate)sut.Gate).CallsUnderWay);
    }

    [Fact]
    public async Task ExecuteAsync_LimitOfTheServerMet_NothingIsRefusedThere()
    {
        await using var vendor = await FakeVendor.StartAsync();
        var times = new System.Collections.Concurrent.ConcurrentQueue<long>();
        vendor.Answer = (_, http) =>
        {
            times.Enqueue(TimeProvider.System.GetTimestamp());
            return FakeVendor.Json(http, """{"thing":{"id":"1"}}""");
        };
        using var sut = Piped.Of(Templates.Things.Replace("retry:", "limits: [ { window: 1s, max: 10 } ]\nretry:", StringComparison.Ordinal), vendor.Url);

        await Task.WhenAll(Enumerable.Range(0, 40).Select(caller => sut.ExecuteAsync("things.get", new { id = $"{caller}" })));

        var at = times.Order().ToList();
        // Requests arrive a little later than they were let out, not all equally: the server's own window is given a tenth.
        Assert.All(at.Zip(at.Skip(11)), pair => Assert.True(TimeProvider.System.GetElapsedTime(pair.First, pair.Second) > TimeSpan.FromSeconds(0.9)));
    }
}
