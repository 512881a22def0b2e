using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>The HTTP server of one simulated system, on loopback only.</summary>
internal sealed class SimServer : IAsyncDisposable
{
    private const int LargestBody = 1024 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };
    private readonly SimulatedSystem system;
    private readonly SimWorld world;
    private readonly WebApplication app;

    private SimServer(SimulatedSystem system, SimWorld world, WebApplication app)
    {
        this.system = system;
        this.world = world;
        this.app = app;
    }

    public Uri Url { get; private set; } = new("http://127.0.0.1/");

    public static async Task<SimServer> StartAsync(SimulatedSystem system, SimWorld world, int port, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // Handlers only compute: without this, two threads take each call over from one another before and after them.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        var server = new SimServer(system, world, app);
        new ControlApi(system, world).Map(app);
        foreach (var route in system.Routes)
        {
            app.MapMethods(route.Pattern, [route.Method], (RequestDelegate)(http => server.AnswerAsync(http, route)));
        }

        var unknown = new SimRoute("*", "/{**path}", "unknown", system.UnknownPath);
        app.MapFallback("/{**path}", (RequestDelegate)(http => server.AnswerAsync(http, unknown)));
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server.Url = new Uri(address);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);
        try
        {
            await app.StopAsync(hurry.Token);
        }
        catch (OperationCanceledException)
        {
            // Connections that a client keeps busy are cut by the disposal below.
        }

        await app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http, SimRoute route)
    {
        var call = new Call(http, route.Operation, world.Time.GetUtcNow());
        using var timed = world.Handling.Begin(call.PathAndQuery);
        var body = await ReadBodyAsync(http);
        call.BodyText = body is null || route.SecretForm ? "" : Encoding.UTF8.GetString(body);
        call.Bytes = body ?? [];
        if (route.Before is { } before)
        {
            await before(call);
        }

        var fault = call.Fault = world.Faults.Take(system.System, route.Operation, call.Method, call.PathAndQuery);
        if (fault?.Kind == SimFaultKind.CutBeforeCommit)
        {
            Record(call, 0);
            http.Abort();
            return;
        }

        var isReadable = body is null || !MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || type.MediaType != "multipart/form-data" || await ReadFilesAsync(call, body, type);
        Reply reply;
        lock (system.Gate)
        {
            reply = isReadable ? Handle(call, route, body, fault) : system.MalformedJson(call, "the parts of its form");
            if (fault?.Kind == SimFaultKind.ServerErrorAfterCommit)
            {
                reply = system.ServerError(call, fault.Status ?? 504);
            }

            system.Finish(call, reply);
        }

        if (fault is not null)
        {
            reply = PlannedAnswer.Of(reply, fault, call.Now);
        }

        Record(call, reply.Status);
        if (fault?.Kind == SimFaultKind.TimeoutAfterCommit)
        {
            await NeverAnswerAsync(http);
        }

        if (fault?.Kind is SimFaultKind.CutAfterCommit or SimFaultKind.TimeoutAfterCommit)
        {
            http.Abort();
            return;
        }

        if (fault?.Kind == SimFaultKind.Slow)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMilliseconds), world.Time, http.RequestAborted);
        }

        await WriteAsync(http, reply, cut: fault?.Kind == SimFaultKind.CutInBody);
    }

    private Reply Handle(Call call, SimRoute route, byte[]? body, SimFault? fault)
    {
        try
        {
            var rate = system.CountRate(call);
            call.Rate = rate;
            switch (fault?.Kind)
            {
                case SimFaultKind.RateLimited: return system.RateLimited(call, fault.RetryAfterSeconds);
                case SimFaultKind.ServerError: return system.ServerError(call, fault.Status ?? 503);
                case SimFaultKind.ExpiredToken: return system.Unauthorized(call);
                case SimFaultKind.ErrorInSuccess: return system.ErrorInSuccess(call, fault.Code);
                default: break;
            }

            if (body is null)
            {
                return system.TooLarge(call);
            }

            if (!rate.Allowed)
            {
                return system.RateLimited(call, rate.RetryAfterSeconds(call.Now));
            }

            if (!route.Open && system.Authenticate(call) is { } refusal)
            {
                return refusal;
            }

            if ((route.SecretForm || system.ReadsForms) && !IsJson(call))
            {
                call.Form = new FormCollection(QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body)));
            }
            else if (body.Length > 0 && call.Files.Count == 0)
            {
                call.Body = JsonNode.Parse(body, documentOptions: Strict);
            }

            return route.Handler(call);
        }
        catch (JsonException e)
        {
            return system.MalformedJson(call, $"line {e.LineNumber + 1}, byte {e.BytePositionInLine}");
        }
        catch (ReplyException e)
        {
            return e.Reply;
        }
    }

    private static async Task<bool> ReadFilesAsync(Call call, byte[] body, MediaTypeHeaderValue type)
    {
        try
        {
            var reader = new MultipartReader(HeaderUtilities.RemoveQuotes(type.Boundary).ToString(), new MemoryStream(body));
            var files = new List<SimFile>();
            while (await reader.ReadNextSectionAsync(call.Http.RequestAborted) is { } section)
            {
                if (section.GetContentDispositionHeader() is { } disposition && disposition.IsFileDisposition())
                {
                    using var content = new MemoryStream();
                    await section.Body.CopyToAsync(content, call.Http.RequestAborted);
                    files.Add(new SimFile(HeaderUtilities.RemoveQuotes(disposition.Name).ToString(), HeaderUtilities.RemoveQuotes(disposition.FileName).ToString(), section.ContentType ?? "", content.ToArray()));
                }
            }

            call.Files = files;
            return files.Count > 0;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Waits until the caller gives up or the server stops.</summary>
    private async Task NeverAnswerAsync(HttpContext http)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, app.Lifetime.ApplicationStopping);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, end.Token);
        }
        catch (OperationCanceledException)
        {
            // The caller has given up, which is what the fault is for.
        }
    }

    private static bool IsJson(Call call) => call.Http.Request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) == true;

    private void Record(Call call, int status) => world.Calls.Add(sequence => new RecordedCall
    {
        Sequence = sequence,
        System = system.System,
        Operation = call.Operation,
        Method = call.Method,
        Path = call.PathAndQuery,
        Body = call.BodyText,
        Status = status,
        Time = call.Now,
        Effect = call.Effect,
        Fault = call.Fault?.Kind,
    });

    private static async Task<byte[]?> ReadBodyAsync(HttpContext http)
    {
        if (http.Request.ContentLength is 0 || (http.Request.ContentLength is null && http.Request.Headers.TransferEncoding.Count == 0))
        {
            return [];
        }

        if (http.Request.ContentLength > LargestBody)
        {
            return null;
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(chunk, http.RequestAborted)) > 0)
        {
            if (buffer.Length + read > LargestBody)
            {
                return null;
            }

            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    private static async Task WriteAsync(HttpContext http, Reply reply, bool cut)
    {
        http.Response.StatusCode = reply.Status;
        foreach (var (name, value) in reply.Headers)
        {
            http.Response.Headers.Append(name, value);
        }

        if (reply.Body is null)
        {
            if (cut)
            {
                http.Abort();
            }

            return;
        }

        var bytes = JsonSerializer.SerializeToUtf8Bytes(reply.Body);
        http.Response.ContentType ??= "application/json;charset=UTF-8";
        http.Response.ContentLength = bytes.Length;
        if (cut)
        {
            await http.Response.Body.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
            await http.Response.Body.FlushAsync();

            // The server closes a connection whose handler fails after the answer has started: half of it arrives, the rest never does.
            throw new IOException("The planned fault cuts the connection here.");
        }

        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }
}
