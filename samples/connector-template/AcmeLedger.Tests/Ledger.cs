using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AcmeLedger.Tests;

/// <summary>A ledger on loopback.</summary>
internal sealed class Ledger : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Ledger(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>The states of batches by marker.</summary>
    public ConcurrentDictionary<string, string> Batches { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<string?> Authorizations { get; } = new();

    public bool BreaksWhenBooking { get; set; }

    public static async Task<Ledger> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var ledger = new Ledger(app);
        app.Use((http, next) =>
        {
            ledger.Authorizations.Enqueue(http.Request.Headers.Authorization);
            return next(http);
        });
        app.MapGet("/v1/accounts", () => Json("""{"accounts":[{"id":"a1","name":"Travel","secret":"x"}]}"""));
        app.MapGet("/v1/accounts/{id}/entries", (string id, string? after) => Json(after is null ? """{"entries":[{"amount":10.5},{"amount":-3}],"next":"2"}""" : """{"entries":[{"amount":100}],"next":""}"""));
        app.MapPost("/v1/batches", async (HttpContext http) =>
        {
            var body = await http.Request.ReadFromJsonAsync<Dictionary<string, object>>();
            ledger.Batches[body!["marker"].ToString()!] = "draft";
            return Json($$"""{"id":"{{body["marker"]}}"}""");
        });
        app.MapPost("/v1/batches/{id}/book", (string id, HttpContext http) =>
        {
            ledger.Batches[id] = "booked";
            if (ledger.BreaksWhenBooking)
            {
                http.Abort();
            }

            return Json("{}");
        });
        app.MapGet("/v1/batches", (string marker) => Json(ledger.Batches.TryGetValue(marker, out var state) ? $$"""{"batches":[{"id":"{{marker}}","state":"{{state}}"}]}""" : """{"batches":[]}"""));
        await app.StartAsync();
        ledger.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return ledger;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static IResult Json(string text) => Results.Text(text, "application/json");
}
