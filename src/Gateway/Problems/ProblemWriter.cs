using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.OpenAI;

namespace Steward.Gateway.Problems;

/// <summary>Answers requests with problem details.</summary>
internal static class ProblemWriter
{
    public const string ContentType = "application/problem+json";

    /// <summary>Writes a problem as the whole answer. The answer must not have begun.</summary>
    public static async Task WriteAsync(HttpContext context, int status, StewardException error)
    {
        var response = context.Response;
        var wwwAuthenticate = response.Headers.WWWAuthenticate;
        var allow = response.Headers.Allow;
        // What is known of a call by then helps whoever looks for it.
        var known = OpenAIErrors.IsFor(context.Request) ? response.Headers.Where(header => header.Key.StartsWith("x-steward-", StringComparison.Ordinal)).ToList() : [];
        response.Clear();
        SecurityHeaders.Set(response);
        response.Headers.Allow = allow;
        response.Headers.CacheControl = "no-store";
        response.StatusCode = status;
        response.ContentType = ContentType;
        if (status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = wwwAuthenticate.Count > 0 ? wwwAuthenticate : "Bearer realm=\"steward\"";
        }

        if (OpenAIErrors.IsFor(context.Request))
        {
            known.ForEach(header => response.Headers[header.Key] = header.Value);
            Diagnostics.Problems.Add(1, new KeyValuePair<string, object?>("code", error.Code));
            await OpenAIErrors.WriteAsync(context, status, error);
            return;
        }

        if (error.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        Diagnostics.Problems.Add(1, new KeyValuePair<string, object?>("code", error.Code));
        var problem = ToResource(context, status, error);
        var json = JsonSerializer.SerializeToUtf8Bytes(problem, StewardWireJson.Default.ProblemResource);
        response.ContentLength = json.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(json, context.RequestAborted);
        }
    }

    /// <summary>A problem as a resource, for answers that hold it beside other things.</summary>
    public static ProblemResource ToResource(HttpContext context, int status, StewardException error) => new()
    {
        Type = "urn:steward:problem:" + error.Code,
        Title = TitleOf(error.Code),
        Status = status,
        Detail = error.Message,
        Instance = InstanceOf(context.Request),
        Code = error.Code,
        Retryable = error.IsRetryable,
        RetryAfter = error.RetryAfter?.TotalSeconds,
        OutcomeUnknown = error.OutcomeUnknown ? true : null,
        Field = error.Field,
        TraceId = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier,
    };

    /// <summary>The status of an error.</summary>
    public static int StatusOf(string code) => code switch
    {
        ErrorCodes.InvalidArgument or ErrorCodes.ScheduleNeverFires or ErrorCodes.WebhookAddressForbidden => StatusCodes.Status400BadRequest,
        ErrorCodes.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorCodes.Forbidden => StatusCodes.Status403Forbidden,
        ErrorCodes.NotFound or WireCodes.NoSuchOperation => StatusCodes.Status404NotFound,
        WireCodes.NotAcceptable => StatusCodes.Status406NotAcceptable,
        ErrorCodes.Conflict or ErrorCodes.LimitReached or ErrorCodes.MemoryUnreadable or WireCodes.Busy => StatusCodes.Status409Conflict,
        WireCodes.TooLarge => StatusCodes.Status413PayloadTooLarge,
        WireCodes.UnsupportedMediaType => StatusCodes.Status415UnsupportedMediaType,
        ErrorCodes.Overloaded => StatusCodes.Status429TooManyRequests,
        WireCodes.HeadersTooLarge => StatusCodes.Status431RequestHeaderFieldsTooLarge,
        ErrorCodes.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>What a bare status of the server or of routing means.</summary>
    public static StewardException FromStatus(HttpContext context, int status) => status switch
    {
        StatusCodes.Status404NotFound => new StewardException(WireCodes.NoSuchOperation, "There is nothing at this path. /openapi/v1.json lists what there is."),
        StatusCodes.Status405MethodNotAllowed => new StewardException(
            WireCodes.NoSuchOperation,
            $"This path does not take {context.Request.Method}; it takes {context.Response.Headers.Allow}."),
        StatusCodes.Status406NotAcceptable => new StewardException(WireCodes.NotAcceptable, "Nothing that the Accept header allows is offered here."),
        StatusCodes.Status408RequestTimeout => new StewardException(ErrorCodes.InvalidArgument, "The request's body came too slowly.") { IsRetryable = true },
        StatusCodes.Status413PayloadTooLarge => TooLarge(context),
        StatusCodes.Status415UnsupportedMediaType => new StewardException(
            WireCodes.UnsupportedMediaType,
            context.Request.HasJsonContentType() ? "This path takes no JSON; /openapi/v1.json says what its body must be." : "The body must be JSON: send Content-Type: application/json. /openapi/v1.json names the paths that take something else.") { Field = "Content-Type" },
        >= 400 and < 500 => new StewardException(ErrorCodes.InvalidArgument, "The request is malformed."),
        _ => new StewardException(ErrorCodes.Internal, "The request could not be carried out because of a defect."),
    };

    /// <summary>A body that is larger than allowed.</summary>
    public static StewardException TooLarge(HttpContext context) => new(
        WireCodes.TooLarge,
        $"The body may have at most {context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize?.ToString("N0", CultureInfo.InvariantCulture) ?? "a limited number of"} bytes.");

    /// <summary>The address of the request that failed.</summary>
    public static string InstanceOf(HttpRequest request) => request.PathBase.Add(request.Path).ToUriComponent();

    private static string TitleOf(string code) => code switch
    {
        ErrorCodes.InvalidArgument => "The request was not accepted",
        ErrorCodes.Unauthenticated => "Valid credentials are needed",
        ErrorCodes.Forbidden => "Not allowed",
        ErrorCodes.NotFound => "There is no such thing",
        ErrorCodes.Conflict => "The request contradicts what is there",
        ErrorCodes.ScheduleNeverFires => "The schedule would never fire",
        ErrorCodes.WebhookAddressForbidden => "The address leads to where requests must not go",
        ErrorCodes.MemoryUnreadable => "The memory cannot be opened",
        ErrorCodes.LimitReached => "There are as many as may be",
        ErrorCodes.Overloaded => "Too many requests",
        ErrorCodes.Unavailable => "Not available now",
        WireCodes.Busy => "The session is busy",
        WireCodes.NoSuchOperation => "There is no such operation",
        WireCodes.NotAcceptable => "No acceptable representation",
        WireCodes.TooLarge => "The body is too large",
        WireCodes.UnsupportedMediaType => "The body's media type is not supported",
        WireCodes.HeadersTooLarge => "The headers are too large",
        _ => "Something went wrong",
    };
}
