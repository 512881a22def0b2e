using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Steward.EndToEnd.Tests;

/// <summary>One event of a run as it came over the wire.</summary>
internal sealed record WireEvent(long Sequence, string Type, JsonElement Data)
{
    public static WireEvent Of(SseItem<string> item)
    {
        var content = JsonDocument.Parse(item.Data).RootElement;
        Assert.Equal(item.EventId, content.GetProperty("sequence").ToString());
        Assert.Equal(item.EventType, content.GetProperty("type").GetString());
        return new WireEvent(content.GetProperty("sequence").GetInt64(), item.EventType, content.GetProperty("data").Clone());
    }
}

/// <summary>What a caller of the HTTP API does.</summary>
internal static class Conversations
{
    public static async Task<string> OpenSessionAsync(this HttpClient client)
    {
        using var response = await client.PostAsJsonAsync("v1/sessions", new { title = "test" });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sessionId").GetString()!;
    }

    /// <summary>Hands in a message without waiting for its answer; returns the run's id.</summary>
    public static async Task<string> SubmitAsync(this HttpClient client, string session, string text, string? operationId = null)
    {
        using var response = await client.PostAsJsonAsync($"v1/sessions/{session}/messages", new { text, operationId = operationId ?? Guid.NewGuid().ToString("n") });
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var run = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("runId").GetString()!;
        Assert.EndsWith($"/v1/runs/{run}", response.Headers.Location!.ToString(), StringComparison.Ordinal);
        return run;
    }

    /// <summary>Hands in a message and reads the stream of events to its end.</summary>
    public static async Task<IReadOnlyList<WireEvent>> AskAsync(this HttpClient client, string session, string text, string? operationId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"v1/sessions/{session}/messages")
        {
            Content = JsonContent.Create(new { text, operationId = operationId ?? Guid.NewGuid().ToString("n") }),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return await ReadAsync(response);
    }

    /// <summary>Watches a run from after an event to its end.</summary>
    public static async Task<IReadOnlyList<WireEvent>> WatchAsync(this HttpClient client, string run, long after = 0)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/runs/{run}/events");
        if (after > 0)
        {
            request.Headers.Add("Last-Event-ID", after.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await ReadAsync(response);
    }

    /// <summary>Asks for the run's status until it is what the test waits for.</summary>
    public static async Task<JsonElement> WaitForRunAsync(this HttpClient client, string run, Func<JsonElement, bool> until)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(150));
        while (true)
        {
            var status = await client.GetFromJsonAsync<JsonElement>($"v1/runs/{run}", limit.Token);
            if (until(status))
            {
                return status;
            }

            await Task.Delay(50, limit.Token);
        }
    }

    public static bool HasEnded(this JsonElement status) => status.GetProperty("state").GetString() is "completed" or "partial" or "failed" or "cancelled";

    /// <summary>The answer that the events spell.</summary>
    public static string Answer(this IEnumerable<WireEvent> events)
    {
        var answer = "";
        foreach (var delta in events.Where(wire => wire.Type == "answer.delta"))
        {
            answer = answer[..delta.Data.GetProperty("offset").GetInt32()] + delta.Data.GetProperty("text").GetString();
        }

        return answer;
    }

    private static async Task<IReadOnlyList<WireEvent>> ReadAsync(HttpResponseMessage response)
    {
        var events = new List<WireEvent>();
        await using var stream = await response.Content.ReadAsStreamAsync();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync())
        {
            events.Add(WireEvent.Of(item));
        }

        return events;
    }
}
