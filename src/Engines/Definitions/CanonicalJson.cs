using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Steward.Engines.Definitions;

/// <summary>
/// JSON in one form whatever the order of members and the blanks were, so that equal content has an equal hash: members ordered by name (UTF-16 units, as in RFC 8785), no
/// blanks, texts escaped no more than they must be. Unlike RFC 8785 numbers stay as they were written: <c>1</c> and <c>1.0</c> are different content.
/// </summary>
public static class CanonicalJson
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The canonical text. Of members with the same name all are kept, in their order.</summary>
    public static string Of(JsonElement value) => Encoding.UTF8.GetString(Utf8(value));

    /// <summary>SHA-256 of the canonical text in lower-case hexadecimal.</summary>
    public static string Hash(JsonElement value) => Convert.ToHexStringLower(SHA256.HashData(Utf8(value)));

    /// <summary>What a decision is bound to: SHA-256 of an operation's id, a line feed and the canonical text of the subject.</summary>
    public static string SubjectHash(string operationId, JsonElement subject)
    {
        ArgumentNullException.ThrowIfNull(operationId);
        return Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(operationId), (byte)'\n', .. Utf8(subject)]));
    }

    private static byte[] Utf8(JsonElement value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            Write(writer, value);
        }

        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(value.GetString());
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(value.GetRawText(), skipInputValidation: true);
                break;
            case JsonValueKind.Undefined:
                writer.WriteNullValue();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
