using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Engines.Security;
using Steward.Engines.Security.Webhooks;

namespace Steward.Grains.Tests.Webhooks;

/// <summary>A web server on loopback that receives webhooks and answers as it is told.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Receiver(WebApplication app) => _app = app;

    public ConcurrentQueue<(string Id, DateTimeOffset Timestamp, string Signatures, byte[] Body)> Received { get; } = new();

    /// <summary>The statuses of the next answers; then 200.</summary>
    public ConcurrentQueue<int> Answers { get; } = new();

    /// <summary>Called before each answer.</summary>
    public Func<Task> BeforeAnswer { get; set; } = () => Task.CompletedTask;

    public string Url => $"{_app.Urls.First()}/hook";

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.MapPost("/hook", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var headers = context.Request.Headers;
            receiver.Received.Enqueue((
                headers[WebhookSignature.IdHeader].ToString(),
                DateTimeOffset.FromUnixTimeSeconds(long.Parse(headers[WebhookSignature.TimestampHeader].ToString(), System.Globalization.CultureInfo.InvariantCulture)),
                headers[WebhookSignature.SignatureHeader].ToString(),
                body.ToArray()));
            await receiver.BeforeAnswer();
            context.Response.StatusCode = receiver.Answers.TryDequeue(out var status) ? status : 200;
        });
        await app.StartAsync();
        return receiver;
    }

    /// <summary>Whether a message is signed with a secret.</summary>
    public static bool IsSignedWith(string secret, (string Id, DateTimeOffset Timestamp, string Signatures, byte[] Body) message) =>
        new WebhookVerifier([new SecretText(secret)], new At(message.Timestamp)).Verify(
            message.Id,
            message.Timestamp.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture),
            message.Signatures,
            message.Body) == WebhookVerdict.Valid;

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
