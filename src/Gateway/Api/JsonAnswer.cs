using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Steward.Gateway.Api;

/// <summary>Answers with JSON.</summary>
internal static class JsonAnswer
{
    public static Task WriteAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type) =>
        WriteAsync(context, status, JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>Answers with what is JSON already.</summary>
    public static Task WriteRawAsync(HttpContext context, int status, string json) => WriteAsync(context, status, Encoding.UTF8.GetBytes(json));

    private static Task WriteAsync(HttpContext context, int status, byte[] json)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = json.Length;
        response.Headers.CacheControl = "no-store";
        return response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }
}
