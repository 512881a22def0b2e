using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Steward.ModelSim;

/// <summary>
/// An OpenAI-compatible HTTP server on loopback whose answers a script decides: chat completions, streaming, tool calls, embeddings,
/// usage, errors and broken streams.
/// </summary>
public sealed class ModelSimulation : IAsyncDisposable
{
    private const int LargestBody = 8 * 1024 * 1024;
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    private readonly ModelSimOptions options;
    private readonly ScriptRunner runner;
    private readonly ChatEndpoint chat;
    private readonly Lock gate = new();
    private readonly Queue<RecordedRequest> requests = new();
    private readonly ConcurrentQueue<ModelFault> embeddingFaults = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly byte[] expectedKey;
    private WebApplication? app;
    private long answered;
    private long promptTokens;
    private long completionTokens;
    private long refused;
    private long cut;
    private long aborted;

    private ModelSimulation(ModelSimOptions options)
    {
        this.options = options;
        runner = new ScriptRunner(options.Script);
        chat = new ChatEndpoint(runner, options.Time);
        expectedKey = SHA256.HashData(Encoding.UTF8.GetBytes(options.ApiKey));
    }

    /// <summary>The base URL for clients, with <c>/v1</c> at its end.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1/v1");

    /// <summary>The key that clients must send.</summary>
    public string ApiKey => options.ApiKey;

    /// <summary>The requests so far (the newest if there were very many), in the order of arrival. Refused keys are among them.</summary>
    public IReadOnlyList<RecordedRequest> Requests
    {
        get
        {
            lock (gate)
            {
                return [.. requests];
            }
        }
    }

    /// <summary>What it has done so far, whether requests are remembered or not. What is under way is in none of the counts.</summary>
    public ModelSimCounts Counts => new()
    {
        Answered = Interlocked.Read(ref answered),
        PromptTokens = Interlocked.Read(ref promptTokens),
        CompletionTokens = Interlocked.Read(ref completionTokens),
        Refused = Interlocked.Read(ref refused),
        Cut = Interlocked.Read(ref cut),
        Aborted = Interlocked.Read(ref aborted),
    };

    /// <summary>Starts a simulated model.</summary>
    /// <param name="options">Port, key and script; the default has no rule, so that every chat is an error.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<ModelSimulation> StartAsync(ModelSimOptions? options = null, CancellationToken cancellationToken = default)
    {
        var simulation = new ModelSimulation(options ?? new ModelSimOptions());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
            kestrel.Listen(IPAddress.Loopback, simulation.options.Port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var app = simulation.app = builder.Build();
        app.MapPost("/v1/chat/completions", (RequestDelegate)(http => simulation.HandleAsync(http, simulation.chat.AnswerAsync)));
        app.MapPost("/v1/embeddings", (RequestDelegate)(http => simulation.HandleAsync(http, simulation.EmbedAsync)));
        app.MapGet("/v1/models", (RequestDelegate)(http => simulation.HandleAsync(http, simulation.ListModelsAsync)));
        app.MapGet("/v1/models/{model}", (RequestDelegate)(http => simulation.HandleAsync(http, simulation.GetModelAsync)));
        app.MapFallback("/{**path}", (RequestDelegate)(http => simulation.HandleAsync(http, (_, _) =>
            throw new ApiException(404, $"Invalid URL ({http.Request.Method} {http.Request.Path})"))));
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await simulation.DisposeAsync();
            throw;
        }

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        simulation.Url = new Uri($"{address}/v1");
        return simulation;
    }

    /// <summary>Puts a rule before all others.</summary>
    /// <param name="rule">The rule.</param>
    public void Prepend(ModelRule rule) => runner.Prepend(rule);

    /// <summary>Puts a rule after all others, before the default.</summary>
    /// <param name="rule">The rule.</param>
    public void Append(ModelRule rule) => runner.Append(rule);

    /// <summary>Lets the next requests for embeddings go wrong, one for each fault: rate limits, server errors, cut connections and answers that never come.</summary>
    /// <param name="faults">What goes wrong, in order.</param>
    /// <exception cref="ArgumentException">Embeddings do not have such a fault.</exception>
    public void FailEmbeddings(params IEnumerable<ModelFault> faults)
    {
        foreach (var fault in faults)
        {
            if (fault.Kind is not (ModelFaultKind.RateLimited or ModelFaultKind.ServerError or ModelFaultKind.CutBeforeAnswer or ModelFaultKind.StalledStream))
            {
                throw new ArgumentException($"Embeddings do not have the fault {fault.Kind}.", nameof(faults));
            }

            embeddingFaults.Enqueue(fault);
        }
    }

    /// <summary>Forgets the recorded requests.</summary>
    public void ClearRequests()
    {
        lock (gate)
        {
            requests.Clear();
        }
    }

    /// <summary>Stops the server and ends the streams that still run.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        if (app is not null)
        {
            using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);
            try
            {
                await app.StopAsync(hurry.Token);
            }
            catch (OperationCanceledException)
            {
                // Connections that a client keeps busy are cut by the disposal below.
            }

            await app.DisposeAsync();
        }

        stopping.Dispose();
    }

    private async Task HandleAsync(HttpContext http, Func<HttpContext, RecordedRequest, Task> answer)
    {
        RecordedRequest? recorded = null;
        try
        {
            await HandleAsync(http, answer, made => recorded = made);
        }
        finally
        {
            Count(recorded);
        }
    }

    private void Count(RecordedRequest? recorded)
    {
        if (recorded is { Outcome: RequestOutcome.Completed, Usage: { } usage })
        {
            Interlocked.Increment(ref answered);
            Interlocked.Add(ref promptTokens, usage.PromptTokens);
            Interlocked.Add(ref completionTokens, usage.CompletionTokens);
        }
        else if (recorded is { Outcome: RequestOutcome.Completed, Status: >= 400 })
        {
            Interlocked.Increment(ref refused);
        }
        else if (recorded is { Outcome: RequestOutcome.Cut })
        {
            Interlocked.Increment(ref cut);
        }
        else if (recorded is { Outcome: RequestOutcome.Aborted })
        {
            Interlocked.Increment(ref aborted);
        }
    }

    private async Task HandleAsync(HttpContext http, Func<HttpContext, RecordedRequest, Task> answer, Action<RecordedRequest> made)
    {
        using var registration = stopping.Token.Register(http.Abort);
        var started = options.Time.GetTimestamp();
        var (body, problem) = await ReadAsync(http);
        var recorded = new RecordedRequest(http.Request.Method, http.Request.Path, body, options.Time.GetUtcNow());
        made(recorded);
        Remember(recorded);
        http.Response.Headers["x-request-id"] = $"req_{Guid.CreateVersion7(options.Time.GetUtcNow()):N}";
        http.Response.Headers["openai-version"] = "2020-10-01";
        http.Response.Headers["openai-processing-ms"] = ((long)options.Time.GetElapsedTime(started).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        http.Response.Headers["x-ratelimit-limit-requests"] = "10000";
        http.Response.Headers["x-ratelimit-remaining-requests"] = "9999";
        http.Response.Headers["x-ratelimit-reset-requests"] = "6ms";
        try
        {
            CheckKey(http);
            if (problem is not null)
            {
                throw problem;
            }

            await answer(http, recorded);
            if (recorded.Outcome == RequestOutcome.Running)
            {
                await http.Response.Body.FlushAsync(http.RequestAborted);
                recorded.Outcome = RequestOutcome.Completed;
            }
        }
        catch (ApiException e)
        {
            await RefuseAsync(http, recorded, e);
        }
        catch (CutException)
        {
            // The server closes a connection whose handler fails after the answer has started.
            recorded.Outcome = RequestOutcome.Cut;
            throw;
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            recorded.Outcome = RequestOutcome.Aborted;
        }
    }

    private static async Task RefuseAsync(HttpContext http, RecordedRequest recorded, ApiException problem)
    {
        recorded.Status = http.Response.StatusCode = problem.Status;
        recorded.Outcome = RequestOutcome.Completed;
        if (problem.RetryAfterSeconds is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            http.Response.Headers["retry-after-ms"] = (seconds * 1000L).ToString(CultureInfo.InvariantCulture);
            http.Response.Headers["x-ratelimit-remaining-requests"] = "0";
        }

        await WriteAsync(http, problem.Body);
    }

    private void CheckKey(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiException(401, "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).");
        }

        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header[7..].Trim())), expectedKey))
        {
            throw new ApiException(401, "Incorrect API key provided. You can find your API key in the settings of your account.", null, "invalid_api_key");
        }
    }

    private static async Task<(JsonObject Body, ApiException? Problem)> ReadAsync(HttpContext http)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            return ([], null);
        }

        try
        {
            return await JsonNode.ParseAsync(http.Request.Body, documentOptions: Strict, cancellationToken: http.RequestAborted) is JsonObject body
                ? (body, null)
                : ([], new ApiException(400, "We could not parse the JSON body of your request. The OpenAI API expects a JSON object."));
        }
        catch (JsonException)
        {
            return ([], new ApiException(400, "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON."));
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            return ([], new ApiException(e.StatusCode, "The request body is too large."));
        }
    }

    private void Remember(RecordedRequest recorded)
    {
        lock (gate)
        {
            requests.Enqueue(recorded);
            while (requests.Count > options.RememberedRequests)
            {
                requests.Dequeue();
            }
        }
    }

    private async Task EmbedAsync(HttpContext http, RecordedRequest recorded)
    {
        if (embeddingFaults.TryDequeue(out var fault))
        {
            switch (fault.Kind)
            {
                case ModelFaultKind.StalledStream:
                    await Task.Delay(Timeout.InfiniteTimeSpan, options.Time, http.RequestAborted);
                    break;
                case ModelFaultKind.CutBeforeAnswer:
                    recorded.Outcome = RequestOutcome.Cut;
                    http.Abort();
                    return;
                case ModelFaultKind.RateLimited:
                    throw new ApiException(429, "Rate limit reached for embeddings.", null, "rate_limit_exceeded", "requests") { RetryAfterSeconds = fault.RetryAfterSeconds };
                default:
                    throw new ApiException(fault.Status, "The server had an error while processing your request. Sorry about that!", null, null, "server_error");
            }
        }

        var answer = EmbeddingsEndpoint.Answer(recorded.Body, options.Script, options.EmbeddingDimensions);
        recorded.Status = 200;
        await WriteAsync(http, answer);
    }

    private Task ListModelsAsync(HttpContext http, RecordedRequest recorded)
    {
        recorded.Status = 200;
        return WriteAsync(http, new JsonObject { ["object"] = "list", ["data"] = new JsonArray([.. options.Script.Models.Select(Describe)]) });
    }

    private Task GetModelAsync(HttpContext http, RecordedRequest recorded)
    {
        var model = Checks.Model(new JsonObject { ["model"] = http.Request.RouteValues["model"] as string }, options.Script.Models);
        recorded.Status = 200;
        return WriteAsync(http, Describe(model));
    }

    private static JsonObject Describe(string model) => new() { ["id"] = model, ["object"] = "model", ["created"] = 1_700_000_000, ["owned_by"] = "steward-sim" };

    private static async Task WriteAsync(HttpContext http, JsonObject body)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }
}
