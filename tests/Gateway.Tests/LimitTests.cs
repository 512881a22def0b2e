using System.Net;
using Microsoft.Extensions.Options;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Identity;
using Steward.Testing;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

public class LimitTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Streams_NinthOfAUser_Is429UntilOneIsClosed()
    {
        gateway.Cluster.AddRun("r-watched", user: "u-many");
        gateway.Cluster.AddRun("r-watched", tenant: "t-other", user: "u-many");
        using var client = gateway.As("u-many");
        var open = new List<HttpResponseMessage>();
        for (var i = 0; i < 8; i++)
        {
            open.Add(await EventStreamTests.Watch(client, "/v1/runs/r-watched/events"));
        }

        using var ninth = await EventStreamTests.Watch(client, "/v1/runs/r-watched/events");
        using var other = gateway.As("u-many", "t-other");
        using var others = await EventStreamTests.Watch(other, "/v1/runs/r-watched/events");

        await AssertProblem(ninth, 429, "overloaded");
        Assert.NotNull(ninth.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, others.StatusCode);

        open[0].Dispose();
        await Until(() => gateway.Cluster.Runs["t-acme/r-watched"].Watchers == 7, "the closed stream is still watched");
        HttpStatusCode again = default;
        for (var i = 0; i < 200 && again != HttpStatusCode.OK; i++)
        {
            using var next = await EventStreamTests.Watch(client, "/v1/runs/r-watched/events");
            again = next.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, again);
        open.ForEach(response => response.Dispose());
    }

    [Fact]
    public async Task Streams_RefusedForAMessage_HandsNothingIn()
    {
        gateway.Cluster.AddRun("r-full", user: "u-full");
        gateway.Cluster.Sessions["t-acme/u-full/s-1"] = new FakeSession("s-1", null);
        using var client = gateway.As("u-full");
        var open = new List<HttpResponseMessage>();
        for (var i = 0; i < 8; i++)
        {
            open.Add(await EventStreamTests.Watch(client, "/v1/runs/r-full/events"));
        }

        var before = gateway.Cluster.Submitted.Count;
        client.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        using var response = await client.PostAsync("/v1/sessions/s-1/messages", Json("""{"text":"hello"}"""));

        await AssertProblem(response, 429, "overloaded");
        Assert.Equal(before, gateway.Cluster.Submitted.Count);
        open.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Requests_BeyondTheBurst_Are429AndComeBackWithTime()
    {
        using var client = gateway.As("u-eager");
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 401; i++)
        {
            using var response = await client.GetAsync("/v1/me");
            statuses.Add(response.StatusCode);
            if (i == 400)
            {
                var problem = await AssertProblem(response, 429, "overloaded");
                Assert.True(problem.GetProperty("retryable").GetBoolean());
                Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
            }
        }

        gateway.Time.Advance(TimeSpan.FromSeconds(1));
        using var later = await client.GetAsync("/v1/me");

        Assert.All(statuses.Take(400), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Fact]
    public async Task Messages_TenantHasTooManyWaiting_Are429AndTheNextOnesDoNotReachTheCluster()
    {
        gateway.Cluster.Sessions["t-flood/u-ada/s-1"] = new FakeSession("s-1", null);
        gateway.Cluster.Sessions["t-calm/u-ada/s-1"] = new FakeSession("s-1", null);
        using var client = gateway.As("u-ada", "t-flood");
        using var neighbour = gateway.As("u-ada", "t-calm");

        using var refused = await client.PostAsync("/v1/sessions/s-1/messages", Json("""{"text":"flood"}"""));
        var handedIn = gateway.Cluster.Submitted.Count;
        using var next = await client.PostAsync("/v1/sessions/s-1/messages", Json("""{"text":"hello"}"""));
        Assert.Equal(handedIn, gateway.Cluster.Submitted.Count);
        using var others = await neighbour.PostAsync("/v1/sessions/s-1/messages", Json("""{"text":"hello"}"""));
        gateway.Time.Advance(TimeSpan.FromSeconds(1.1));
        using var later = await client.PostAsync("/v1/sessions/s-1/messages", Json("""{"text":"hello"}"""));

        var problem = await AssertProblem(refused, 429, "overloaded");
        Assert.True(problem.GetProperty("retryable").GetBoolean());
        Assert.Equal(TimeSpan.FromSeconds(20), refused.Headers.RetryAfter?.Delta);
        await AssertProblem(next, 429, "overloaded");
        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (others.StatusCode, later.StatusCode));
    }

    [Fact]
    public void TokenBucket_OverTime_FillsAtItsRateUpToItsSize()
    {
        var time = new ManualTimeProvider();
        var bucket = new TokenBucket(perSecond: 2, burst: 3, time);

        Assert.Equal(3, TakeAll(bucket));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, TakeAll(bucket));
        time.Advance(TimeSpan.FromHours(1));
        Assert.True(bucket.IsFull);
        Assert.Equal(3, TakeAll(bucket));
        Assert.False(bucket.TryTake(out var wait));
        Assert.Equal(TimeSpan.FromSeconds(0.5), wait);
    }

    [Fact]
    public void StreamSlot_DisposedTwice_IsReleasedOnce()
    {
        var admission = new UserAdmission(Options.Create(new StewardGatewayOptions { StreamsPerUser = 1 }), TimeProvider.System);
        var caller = new CallerIdentity { TenantId = "t-a", UserId = "u-a" };
        var slot = admission.AdmitStream(caller);
        slot.Dispose();
        slot.Dispose();

        using var next = admission.AdmitStream(caller);

        Assert.Equal(ErrorCodes.Overloaded, Assert.Throws<StewardException>(() => admission.AdmitStream(caller)).Code);
    }

    [Fact]
    public void TenantBackpressure_BackgroundIsFull_RefusesOnlyTheBackgroundForAMoment()
    {
        var time = new ManualTimeProvider();
        var backpressure = new TenantBackpressure(time);

        backpressure.Refused("t-a", background: true, TimeSpan.FromSeconds(20));

        Assert.Equal(TimeSpan.FromSeconds(20), backpressure.RetryAfter("t-a", background: true));
        Assert.Null(backpressure.RetryAfter("t-a", background: false));
        Assert.Null(backpressure.RetryAfter("t-b", background: true));
        time.Advance(TimeSpan.FromMilliseconds(26));
        Assert.Null(backpressure.RetryAfter("t-a", background: true));
    }

    [Fact]
    public void ExpiringCache_FullOfStrangers_StaysBounded()
    {
        var cache = new ExpiringCache<int, int>(capacity: 100, new ManualTimeProvider());

        for (var i = 0; i < 10_000; i++)
        {
            cache.Set(i, i, DateTimeOffset.MaxValue);
        }

        Assert.InRange(cache.Count, 1, 101);
        Assert.True(cache.TryGet(9_999, out _));
    }

    [Fact]
    public void ExpiringCache_ExpiredEntry_IsNotFound()
    {
        var time = new ManualTimeProvider();
        var cache = new ExpiringCache<string, int>(capacity: 10, time);
        cache.Set("key", 5, time.GetUtcNow() + TimeSpan.FromSeconds(30));

        Assert.True(cache.TryGet("key", out var value));
        Assert.Equal(5, value);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(cache.TryGet("key", out _));
        Assert.True(cache.HasSeen("key", out _));
    }

    [Theory]
    [InlineData(nameof(StewardGatewayOptions.MaxBodyBytes), 10)]
    [InlineData(nameof(StewardGatewayOptions.MaxHeaderBytes), 0)]
    [InlineData(nameof(StewardGatewayOptions.StreamsPerUser), 0)]
    public void Options_OutOfBounds_SayTheFix(string option, int value)
    {
        var options = new StewardGatewayOptions();
        typeof(StewardGatewayOptions).GetProperty(option)!.SetValue(options, value);

        var result = new StewardGatewayOptionsValidator().Validate(null, options);

        Assert.True(result.Failed);
        Assert.Contains(option, result.FailureMessage, StringComparison.Ordinal);
        Assert.Contains("set ", result.FailureMessage, StringComparison.Ordinal);
    }

    private static int TakeAll(TokenBucket bucket)
    {
        var taken = 0;
        while (bucket.TryTake(out _))
        {
            taken++;
        }

        return taken;
    }
}
