using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Steward.Engines.Sandboxing.Remote;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>A sandbox service on loopback that runs nothing: the first word of the code says how it answers.</summary>
internal sealed class RemoteSandboxSim : IAsyncDisposable
{
    public const string Key = "a key of the simulated service, long enough";

    private readonly WebApplication _app;
    private readonly Channel<JsonNode> _answers = Channel.CreateUnbounded<JsonNode>();
    private string? _firstSignature;

    private RemoteSandboxSim(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public bool IsIll { get; set; }

    public TaskCompletionSource<string> Killed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<RemoteSandboxSim> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var sim = new RemoteSandboxSim(builder.Build());
        sim._app.Run(sim.AnswerAsync);
        await sim._app.StartAsync();
        return sim;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization != $"Bearer {Key}")
        {
            context.Response.StatusCode = 401;
        }
        else if (IsIll)
        {
            context.Response.StatusCode = 503;
        }
        else if (context.Request.Method == "DELETE")
        {
            Killed.TrySetResult(context.Request.Path.Value!.Split('/')[^1]);
        }
        else if (context.Request.Path.Value!.EndsWith("/answers", StringComparison.Ordinal))
        {
            _answers.Writer.TryWrite((await JsonNode.ParseAsync(context.Request.Body))!);
        }
        else if (context.Request.Method == "POST")
        {
            var request = (await JsonNode.ParseAsync(context.Request.Body))!;
            await RunAsync(context, request, (string)request["nonce"]!, (string)request["code"]!);
        }
    }

    private async Task RunAsync(HttpContext context, JsonNode request, string nonce, string code)
    {
        await LineAsync(context, new { t = "started" });
        switch (code.Split(' ')[0])
        {
            case "hang":
                await context.Response.Body.FlushAsync();
                Hanging.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            case "drop":
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;
            case "flood":
                var part = new byte[1 << 20];
                Array.Fill(part, (byte)'x');
                for (var i = 0; i < 200 && !context.RequestAborted.IsCancellationRequested; i++)
                {
                    await context.Response.Body.WriteAsync(part, CancellationToken.None);
                }

                break;
            case "chatter":
                await LineAsync(context, new { t = "text", text = new string('a', 3000) });
                await EndAsync(context, nonce, new { status = "finished", exitCode = 0, ranMs = 1 });
                break;
            case "forge":
                await LineAsync(context, new { t = "end", body = "{\"status\":\"finished\",\"ranMs\":1}", mac = RemoteWire.Sign("another key", nonce, "{\"status\":\"finished\",\"ranMs\":1}") });
                break;
            case "ask" or "ask-forged":
                for (var call = 1; call <= 2; call++)
                {
                    const string Question = """{"kind":"sql","query":"SELECT 1","arguments":["x"]}""";
                    var key = code == "ask" ? Key : "another key";
                    await LineAsync(context, new { t = "ask", body = Question, mac = RemoteWire.Sign(key, RemoteWire.AskNonce(nonce, call), Question) });
                    await context.Response.Body.FlushAsync();
                    var answer = await _answers.Reader.ReadAsync(context.RequestAborted);
                    await LineAsync(context, new { t = "text", text = $"{answer["call"]} {answer["kind"]} {Encoding.UTF8.GetString(Convert.FromBase64String((string)answer["content"]!))}\n" });
                }

                await EndAsync(context, nonce, new { status = "finished", exitCode = 0, ranMs = 1 });
                break;
            case "replay":
                await EndAsync(context, nonce, new { status = "finished", ranMs = 1 });
                break;
            case "climb":
                await EndAsync(context, nonce, new { status = "finished", ranMs = 1, files = new[] { new { name = "../x", content = "" } } });
                break;
            case "fail":
                await EndAsync(context, nonce, new { status = "failed", exitCode = 1, ranMs = 1, error = new { type = "ValueError", message = "no", line = 3 } });
                break;
            default:
                await LineAsync(context, new { t = "text", text = "one\n" });
                await LineAsync(context, new { t = "text", text = string.Create(CultureInfo.InvariantCulture, $"{request["files"]!.AsArray().Count} files\n") });
                await EndAsync(context, nonce, new
                {
                    status = "finished",
                    exitCode = 0,
                    ranMs = 12.5,
                    tables = new[] { new { title = "t", columns = new[] { new { name = "n", type = "integer" } }, rows = new[] { new[] { 1 }, [2] }, totalRows = 2, truncated = false } },
                    files = new[] { new { name = "out.txt", content = Convert.ToBase64String("hi"u8) } },
                });
                break;
        }
    }

    private async Task EndAsync(HttpContext context, string nonce, object outcome)
    {
        var body = JsonSerializer.Serialize(outcome);
        var mac = RemoteWire.Sign(Key, nonce, body);
        _firstSignature ??= mac;
        await LineAsync(context, new { t = "end", body, mac = body == "{\"status\":\"finished\",\"ranMs\":1}" ? _firstSignature : mac });
    }

    private static async Task LineAsync(HttpContext context, object line) =>
        await context.Response.Body.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(line), (byte)'\n']);
}
