using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Steward.Gateway.Api;

/// <summary>Answers with JSON.</summary>
internal static class JsonAnswer
{
    public static Task WriteAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = json.Length;
        response.Headers.CacheControl = "no-store";
        return response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }
}
