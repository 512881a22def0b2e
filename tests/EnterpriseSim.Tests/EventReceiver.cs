using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

/// <summary>A receiver of events on loopback that answers handshakes as it should and events as the test says.</summary>
internal sealed class EventReceiver : IAsyncDisposable
{
    private readonly HttpListener listener;
    private readonly ConcurrentQueue<(string Body, IReadOnlyDictionary<string, string> Headers)> received = new();
    private readonly Task loop;
    private int status = 200;

    public EventReceiver()
    {
        for (var port = 20_000 + (Environment.ProcessId % 20_000); ; port++)
        {
            // One that failed to start is disposed of by itself.
            listener = new HttpListener();
            try
            {
                Url = new Uri($"http://127.0.0.1:{port}/hook/");
                listener.Prefixes.Add(Url.ToString());
                listener.Start();
                break;
            }
            catch (HttpListenerException) when (port < 60_000)
            {
                listener.Close();
            }
        }

        loop = RunAsync();
    }

    public Uri Url { get; }

    /// <summary>Whether handshakes are answered wrongly.</summary>
    public bool Lies { get; set; }

    /// <summary>What events are answered with.</summary>
    public string Answer { get; set; } = "";

    public int Status
    {
        set => Volatile.Write(ref status, value);
    }

    public IReadOnlyList<(string Body, IReadOnlyDictionary<string, string> Headers)> Received => [.. received];

    public async Task<IReadOnlyList<(string Body, IReadOnlyDictionary<string, string> Headers)>> WaitAsync(int count)
    {
        for (var deadline = Environment.TickCount64 + 15_000; received.Count < count && Environment.TickCount64 < deadline;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.Equal(count, received.Count);
        return Received;
    }

    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await loop;
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
                var body = await reader.ReadToEndAsync();
                var (answer, type) = Handshake(context.Request, body);
                if (answer is null)
                {
                    context.Response.StatusCode = Volatile.Read(ref status);
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(Answer));
                    received.Enqueue((body, context.Request.Headers.AllKeys.ToDictionary(k => k!, k => context.Request.Headers[k]!, StringComparer.OrdinalIgnoreCase)));
                }
                else
                {
                    context.Response.ContentType = type;
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(Lies ? "something else" : answer));
                }

                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private static (string? Answer, string Type) Handshake(HttpListenerRequest request, string body)
    {
        if (request.QueryString["validationToken"] is { } token)
        {
            return (token, "text/plain");
        }

        if (request.Headers["X-Okta-Verification-Challenge"] is { } challenge)
        {
            return (new JsonObject { ["verification"] = challenge }.ToJsonString(), "application/json");
        }

        return body.StartsWith('{') && JsonNode.Parse(body) is JsonObject json && (string?)json["type"] == "url_verification" ? ((string?)json["challenge"], "text/plain") : (null, "");
    }
}
