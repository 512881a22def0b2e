using Steward.Client;
using Steward.Errors;

namespace Steward.Gateway.Hooks;

/// <summary>
/// Where channels bring what people clicked. They have no credentials of Steward: whether a request is genuine is for the channel's own proof to say, and whose click it is for the channel's own directory. What is not believed, and
/// what does not exist, is answered in the same words.
/// </summary>
internal static class ChannelEndpoints
{
    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost("/channels/{tenant}/{channel}", (Delegate)ReceiveAsync).ExcludeFromDescription();

    private static async Task ReceiveAsync(HttpContext context, string tenant, string channel, IChannelReceiver receiver, HookAdmission admission)
    {
        if (tenant.Length > IncomingRequest.MaxNameLength || channel.Length > IncomingRequest.MaxNameLength)
        {
            throw IncomingRequest.Refused();
        }

        // No instance's name holds a slash: shares of channels and of instances are apart.
        var share = $"channels/{channel}";
        if (!admission.TryAdmit(tenant, share, context.Connection.RemoteIpAddress, out var wait))
        {
            throw new StewardException(ErrorCodes.Overloaded, "Too many requests come here.") { IsRetryable = true, RetryAfter = wait };
        }

        var answer = await receiver.ReceiveAsync(tenant, channel, await IncomingRequest.ReadAsync(context), context.RequestAborted);
        switch (answer.Status)
        {
            case StatusCodes.Status401Unauthorized:
                throw IncomingRequest.Refused();
            case StatusCodes.Status503ServiceUnavailable:
                throw new StewardException(ErrorCodes.Unavailable, "Answers cannot be taken now.") { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(5) };
            default:
                // Handshakes prove nothing, and are plain text.
                if (answer.ContentType is null or "application/json")
                {
                    admission.Proven(tenant, share);
                }

                await IncomingRequest.WriteAsync(context.Response, answer, context.RequestAborted);
                break;
        }
    }
}
