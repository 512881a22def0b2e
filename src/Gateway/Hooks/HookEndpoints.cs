using Microsoft.AspNetCore.Http.Extensions;
using Steward.Client;
using Steward.Connectors;
using Steward.Errors;
using Steward.Gateway.Api;

namespace Steward.Gateway.Hooks;

/// <summary>
/// Where external systems tell what happened. They have no credentials of Steward: whether a request is genuine is for the instance's template to say. What is not believed, and what does not exist,
/// is answered in the same words.
/// </summary>
internal static class HookEndpoints
{
    private const int MaxBodyBytes = 1024 * 1024;
    private const int MaxNameLength = 96;

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods("/hooks/{tenant}/{instance}", ["GET", "POST"], (Delegate)ReceiveAsync).ExcludeFromDescription();

    private static async Task ReceiveAsync(HttpContext context, string tenant, string instance, IHookReceiver receiver, HookAdmission admission)
    {
        if (tenant.Length > MaxNameLength || instance.Length > MaxNameLength)
        {
            throw Refused();
        }

        if (!admission.TryAdmit(tenant, instance, out var wait))
        {
            throw new StewardException(ErrorCodes.Overloaded, "Too many requests come here.") { IsRetryable = true, RetryAfter = wait };
        }

        var request = context.Request;
        var delivery = new HookDelivery
        {
            Method = request.Method,
            Url = request.GetEncodedUrl(),
            Query = Single(request.Query),
            Headers = Single(request.Headers),
            Body = (await RawBody.ReadAsync(context, MaxBodyBytes)).ToArray(),
        };
        var answer = await receiver.ReceiveAsync(tenant, instance, delivery, context.RequestAborted);
        switch (answer.Status)
        {
            case StatusCodes.Status401Unauthorized:
                throw Refused();
            case StatusCodes.Status503ServiceUnavailable:
                throw new StewardException(ErrorCodes.Unavailable, "Events cannot be taken now.") { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(30) };
            default:
                // Handshakes prove nothing.
                if (answer.Body is null)
                {
                    admission.Proven(tenant, instance);
                }

                await WriteAsync(context.Response, answer, context.RequestAborted);
                break;
        }
    }

    private static StewardException Refused() => new(ErrorCodes.Unauthenticated, "The request is not one that is expected here.");

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

    private static async Task WriteAsync(HttpResponse response, HookAnswer answer, CancellationToken cancellationToken)
    {
        response.StatusCode = answer.Status;
        response.Headers.CacheControl = "no-store";
        if (answer.Body is { } body)
        {
            response.ContentType = answer.ContentType;
            await response.WriteAsync(body, cancellationToken);
        }
    }
}
