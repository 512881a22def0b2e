using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Steward.Benchmarks.Scenarios;

/// <summary>One session of one user: hands in messages over HTTP and reads the event stream of each to its end.</summary>
internal sealed class TurnClient(HttpClient http, string token)
{
    private string? _session;

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, "v1/sessions", new { title = "load" });
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        _session = (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("sessionId").GetString();
    }

    /// <summary>One turn. Throws unless the run completed.</summary>
    public Task<TurnTiming> TakeTurnAsync(string text, CancellationToken cancellationToken) => TakeTurnAsync(text, null, cancellationToken);

    /// <summary>The same, and shows each event's type and data as it comes.</summary>
    public async Task<TurnTiming> TakeTurnAsync(string text, Func<string, JsonElement, Task>? watch, CancellationToken cancellationToken) =>
        await TryTakeTurnAsync(text, watch, cancellationToken) ?? throw new InvalidOperationException("A turn was refused because of too many.");

    /// <summary>One turn; null when it is refused because of too many. Throws unless the run completed.</summary>
    public async Task<TurnTiming?> TryTakeTurnAsync(string text, Func<string, JsonElement, Task>? watch, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var request = Request(HttpMethod.Post, $"v1/sessions/{_session}/messages", new { text, operationId = Guid.NewGuid().ToString("n") });
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            // Read to its end, so that the connection can be used again.
            await response.Content.CopyToAsync(Stream.Null, cancellationToken);
            return null;
        }

        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        TimeSpan? firstAnswer = null;
        var ending = false;
        var type = "";
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (watch is not null)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal))
                {
                    type = line[7..];
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    using var document = JsonDocument.Parse(line.AsMemory(6));
                    await watch(type, document.RootElement.GetProperty("data"));
                }
            }

            if (line == "event: answer.delta")
            {
                firstAnswer ??= Stopwatch.GetElapsedTime(started);
            }
            else if (line == "event: run.ended")
            {
                ending = true;
            }
            else if (ending && line.StartsWith("data: ", StringComparison.Ordinal))
            {
                if (!line.Contains("\"completed\"", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"A run did not complete: {line}");
                }

                return new TurnTiming(Stopwatch.GetElapsedTime(started), firstAnswer);
            }
        }

        throw new InvalidOperationException("A stream ended before its run did.");
    }

    private HttpRequestMessage Request(HttpMethod method, string path, object content)
    {
        var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(content) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }
}

/// <summary>How long a turn took, from the first byte sent to the end of the run, and to the first piece of the answer.</summary>
internal sealed record TurnTiming(TimeSpan Total, TimeSpan? FirstAnswer);
