using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Problems;
using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary>Errors in OpenAI's shape: <c>{"error":{"message","type","param","code"}}</c>, for every status under the endpoint's path.</summary>
internal static class OpenAIErrors
{
    /// <summary>The path of the endpoint.</summary>
    public static readonly PathString Root = new("/openai");

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether a request is one of the endpoint's.</summary>
    public static bool IsFor(HttpRequest request) => request.Path.StartsWithSegments(Root, StringComparison.Ordinal);

    /// <summary>The status of an error.</summary>
    public static int StatusOf(string code) => code switch
    {
        // Clients take 402 for nothing that they know: what the caller or an admin has to change is a 400, which nobody repeats.
        "model_rejected" or "model_not_capable" or "model_tags_missing" or "model_over_cost_cap" or "model_price_unknown" => StatusCodes.Status400BadRequest,
        "model_not_allowed" => StatusCodes.Status403Forbidden,
        "model_missing" => StatusCodes.Status404NotFound,
        "model_over_budget" or "model_overloaded" or "model_rate_limited" => StatusCodes.Status429TooManyRequests,
        "model_unauthenticated" or "model_stream_broken" or "run_failed" => StatusCodes.Status502BadGateway,
        "model_unavailable" or "model_not_configured" or "model_degraded" or "model_queued" or "cancelled" => StatusCodes.Status503ServiceUnavailable,
        "model_timeout" => StatusCodes.Status504GatewayTimeout,
        "run_cancelled" => StatusCodes.Status409Conflict,
        _ => ProblemWriter.StatusOf(code),
    };

    /// <summary>Writes an error as the whole answer, whose headers have not been sent.</summary>
    public static async Task WriteAsync(HttpContext context, int status, StewardException error)
    {
        var response = context.Response;
        response.ContentType = "application/json";
        if (status != StatusCodes.Status405MethodNotAllowed)
        {
            // OpenAI's own clients repeat every 409, 429 and 5xx unless they are told.
            response.Headers["x-should-retry"] = error.IsRetryable ? "true" : "false";
        }

        if (error.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            response.Headers["retry-after-ms"] = Math.Max(1, (long)Math.Ceiling(wait.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
        }

        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            WriteError(json, status, error);
            json.WriteEndObject();
        }

        response.ContentLength = buffer.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted);
        }
    }

    /// <summary>Writes the member <c>error</c>.</summary>
    public static void WriteError(Utf8JsonWriter json, int status, StewardException error)
    {
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, error.Message);
        json.WriteString("type"u8, TypeOf(status, error.Code));
        json.WriteString("param"u8, error.Field);
        json.WriteString("code"u8, CodeOf(error.Code));
        json.WriteEndObject();
    }

    /// <summary>The error that a failed call stands for.</summary>
    public static StewardException Of(ModelCallFailure failure) =>
        new(failure.Code, failure.Message) { IsRetryable = failure.IsRetryable, RetryAfter = failure.RetryAfter, Field = failure.Field };

    /// <summary>OpenAI's code where there is one that clients know; ours otherwise.</summary>
    public static string CodeOf(string code) => code switch
    {
        ErrorCodes.Unauthenticated => "invalid_api_key",
        "model_missing" => "model_not_found",
        "model_over_budget" => "insufficient_quota",
        ErrorCodes.Overloaded or "model_rate_limited" => "rate_limit_exceeded",
        WireCodes.NoSuchOperation => "unknown_url",
        _ => code,
    };

    private static string TypeOf(int status, string code) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status429TooManyRequests => code == "model_over_budget" ? "insufficient_quota" : "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
