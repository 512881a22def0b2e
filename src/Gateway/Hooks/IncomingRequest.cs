using Microsoft.AspNetCore.Http.Extensions;
using Steward.Connectors;
using Steward.Errors;
using Steward.Gateway.Api;

namespace Steward.Gateway.Hooks;

/// <summary>Requests of systems that have no credentials of Steward, as they are handed on, and the answers to them.</summary>
internal static class IncomingRequest
{
    /// <summary>The longest tenant, instance or channel that is looked at.</summary>
    public const int MaxNameLength = 96;

    private const int MaxBodyBytes = 1024 * 1024;

    /// <summary>What stands for everything that is not believed and everything that does not exist.</summary>
    public static StewardException Refused() => new(ErrorCodes.Unauthenticated, "The request is not one that is expected here.");

    /// <summary>Reads a request.</summary>
    public static async Task<HookDelivery> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        return new HookDelivery
        {
            Method = request.Method,
            Url = request.GetEncodedUrl(),
            Query = Single(request.Query),
            Headers = Single(request.Headers),
            Body = (await RawBody.ReadAsync(context, MaxBodyBytes)).ToArray(),
        };
    }

    /// <summary>Writes an answer.</summary>
    public static async Task WriteAsync(HttpResponse response, HookAnswer answer, CancellationToken cancellationToken)
    {
        response.StatusCode = answer.Status;
        response.Headers.CacheControl = "no-store";
        if (answer.Body is { } body)
        {
            response.ContentType = answer.ContentType;
            await response.WriteAsync(body, cancellationToken);
        }
    }

    /// <summary>What comes once. Of a header or parameter that comes twice nobody can say which one was signed.</summary>
    private static Dictionary<string, string> Single(IEnumerable<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> values)
    {
        var single = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in values)
        {
            if (value.Count == 1 && value[0] is { } text)
            {
                single[name] = text;
            }
        }

        return single;
    }
}
