using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Connectors.Tests;

internal sealed record SeenRequest(string Method, string Path, string Query, string Body, string? Authorization)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Parameter(string name) => Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(Query).TryGetValue(name, out var value) ? value.ToString() : null;
}

/// <summary>A real HTTP server on loopback that answers as the test says and remembers what it was asked.</summary>
internal sealed class FakeVendor : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<SeenRequest> _requests = new();

    private FakeVendor(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    public IReadOnlyList<SeenRequest> Requests => [.. _requests];

    /// <summary>Answers a request; the default is 404.</summary>
    public Func<SeenRequest, HttpContext, Task> Answer { get; set; } = (_, http) =>
    {
        http.Response.StatusCode = 404;
        return Task.CompletedTask;
    };

    public static async Task<FakeVendor> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var vendor = new FakeVendor(app);
        app.Run(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var request = new SeenRequest(
                http.Request.Method, http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0], http.Request.QueryString.Value ?? "",
                await reader.ReadToEndAsync(), http.Request.Headers.Authorization);
            vendor._requests.Enqueue(request);
            await vendor.Answer(request, http);
        });
        await app.StartAsync();
        vendor.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        return vendor;
    }

    public static Task Json(HttpContext http, string json, int status = 200)
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
