using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Notifications.Tests.Sending;

/// <summary>Where simulated chats send their clicks.</summary>
internal sealed class ClickEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Body, IReadOnlyDictionary<string, string> Headers)> _received = new();

    public ClickEndpoint()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.MapPost("/", async (HttpContext http) =>
        {
            using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
            _received.Enqueue((await reader.ReadToEndAsync(), http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString())));
            await http.Response.WriteAsync(Answer);
        });
        _app.Start();
        Url = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public Uri Url { get; }

    public string Answer { get; set; } = "";

    public (string Body, IReadOnlyDictionary<string, string> Headers) Last => _received.Last();

    /// <summary>The payload of the last form.</summary>
    public JsonElement Payload() => JsonElement.Parse(HttpUtility.ParseQueryString(Last.Body)["payload"]!);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
