using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Models.Tests;

/// <summary>An endpoint on loopback that answers chat completions as the test says, by the number of the request.</summary>
internal sealed class ModelServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _count;

    private ModelServer(WebApplication app) => _app = app;

    public string BaseUrl => _app.Urls.First() + "/v1";

    public ConcurrentQueue<(JsonElement Body, string? Authorization)> Requests { get; } = new();

    public static async Task<ModelServer> StartAsync(Func<int, HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new ModelServer(app);
        app.MapPost("/v1/chat/completions", async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            server.Requests.Enqueue((body.RootElement.Clone(), context.Request.Headers.Authorization));
            await answer(Interlocked.Increment(ref server._count), context);
        });
        await app.StartAsync();
        return server;
    }

    public static async Task SendAsync(HttpContext context, params string[] chunks)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "text/event-stream";
        }

        foreach (var chunk in chunks)
        {
            await context.Response.WriteAsync($"data: {chunk}\n\n");
            await context.Response.Body.FlushAsync();
        }
    }

    public static string Text(string text) => Delta(new { content = text });

    public static string Delta(object delta, string? finish = null) => JsonSerializer.Serialize(new
    {
        id = "c-1", @object = "chat.completion.chunk", created = 1, model = "gpt-4.1-mini-2025-04-14", choices = new[] { new { index = 0, delta, finish_reason = finish } },
    });

    public static string Finish(string reason = "stop") => Delta(new { }, reason);

    public static string Usage(int input, int output, int cached = 0) => JsonSerializer.Serialize(new
    {
        id = "c-1", @object = "chat.completion.chunk", created = 1, model = "gpt-4.1-mini-2025-04-14", choices = Array.Empty<object>(),
        usage = new { prompt_tokens = input, completion_tokens = output, total_tokens = input + output, prompt_tokens_details = new { cached_tokens = cached } },
    });

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
