using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Steward.Webhooks;

/// <summary>What is sent: the type, the time and the facts. Pure.</summary>
internal static class WebhookBody
{
    /// <summary>The message about something that happened: its facts, followed by <c>url</c> and <c>answer</c>.</summary>
    public static string Of(WebhookEvent happened, bool includeAnswer, Uri? publicAddress) => Write(happened.Type, happened.At, writer =>
    {
        using var facts = JsonDocument.Parse(happened.DataJson);
        foreach (var fact in facts.RootElement.EnumerateObject())
        {
            fact.WriteTo(writer);
        }

        if (happened.Path is { } path)
        {
            writer.WriteString("url", publicAddress is null ? path : new Uri(publicAddress, path).AbsoluteUri);
        }

        if (includeAnswer && happened.Answer is { } answer)
        {
            writer.WriteString("answer", answer);
        }
    });

    /// <summary>A message with which somebody tries a webhook out.</summary>
    public static string Test(DateTimeOffset at) => Write(WebhookEventTypes.Test, at, static _ => { });

    /// <summary>The id of a message: the same however often the same thing is told.</summary>
    public static string IdOf(string webhookKey, WebhookEvent happened) =>
        "d-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{webhookKey}\n{happened.Subject}\n{happened.Type}\n{happened.Occurrence}")).AsSpan(0, 12));

    private static string Write(string type, DateTimeOffset at, Action<Utf8JsonWriter> writeData)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WriteString("timestamp", at);
            writer.WriteStartObject("data");
            writeData(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(body.WrittenSpan);
    }
}
