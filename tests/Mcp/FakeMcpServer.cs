using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Steward.Testing;

/// <summary>A server of the Model Context Protocol over streamable HTTP with one tool, which does as the test says.</summary>
internal sealed class FakeMcpServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeMcpServer(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>The only value of the header Authorization that is accepted; null for any.</summary>
    public string? Authorization { get; set; }

    public string Description { get; set; } = "Says it again.";

    /// <summary>Whether the next answer to a call says that the list of tools changed.</summary>
    public bool SaysThatToolsChanged { get; set; }

    public int Calls { get; private set; }

    public int Lists { get; private set; }

    public static async Task<FakeMcpServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new FakeMcpServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/mcp");
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Method != "POST")
        {
            http.Response.StatusCode = 405;
            return;
        }

        if (Authorization is { } expected && http.Request.Headers.Authorization != expected)
        {
            http.Response.StatusCode = 401;
            return;
        }

        var request = (await JsonNode.ParseAsync(http.Request.Body))!.AsObject();
        if (request["id"] is not { } id)
        {
            http.Response.StatusCode = 202;
            return;
        }

        var method = request["method"]!.GetValue<string>();
        JsonObject? result = method switch
        {
            "initialize" => new JsonObject
            {
                ["protocolVersion"] = request["params"]!["protocolVersion"]!.DeepClone(),
                ["capabilities"] = new JsonObject { ["tools"] = new JsonObject { ["listChanged"] = true } },
                ["serverInfo"] = new JsonObject { ["name"] = "fake", ["version"] = "1" },
            },
            "tools/list" => new JsonObject
            {
                ["tools"] = new JsonArray(new JsonObject { ["name"] = "echo", ["description"] = Description, ["inputSchema"] = new JsonObject { ["type"] = "object" } }),
            },
            "tools/call" => new JsonObject { ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = "again" }) },
            // Clients that know newer versions of the protocol ask for these first, and fall back on what they are told here.
            _ => null,
        };
        Lists += method == "tools/list" ? 1 : 0;
        Calls += method == "tools/call" ? 1 : 0;
        http.Response.ContentType = "text/event-stream";
        if (method == "tools/call" && SaysThatToolsChanged)
        {
            SaysThatToolsChanged = false;
            await WriteAsync(http, new JsonObject { ["jsonrpc"] = "2.0", ["method"] = "notifications/tools/list_changed" });
        }

        await WriteAsync(http, result is null
            ? new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone(), ["error"] = new JsonObject { ["code"] = -32601, ["message"] = "Method not found" } }
            : new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone(), ["result"] = result });
    }

    private static Task WriteAsync(HttpContext http, JsonObject message) => http.Response.WriteAsync($"event: message\ndata: {message.ToJsonString()}\n\n");
}
