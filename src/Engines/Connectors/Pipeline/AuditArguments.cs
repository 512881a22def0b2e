using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>How arguments appear in the audit log: long texts, what the template redacts and what is called like a secret are replaced by their length and hash.</summary>
internal static class AuditArguments
{
    private const int MaxText = 200;
    private const int MaxLength = 16_000;

    private static readonly string[] SecretNames = ["password", "secret", "token", "apikey", "api_key", "privatekey", "private_key"];

    public static string HashOf(JsonElement arguments)
    {
        try
        {
            return CanonicalJson.Hash(arguments);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair has no canonical form; the text as it came does.
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(arguments.GetRawText())));
        }
    }

    public static string Redact(JsonElement arguments, IReadOnlyList<string> paths)
    {
        if (arguments.ValueKind == JsonValueKind.Undefined)
        {
            return "{}";
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            try
            {
                Write(writer, arguments, [.. paths.Select(ValuePath.Split)], 0);
            }
            catch (InvalidOperationException)
            {
                return "{}";
            }
        }

        return buffer.WrittenCount <= MaxLength ? Encoding.UTF8.GetString(buffer.WrittenSpan) : JsonSerializer.Serialize(new { length = buffer.WrittenCount, sha256 = HashOf(arguments) });
    }

    // Of the paths those are left that lead here; at is how many of their parts are used up.
    private static void Write(Utf8JsonWriter writer, JsonElement value, List<IReadOnlyList<string>> paths, int at)
    {
        if (paths.Exists(path => path.Count == at))
        {
            WriteHash(writer, value);
            return;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    if (Array.Exists(SecretNames, name => member.Name.Contains(name, StringComparison.OrdinalIgnoreCase)))
                    {
                        WriteHash(writer, value: default);
                    }
                    else
                    {
                        Write(writer, member.Value, paths.FindAll(path => path[at] == member.Name), at + 1);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    var number = index++.ToString(System.Globalization.CultureInfo.InvariantCulture);
                    Write(writer, item, paths.FindAll(path => path[at] == "*" || path[at] == number), at + 1);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String when value.GetString()!.Length > MaxText:
                WriteHash(writer, value);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteHash(Utf8JsonWriter writer, JsonElement value)
    {
        writer.WriteStartObject();
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            // Secrets are often short enough to be guessed from a hash.
            writer.WriteBoolean("redacted", true);
        }
        else
        {
            var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
            writer.WriteNumber("length", text.Length);
            writer.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
        }

        writer.WriteEndObject();
    }
}
