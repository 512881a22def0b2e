using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.OpenAI;

namespace Steward.Gateway.Problems;

/// <summary>The outermost layer: whatever goes wrong inside becomes problem details, and no answer leaves without its security headers.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, IOptions<StewardGatewayOptions> options, ILogger<ProblemMiddleware> logger)
{
    private const int ClientClosedRequest = 499;

    private readonly int _maxHeaderBytes = options.Value.MaxHeaderBytes;

    public async Task InvokeAsync(HttpContext context)
    {
        SecurityHeaders.Set(context.Response);
        try
        {
            if (HeaderBytes(context.Request.Headers) > _maxHeaderBytes)
            {
                throw new StewardException(WireCodes.HeadersTooLarge, $"The headers may have at most {_maxHeaderBytes:N0} bytes together.");
            }

            await next(context);
        }
#pragma warning disable CA1031 // This is where every failure of a request ends.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await AnswerAsync(context, exception);
            return;
        }

        // Routing and the server set a status without a body.
        var response = context.Response;
        if (!response.HasStarted && response.StatusCode >= 400 && response.ContentLength is null && response.ContentType is null)
        {
            await ProblemWriter.WriteAsync(context, response.StatusCode, ProblemWriter.FromStatus(context, response.StatusCode));
        }
    }

    private async Task AnswerAsync(HttpContext context, Exception exception)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to read an answer; the status is for metrics.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = ClientClosedRequest;
            }

            return;
        }

        var (status, error) = Translate(context, exception);
        if (status >= 500)
        {
            LogFailed(logger, exception, context.Request.Method, context.GetEndpoint()?.DisplayName ?? "none");
        }

        if (context.Response.HasStarted)
        {
            // The rest of the answer is missing: the client must notice.
            context.Abort();
            return;
        }

        await ProblemWriter.WriteAsync(context, status, error);
    }

    private static (int Status, StewardException Error) Translate(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case StewardException error:
                return (OpenAIErrors.IsFor(context.Request) ? OpenAIErrors.StatusOf(error.Code) : ProblemWriter.StatusOf(error.Code), error);
            case BadHttpRequestException bad:
                return (bad.StatusCode, ProblemWriter.FromStatus(context, bad.StatusCode));
            default:
                return (StatusCodes.Status500InternalServerError, ProblemWriter.FromStatus(context, StatusCodes.Status500InternalServerError));
        }
    }

    private static int HeaderBytes(IHeaderDictionary headers)
    {
        var sum = 0;
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                // Name, colon, space, value, line end.
                sum += name.Length + (value?.Length ?? 0) + 4;
            }
        }

        return sum;
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "{Method} {Endpoint} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string method, string endpoint);
}
