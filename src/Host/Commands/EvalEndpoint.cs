using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Experiments.Evaluation;

namespace Steward.Host.Commands;

/// <summary>Asks a running Steward's endpoint as any client does, so that policies, prompts, routing, budgets and agents are those that the token's person gets. Caches are left out: every question is answered anew.</summary>
internal sealed class EvalEndpoint
{
    /// <summary>How often a question is asked that is told to come back later.</summary>
    private const int Attempts = 4;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;

    /// <summary>Creates it.</summary>
    /// <param name="http">Has no base address yet.</param>
    /// <param name="url">The gateway, or its endpoint with <c>/openai/v1</c>.</param>
    /// <param name="token">The credential of whom the questions are asked for.</param>
    public EvalEndpoint(HttpClient http, Uri url, string token)
    {
        _http = http;
        _http.Timeout = TimeSpan.FromMinutes(5);
        _http.BaseAddress = url.AbsolutePath.Contains("/openai/", StringComparison.Ordinal) ? new Uri(url.ToString().TrimEnd('/') + "/") : new Uri(url, "/openai/v1/");
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _http.DefaultRequestHeaders.CacheControl = new CacheControlHeaderValue { NoCache = true };
        _http.DefaultRequestHeaders.Add("x-steward-feature", "evaluation");
    }

    /// <summary>Whether the endpoint can be asked for a model, in words when it cannot.</summary>
    public async Task<string?> ProblemAsync(string model, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync("models", cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                return $"{_http.BaseAddress} answered with status {(int)answer.StatusCode}: {await MessageAsync(answer, cancellationToken)}";
            }

            var body = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            var names = body.GetProperty("data").EnumerateArray().Select(one => one.GetProperty("id").GetString()!).ToList();
            return names.Contains(model) || model.StartsWith("steward/agent/", StringComparison.Ordinal) ? null : $"There is no {model} for this token. There are: {string.Join(", ", names)}.";
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return $"{_http.BaseAddress} is no endpoint of Steward: {exception.Message}";
        }
    }

    /// <summary>Asks a model, a tier or an agent.</summary>
    public AskModel Ask(string model) => async (system, input, cancellationToken) =>
    {
        var messages = new JsonArray();
        if (system is not null)
        {
            messages.Add(new JsonObject { ["role"] = "system", ["content"] = system });
        }

        messages.Add(new JsonObject { ["role"] = "user", ["content"] = input });
        var body = new JsonObject { ["model"] = model, ["messages"] = messages }.ToJsonString();
        var began = Stopwatch.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var content = new StringContent(body, Encoding.UTF8, "application/json");
                using var answer = await _http.PostAsync("chat/completions", content, cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return await ReadAsync(answer, Stopwatch.GetElapsedTime(began).TotalSeconds, cancellationToken);
                }

                if (attempt == Attempts || !(answer.Headers.TryGetValues("x-should-retry", out var retry) && retry.Contains("true")))
                {
                    await Console.Error.WriteLineAsync(await MessageAsync(answer, cancellationToken));
                    return null;
                }

                var wait = answer.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(attempt);
                await Task.Delay(wait < LongestWait ? wait : LongestWait, TimeProvider.System, cancellationToken);
            }
            catch (Exception exception) when (exception is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                await Console.Error.WriteLineAsync($"The endpoint did not answer: {exception.Message}");
                return null;
            }
        }
    };

    private static async Task<EvaluatedAnswer> ReadAsync(HttpResponseMessage answer, double seconds, CancellationToken cancellationToken)
    {
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        long? tokens = body.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object ? usage.GetProperty("total_tokens").GetInt64() : null;
        decimal? cost = answer.Headers.TryGetValues("x-steward-cost", out var values) && decimal.TryParse(values.First(), NumberStyles.Number, CultureInfo.InvariantCulture, out var dollars) ? dollars : null;
        return new EvaluatedAnswer(body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString() ?? "", seconds, tokens, cost);
    }

    private static async Task<string> MessageAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            var error = (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("error");
            return $"{error.GetProperty("code").GetString()}: {error.GetProperty("message").GetString()}";
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"status {(int)answer.StatusCode} without words.";
        }
    }
}
