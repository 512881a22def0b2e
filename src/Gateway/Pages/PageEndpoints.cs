using System.Collections.Frozen;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Gateway.Api;
using Steward.Gateway.Problems;

namespace Steward.Gateway.Pages;

/// <summary>The pages: at <c>/</c> a chat with the run's steps, at <c>/approvals</c> what people are asked to approve, at <c>/triage</c> where tickets belong and how that is learnt.</summary>
internal static class PageEndpoints
{
    private static readonly string[] ForwardingHeaders = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"];

    private const string DemoSwitch = "Steward:Development:DemoTokens";

    private static readonly FrozenDictionary<string, Asset> Assets = new[]
    {
        Load("/", "index.html", "text/html; charset=utf-8"),
        Load("/app.js", "app.js", "text/javascript; charset=utf-8"),
        // The page itself looks which one it is about: opening an address does nothing but show it.
        Load("/approvals", "approvals.html", "text/html; charset=utf-8"),
        Load("/approvals/{approvalId}", "approvals.html", "text/html; charset=utf-8"),
        Load("/approvals.js", "approvals.js", "text/javascript; charset=utf-8"),
        Load("/approval-facts.js", "approval-facts.js", "text/javascript; charset=utf-8"),
        Load("/approvals.css", "approvals.css", "text/css; charset=utf-8"),
        Load("/triage", "triage.html", "text/html; charset=utf-8"),
        Load("/triage.js", "triage.js", "text/javascript; charset=utf-8"),
        Load("/triage.css", "triage.css", "text/css; charset=utf-8"),
        Load("/api.js", "api.js", "text/javascript; charset=utf-8"),
        Load("/results.js", "results.js", "text/javascript; charset=utf-8"),
        Load("/sse.js", "sse.js", "text/javascript; charset=utf-8"),
        Load("/app.css", "app.css", "text/css; charset=utf-8"),
        Load("/icon.svg", "icon.svg", "image/svg+xml"),
    }.ToFrozenDictionary(asset => asset.Path, StringComparer.Ordinal);

    public static void Map(IEndpointRouteBuilder endpoints, IConfiguration configuration)
    {
        foreach (var asset in Assets.Values)
        {
            endpoints.MapMethods(asset.Path, [HttpMethods.Get, HttpMethods.Head], context => SendAsync(context, asset)).ExcludeFromDescription();
        }

        if (configuration.GetValue<bool>(DemoSwitch))
        {
            endpoints.MapGet("/demo/employees", (Delegate)ListEmployeesAsync).ExcludeFromDescription();
        }
    }

    private static Task SendAsync(HttpContext context, Asset asset)
    {
        var response = context.Response;
        response.Headers.ContentSecurityPolicy = SecurityHeaders.PagePolicy;
        response.Headers.ETag = asset.ETag;
        response.Headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch == asset.ETag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = asset.ContentType;
        response.ContentLength = asset.Content.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(asset.Content, context.RequestAborted).AsTask();
    }

    private static Task ListEmployeesAsync(HttpContext context, IEnumerable<IDemoEmployees> demo)
    {
        // The host name is checked because another site's name may be pointed at this machine to read the answer from a browser; the headers
        // because a proxy on this machine speaks for people who are not on it.
        if (context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote) || context.Request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]")
            || ForwardingHeaders.Any(context.Request.Headers.ContainsKey))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        return JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, [.. demo.SelectMany(source => source.List())], PagesJson.Default.ListDemoEmployee);
    }

    private static Asset Load(string path, string file, string contentType)
    {
        using var stream = typeof(PageEndpoints).Assembly.GetManifestResourceStream("page." + file) ?? throw new InvalidOperationException($"The page lacks {file}.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new Asset(path, contentType, content, $"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 12))}\"");
    }

    private sealed record Asset(string Path, string ContentType, byte[] Content, string ETag);
}

/// <summary>JSON of the page's own requests.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<DemoEmployee>))]
internal sealed partial class PagesJson : JsonSerializerContext;
