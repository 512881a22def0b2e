using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Steward.Grains.Tests.Connectors;

/// <summary>An external system on loopback whose answers the test changes.</summary>
public sealed class ChangingSystem : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _calls;

    private ChangingSystem(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    public int Calls => _calls;

    /// <summary>The paths that were asked for, in their order.</summary>
    public ConcurrentQueue<string> Paths { get; } = new();

    /// <summary>What it answers to everything.</summary>
    public string Answer { get; set; } = "{}";

    /// <summary>What it waits for before each answer.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>With which status.</summary>
    public int Status { get; set; } = 200;

    public static async Task<ChangingSystem> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var system = new ChangingSystem(app);
        app.Run(async http =>
        {
            Interlocked.Increment(ref system._calls);
            system.Paths.Enqueue(http.Request.Path.Value + http.Request.QueryString);
            await system.Gate;
            http.Response.StatusCode = system.Status;
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(system.Answer);
        });
        await app.StartAsync();
        system.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return system;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
