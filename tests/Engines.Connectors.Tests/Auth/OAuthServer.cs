using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>What a token endpoint was sent.</summary>
internal sealed record TokenRequest(string Path, string Body, string? Authorization, string? ContentType)
{
    public string? this[string name] => ContentType == "application/json"
        ? JsonDocument.Parse(Body).RootElement.TryGetProperty(name, out var value) ? value.GetString() : null
        : Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(Body).TryGetValue(name, out var values) ? values.ToString() : null;
}

/// <summary>A token endpoint that answers as the test says.</summary>
internal sealed class OAuthServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<TokenRequest> _requests = new();

    private OAuthServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    public IReadOnlyList<TokenRequest> Requests => [.. _requests];

    public TokenRequest Last => Requests[^1];

    public Func<TokenRequest, HttpContext, Task> Answer { get; set; } = (_, http) => Reply(http, """{"access_token":"at-1","token_type":"Bearer","expires_in":3600}""");

    public static async Task<OAuthServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new OAuthServer(app);
        app.Run(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var request = new TokenRequest(http.Request.Path, await reader.ReadToEndAsync(), http.Request.Headers.Authorization, http.Request.ContentType);
            server._requests.Enqueue(request);
            await server.Answer(request, http);
        });
        await app.StartAsync();
        return server;
    }

    public static Task Reply(HttpContext http, string json, int status = 200)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(json, Encoding.UTF8);
    }

    public async ValueTask DisposeAsync()
    {
        using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await _app.StopAsync(hurry.Token);
        }
        catch (OperationCanceledException)
        {
        }

        await _app.DisposeAsync();
    }
}
