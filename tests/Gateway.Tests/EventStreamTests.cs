using System.Net;
using System.Text.Json;
using Steward.Errors;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

public class EventStreamTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task SubmitMessage_ClientThatAcceptsEvents_StreamsTheRunToItsEnd()
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-1"] = new FakeSession("s-1", null);
        using var ada = gateway.As();
        ada.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");

        using var response = await ada.PostAsync("/v1/sessions/s-1/messages", Json("""{"text":"hello","operationId":"op-sse"}"""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("/v1/runs/r-op-sse", response.Headers.Location?.OriginalString);
        Assert.Contains("no-store", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Equal("no", Assert.Single(response.Headers.GetValues("X-Accel-Buffering")));
        Assert.Equal(
            """
            retry: 1000

            id: 1
            event: run.accepted
            data: {"sequence":1,"type":"run.accepted","at":"1970-01-01T00:00:00+00:00","data":{}}

            id: 2
            event: answer.delta
            data: {"sequence":2,"type":"answer.delta","at":"1970-01-01T00:00:00+00:00","data":{"offset":0,"text":"Done."}}

            id: 3
            event: run.ended
            data: {"sequence":3,"type":"run.ended","at":"1970-01-01T00:00:00+00:00","data":{"phase":"completed"}}


            """,
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task SubmitMessage_RunHasNoEventYet_IsAnsweredWithTheFirst()
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-1"] = new FakeSession("s-1", null);
        using var ada = gateway.As();
        ada.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sessions/s-1/messages") { Content = Json("""{"text":"slow","operationId":"op-held"}""") };

        var answering = ada.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        while (gateway.Cluster.Runs.GetValueOrDefault("t-acme/r-op-held") is not { Watchers: 1 })
        {
            await Task.Delay(10);
        }

        await Task.Delay(100);
        var early = answering.IsCompleted;
        var run = gateway.Cluster.Runs["t-acme/r-op-held"];
        run.Append("run.accepted", "{}");
        using var response = await answering;
        run.End();

        Assert.False(early);
        Assert.Equal("/v1/runs/r-op-held", response.Headers.Location?.OriginalString);
        Assert.Contains("event: run.ended", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SubmitMessage_RunCannotBeWatched_IsAProblemWithItsStatus()
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-1"] = new FakeSession("s-1", null);
        gateway.Cluster.AddRun("r-op-broken").Breaks = new StewardException(ErrorCodes.Unavailable, "The run's events cannot be read now.") { IsRetryable = true };
        using var ada = gateway.As();
        ada.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");

        using var response = await ada.PostAsync("/v1/sessions/s-1/messages", Json("""{"text":"slow","operationId":"op-broken"}"""));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("*/*", false)]
    [InlineData("application/json", false)]
    [InlineData("application/json, text/event-stream;q=0.5", false)]
    [InlineData("text/event-stream, application/json;q=0.5", true)]
    [InlineData("application/json, text/event-stream", true)]
    [InlineData("text/event-stream;q=0", false)]
    [InlineData("TEXT/EVENT-STREAM", true)]
    public async Task SubmitMessage_Accept_DecidesTheKindOfAnswer(string accept, bool streams)
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-1"] = new FakeSession("s-1", null);
        using var ada = gateway.As();
        ada.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);

        using var response = await ada.PostAsync("/v1/sessions/s-1/messages", Json("""{"text":"hello"}"""));

        Assert.Equal(streams ? HttpStatusCode.OK : HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact]
    public async Task WatchRun_LiveRun_SendsEachEventWhenItHappens()
    {
        var run = gateway.Cluster.AddRun("r-live");
        using var ada = gateway.As();
        using var response = await Watch(ada, "/v1/runs/r-live/events");
        var events = new SseReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("retry:", await events.NextAsync(), StringComparison.Ordinal);

        for (var i = 1; i <= 3; i++)
        {
            run.Append("answer.delta", $$"""{"n":{{i}}}""");
            Assert.Contains($"id: {i}\n", await events.NextAsync(), StringComparison.Ordinal);
        }

        run.End();
        Assert.Contains("event: run.ended", await events.NextAsync(), StringComparison.Ordinal);
        Assert.Null(await events.NextAsync());
    }

    [Theory]
    [InlineData("?after=2", null, new[] { 3, 4 })]
    [InlineData("", "3", new[] { 4 })]
    [InlineData("?after=1", "3", new[] { 4 })]
    [InlineData("", "0", new[] { 1, 2, 3, 4 })]
    [InlineData("?after=", "", new[] { 1, 2, 3, 4 })]
    public async Task WatchRun_AfterABreak_ContinuesAfterTheLastEvent(string query, string? lastEventId, int[] expected)
    {
        var run = gateway.Cluster.AddRun("r-resumed");
        run.Append("step.started", "{}");
        run.Append("step.completed", "{}");
        run.Append("answer.delta", "{}");
        run.End();
        using var ada = gateway.As();

        using var response = await Watch(ada, "/v1/runs/r-resumed/events" + query, lastEventId);

        Assert.Equal(expected, await SequencesOf(response));
    }

    [Fact]
    public async Task WatchRun_NothingLeft_Is204SoThatBrowsersStop()
    {
        gateway.Cluster.AddRun("r-finished").End();
        using var ada = gateway.As();

        using var response = await Watch(ada, "/v1/runs/r-finished/events", "1");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Theory]
    [InlineData("?after=9", null, "after")]
    [InlineData("", "9", "Last-Event-ID")]
    [InlineData("", "abc", "Last-Event-ID")]
    [InlineData("", "-1", "Last-Event-ID")]
    public async Task WatchRun_NumberThatCannotBe_IsRefused(string query, string? lastEventId, string field)
    {
        gateway.Cluster.AddRun("r-short").End();
        using var ada = gateway.As();

        using var response = await Watch(ada, "/v1/runs/r-short/events" + query, lastEventId);

        await AssertProblem(response, 400, "invalid_argument", field);
    }

    [Fact]
    public async Task WatchRun_SilentRun_SendsACommentEveryFifteenSeconds()
    {
        var run = gateway.Cluster.AddRun("r-silent", user: "u-silent");
        using var client = gateway.As("u-silent");
        using var response = await Watch(client, "/v1/runs/r-silent/events");
        var events = new SseReader(await response.Content.ReadAsStreamAsync());
        await events.NextAsync();

        for (var i = 0; i < 3; i++)
        {
            await gateway.Time.WhenWaitingAsync(TimeSpan.FromSeconds(15));
            gateway.Time.Advance(TimeSpan.FromSeconds(15));
            Assert.Equal(": still here", await events.NextAsync());
        }

        run.End();
        Assert.Contains("event: run.ended", await events.NextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WatchRun_ClientGoesAway_EndsTheWatchAndNotTheRun()
    {
        var run = gateway.Cluster.AddRun("r-left");
        using (var ada = gateway.As())
        {
            var response = await Watch(ada, "/v1/runs/r-left/events");
            var events = new SseReader(await response.Content.ReadAsStreamAsync());
            await events.NextAsync();
            await Until(() => run.Watchers == 1, "the gateway does not watch");
            response.Dispose();
        }

        await Until(() => run.Watchers == 0, "the watch goes on without a client");
        Assert.False(run.Status.HasEnded);
        Assert.Null(run.CancelReason);
    }

    [Fact]
    public async Task WatchRun_DataWithLineBreaks_StaysOneEvent()
    {
        var run = gateway.Cluster.AddRun("r-lines");
        run.Append("step.completed", "{\n  \"text\": \"a\\nb\",\r\n  \"ü\": 1\n}");
        run.End();
        using var ada = gateway.As();

        using var response = await Watch(ada, "/v1/runs/r-lines/events");
        var block = (await new SseReader(await response.Content.ReadAsStreamAsync()).RestAsync())[1];

        var data = JsonDocument.Parse(block.Split('\n')[2]["data: ".Length..]).RootElement.GetProperty("data");
        Assert.Equal(3, block.Split('\n').Length);
        Assert.Equal("a\nb", data.GetProperty("text").GetString());
        Assert.Equal(1, data.GetProperty("ü").GetInt32());
    }

    [Fact]
    public async Task WatchRun_ClusterLostForGood_EndsWithAProblemEventWithoutId()
    {
        var run = gateway.Cluster.AddRun("r-lost");
        run.Append("step.started", "{}");
        run.Breaks = new StewardException(ErrorCodes.Unavailable, "The run's events cannot be read now. Continue after event 1.") { IsRetryable = true };
        using var ada = gateway.As();

        using var response = await Watch(ada, "/v1/runs/r-lost/events");
        var blocks = await new SseReader(await response.Content.ReadAsStreamAsync()).RestAsync();

        var last = blocks[^1].Split('\n');
        Assert.Equal("event: problem", last[0]);
        var problem = JsonDocument.Parse(last[1]["data: ".Length..]).RootElement;
        Assert.Equal("unavailable", problem.GetProperty("code").GetString());
        Assert.True(problem.GetProperty("retryable").GetBoolean());
        Assert.Contains("id: 1\n", blocks[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WatchRun_DefectInTheMiddle_EndsWithAProblemEventWithoutDetails()
    {
        var run = gateway.Cluster.AddRun("r-defect");
        run.Append("step.started", "{}");
        run.Breaks = new InvalidOperationException("Password=hunter2");
        using var ada = gateway.As();

        using var response = await Watch(ada, "/v1/runs/r-defect/events");
        var blocks = await new SseReader(await response.Content.ReadAsStreamAsync()).RestAsync();

        Assert.Contains("\"code\":\"internal\"", blocks[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", blocks[^1], StringComparison.Ordinal);
        Assert.Contains("id: 1\n", blocks[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WatchRun_ManyEvents_ArriveCompleteAndInOrder()
    {
        var run = gateway.Cluster.AddRun("r-many");
        for (var i = 0; i < 5000; i++)
        {
            run.Append("answer.delta", $$"""{"text":"{{new string('x', 50)}}"}""");
        }

        run.End();
        using var ada = gateway.As();

        using var response = await Watch(ada, "/v1/runs/r-many/events");

        Assert.Equal(Enumerable.Range(1, 5001), await SequencesOf(response));
    }

    internal static async Task<HttpResponseMessage> Watch(HttpClient client, string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<List<int>> SequencesOf(HttpResponseMessage response)
    {
        var blocks = await new SseReader(await response.Content.ReadAsStreamAsync()).RestAsync();
        return [.. blocks.Where(block => block.StartsWith("id: ", StringComparison.Ordinal)).Select(block => int.Parse(block.Split('\n')[0][4..], System.Globalization.CultureInfo.InvariantCulture))];
    }
}

public class EventStreamShutdownTests
{
    [Fact]
    public async Task Stop_OpenStreams_EndAtOnceAndSayHowToContinue()
    {
        var gateway = new GatewayFixture();
        await gateway.InitializeAsync();
        var run = gateway.Cluster.AddRun("r-open");
        run.Append("step.started", "{}");
        using var ada = gateway.As();
        using var response = await EventStreamTests.Watch(ada, "/v1/runs/r-open/events");
        var events = new SseReader(await response.Content.ReadAsStreamAsync());
        await events.NextAsync();
        await events.NextAsync();

        var stopping = gateway.StopAsync();

        Assert.Equal(": this server stops; continue after the last id", await events.NextAsync());
        Assert.Null(await events.NextAsync());
        await stopping.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(run.Status.HasEnded);
        await gateway.DisposeAsync();
    }
}
