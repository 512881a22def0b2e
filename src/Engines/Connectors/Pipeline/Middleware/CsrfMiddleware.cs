using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Pipeline.Requests;

namespace Steward.Engines.Connectors.Pipeline.Middleware;

/// <summary>
/// Asks for the token that a write must carry, where the template says so, and sends it along with the cookies of the session that it belongs to. Both are forgotten with the request.
/// </summary>
internal sealed class CsrfMiddleware : IRequestMiddleware
{
    private const int MaxTokenLength = 4096;

    public async Task<Exchange> InvokeAsync(ConnectorCall call, OutgoingRequest request, RequestStep next)
    {
        if (call.Request.Target.Template.Csrf is not { } csrf || !call.IsWrite || request.Method == HttpMethod.Get)
        {
            return await next(call, request);
        }

        var asked = await next(call, new OutgoingRequest { Method = HttpMethod.Get, Path = csrf.Path, Headers = [(csrf.Header, csrf.Ask)] });
        if (asked.Failure is { } failure)
        {
            // Nothing was sent that could have had an effect.
            return failure is ActionUnknown unknown ? asked with { Failure = new ActionFailed(FailureCodes.Unavailable, unknown.Reason, IsRetryable: true) } : asked;
        }

        if (asked.Reply!.Header(csrf.Header) is not { Length: > 0 and <= MaxTokenLength } token)
        {
            return Exchange.Ended(new ActionFailed(FailureCodes.BadResponse, $"{call.Request.Target.Template.Name} gave no token for writes; check the connector's address.", IsRetryable: false));
        }

        var cookies = string.Join("; ", asked.Reply.Headers("Set-Cookie").Select(cookie => cookie.Split(';', 2)[0].Trim()).Where(cookie => cookie.Length > 0));
        List<(string, string)> headers = [.. request.Headers, (csrf.Header, token)];
        if (cookies.Length > 0)
        {
            headers.Add(("Cookie", cookies));
        }

        return await next(call, request with { Headers = headers });
    }
}
