using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Pipeline.Requests;

namespace Steward.Engines.Connectors.Pipeline.Middleware;

/// <summary>
/// A credential that the system does not accept any more is renewed once in a call, and the request, which was not carried out, is made once more. The credential itself comes with the
/// permit and is put into the request where it is sent.
/// </summary>
internal sealed class AuthMiddleware : IRequestMiddleware
{
    public async Task<Exchange> InvokeAsync(ConnectorCall call, OutgoingRequest request, RequestStep next)
    {
        var exchange = await next(call, request);
        if (!exchange.IsExpired || call.IsRenewed || call.Credential is not { } refused)
        {
            return exchange;
        }

        call.IsRenewed = true;
        try
        {
            if (await call.Request.Gate.RenewAsync(call.UserId, refused.Generation, call.Token) is null)
            {
                return exchange;
            }
        }
        catch (OperationCanceledException) when (!call.Caller.IsCancellationRequested)
        {
            return Exchange.Ended(new ActionFailed(FailureCodes.Timeout, "Signing in took too long.", IsRetryable: true));
        }

        return await next(call, request);
    }
}
