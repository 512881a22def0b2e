using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Steward.Benchmarks.Scenarios.Crash;

/// <summary>
/// A user who does not give up: repeats what failed with the same operation id, takes the event stream up after the last event that came, and has the
/// approver decide twice at the same time, once each way, as two impatient people would.
/// </summary>
internal sealed class CrashUser(HttpClient http, string session, string token, string approverToken, Effects.Truth truth)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private bool _isOpen;

    /// <summary>Works one order off to its end. Only the end of patience stops it.</summary>
    public async Task CarryOutAsync(Order order, CancellationToken patience)
    {
        while (!_isOpen)
        {
            using var opened = await TryAsync(HttpMethod.Post, "v1/sessions", token, new { sessionId = session, title = "crash" }, patience);
            _isOpen = opened?.IsSuccessStatusCode == true;
            await PauseUnlessAsync(_isOpen, patience);
        }

        while (order.RunId is null)
        {
            using var response = await TryAsync(HttpMethod.Post, $"v1/sessions/{session}/messages", token, new { text = order.Text, operationId = $"crash-{order.Id}" }, patience);
            if (response?.StatusCode == HttpStatusCode.Accepted)
            {
                order.RunId = (await response.Content.ReadFromJsonAsync<JsonElement>(patience)).GetProperty("runId").GetString();
            }
            else if (response is { StatusCode: HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Unauthorized })
            {
                throw new InvalidOperationException($"The message was refused: {await response.Content.ReadAsStringAsync(patience)}");
            }

            await PauseUnlessAsync(order.RunId is not null, patience);
        }

        await WatchToEndAsync(order, patience);
    }

    /// <summary>The orders on the dead-letter list, by run.</summary>
    public async Task<HashSet<string>> ListDeadLettersAsync(CancellationToken patience)
    {
        var runs = new HashSet<string>(StringComparer.Ordinal);
        for (long? after = 0; after is not null;)
        {
            using var response = await TryAsync(HttpMethod.Get, $"v1/dead-letters?after={after}&limit=200", approverToken, null, patience);
            if (response is not { IsSuccessStatusCode: true })
            {
                await Task.Delay(Pause, TimeProvider.System, patience);
                continue;
            }

            var page = await response.Content.ReadFromJsonAsync<JsonElement>(patience);
            runs.UnionWith(page.GetProperty("deadLetters").EnumerateArray().Select(letter => letter.GetProperty("runId").GetString()!));
            after = page.TryGetProperty("nextAfter", out var next) && next.ValueKind == JsonValueKind.Number ? next.GetInt64() : null;
        }

        return runs;
    }

    /// <summary>Has an admin replay an order from the dead-letter list, and follows it to its next end.</summary>
    public async Task ReplayAsync(Order order, CancellationToken patience)
    {
        while (true)
        {
            using var response = await TryAsync(HttpMethod.Post, $"v1/dead-letters/{order.RunId}/replay", approverToken, new { }, patience);
            if (response is { IsSuccessStatusCode: true })
            {
                break;
            }

            if (response is { StatusCode: HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Conflict })
            {
                throw new InvalidOperationException($"The replay was refused: {await response.Content.ReadAsStringAsync(patience)}");
            }

            await Task.Delay(Pause, TimeProvider.System, patience);
        }

        order.BeginAgain();
        await WatchToEndAsync(order, patience);
    }

    private async Task WatchToEndAsync(Order order, CancellationToken patience)
    {
        while (order.State is null)
        {
            if (!await WatchAsync(order, patience))
            {
                order.Reconnects++;
                await Task.Delay(Pause, TimeProvider.System, patience);
            }
        }
    }

    private static async Task PauseUnlessAsync(bool done, CancellationToken patience)
    {
        if (!done)
        {
            await Task.Delay(Pause, TimeProvider.System, patience);
        }
    }

    /// <summary>Reads events until the run has ended (true) or the stream breaks.</summary>
    private async Task<bool> WatchAsync(Order order, CancellationToken patience)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/runs/{order.RunId}/events");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
            request.Headers.Add("Last-Event-ID", order.LastSequence.ToString(System.Globalization.CultureInfo.InvariantCulture));
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return false;
            }

            var parser = SseParser.Create(await response.Content.ReadAsStreamAsync(patience));
            await foreach (var item in parser.EnumerateAsync(patience))
            {
                if (item.EventType is "problem" || item.Data.Length == 0)
                {
                    continue;
                }

                using var document = JsonDocument.Parse(item.Data);
                var data = document.RootElement.GetProperty("data");
                var requestId = data.TryGetProperty("requestId", out var named) ? named.GetString() : null;
                order.Take(document.RootElement.GetProperty("sequence").GetInt64(), item.EventType, requestId);
                if (item.EventType == "decision.requested")
                {
                    await DecideAsync(order, data.Clone(), patience);
                }
                else if (item.EventType == "run.ended")
                {
                    order.State = data.GetProperty("phase").GetString();
                    order.ErrorCode = data.TryGetProperty("errorCode", out var code) ? code.GetString() : null;
                    return true;
                }
            }

            return false;
        }
        catch (Exception e) when (e is HttpRequestException or IOException && !patience.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task DecideAsync(Order order, JsonElement asked, CancellationToken patience)
    {
        var requestId = asked.GetProperty("requestId").GetString()!;
        var subjectHash = asked.GetProperty("subjectHash").GetString()!;
        if (asked.GetProperty("kind").GetString() == "unknown_outcome")
        {
            // A person looks into the system and says what is there.
            var done = truth(order.Id, asked.GetProperty("operationId").GetString()!);
            await SendAsync(order.RunId!, requestId, done ? "done" : "not_done", subjectHash, token, patience);
            return;
        }

        await Task.WhenAll(
            SendAsync(order.RunId!, requestId, "approve", subjectHash, approverToken, patience),
            SendAsync(order.RunId!, requestId, "reject", subjectHash, approverToken, patience));
    }

    /// <summary>Repeats a decision until it was taken or another one stands.</summary>
    private async Task SendAsync(string runId, string requestId, string decision, string subjectHash, string by, CancellationToken patience)
    {
        while (true)
        {
            using var response = await TryAsync(HttpMethod.Post, $"v1/runs/{runId}/decisions/{requestId}", by, new { decision, subjectHash }, patience);
            switch (response?.StatusCode)
            {
                case HttpStatusCode.OK or HttpStatusCode.Accepted or HttpStatusCode.Conflict or HttpStatusCode.Gone:
                    return;
                case HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Unauthorized:
                    throw new InvalidOperationException($"The decision was refused: {await response.Content.ReadAsStringAsync(patience)}");
                default:
                    await Task.Delay(Pause, TimeProvider.System, patience);
                    break;
            }
        }
    }

    private async Task<HttpResponseMessage?> TryAsync(HttpMethod method, string path, string by, object? content, CancellationToken patience)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = content is null ? null : JsonContent.Create(content) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", by);
            return await http.SendAsync(request, patience);
        }
        catch (HttpRequestException) when (!patience.IsCancellationRequested)
        {
            return null;
        }
    }
}
