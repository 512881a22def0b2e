using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>A receiver with the secret that it was given.</summary>
internal sealed record HookReceiver(Uri Url, string Secret);

/// <summary>How products put an event into a request.</summary>
internal static class HookDialect
{
    /// <summary>JSON with a header that shows the secret as it is.</summary>
    public static HttpRequestMessage WithHeader(HookReceiver receiver, string header, string body)
    {
        var request = Json(receiver.Url, body);
        request.Headers.TryAddWithoutValidation(header, receiver.Secret);
        return request;
    }

    /// <summary>JSON with a signature of the body, as <c>sha256=</c> and hexadecimal digits.</summary>
    public static HttpRequestMessage WithSignature(HookReceiver receiver, string header, string body)
    {
        var request = Json(receiver.Url, body);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(receiver.Secret), Encoding.UTF8.GetBytes(body));
        request.Headers.Add(header, $"sha256={Convert.ToHexStringLower(signature)}");
        return request;
    }

    /// <summary>An object with a first member and then those of another.</summary>
    public static JsonObject With(string name, JsonNode? value, JsonObject others)
    {
        var json = new JsonObject { [name] = value };
        foreach (var (key, other) in others)
        {
            json[key] = other?.DeepClone();
        }

        return json;
    }

    private static HttpRequestMessage Json(Uri url, string body) => new(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
}
