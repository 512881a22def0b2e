using Steward.Client;
using Steward.Errors;

namespace Steward.Gateway.Hooks;

/// <summary>
/// Where external systems tell what happened. They have no credentials of Steward: whether a request is genuine is for the instance's template to say. What is not believed, and what does not exist,
/// is answered in the same words.
/// </summary>
internal static class HookEndpoints
{
    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods("/hooks/{tenant}/{instance}", ["GET", "POST"], (Delegate)ReceiveAsync).ExcludeFromDescription();

    private static async Task ReceiveAsync(HttpContext context, string tenant, string instance, IHookReceiver receiver, HookAdmission admission)
    {
        if (tenant.Length > IncomingRequest.MaxNameLength || instance.Length > IncomingRequest.MaxNameLength)
        {
            throw IncomingRequest.Refused();
        }

        if (!admission.TryAdmit(tenant, instance, context.Connection.RemoteIpAddress, out var wait))
        {
            throw new StewardException(ErrorCodes.Overloaded, "Too many requests come here.") { IsRetryable = true, RetryAfter = wait };
        }

        var answer = await receiver.ReceiveAsync(tenant, instance, await IncomingRequest.ReadAsync(context), context.RequestAborted);
        switch (answer.Status)
        {
            case StatusCodes.Status401Unauthorized:
                throw IncomingRequest.Refused();
            case StatusCodes.Status503ServiceUnavailable:
                throw new StewardException(ErrorCodes.Unavailable, "Events cannot be taken now.") { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(30) };
            default:
                // Handshakes prove nothing.
                if (answer.Body is null)
                {
                    admission.Proven(tenant, instance);
                }

                await IncomingRequest.WriteAsync(context.Response, answer, context.RequestAborted);
                break;
        }
    }
}
