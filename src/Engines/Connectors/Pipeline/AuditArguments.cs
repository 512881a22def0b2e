using System.Buffers;
using System.Text;
using System.Text.Json;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>How arguments appear in the audit log: long texts, what the template redacts and what is called like a secret are replaced by their length and keyed hash.</summary>
internal static class AuditArguments
{
    private const int MaxText = 200;
    private const int MaxLength = 16_000;

    private static readonly string[] SecretNames = ["password", "secret", "token", "apikey", "api_key", "privatekey", "private_key"];

    /// <summary>The hash of all arguments, the same whatever the order of their members.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="hash">The tenant's keyed hash.</param>
    public static string HashOf(JsonElement arguments, Func<string, string> hash)
    {
        try
        {
            return hash(CanonicalJson.Hash(arguments));
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair has no canonical form; the text as it came does.
            return hash(arguments.GetRawText());
        }
    }

    /// <summary>The arguments as the audit log shows them.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="paths">What the template redacts.</param>
    /// <param name="hash">The tenant's keyed hash.</param>
    public static string Redact(JsonElement arguments, IReadOnlyList<string> paths, Func<string, string> hash)
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
                Write(writer, arguments, [.. paths.Select(ValuePath.Split)], 0, hash);
            }
            catch (InvalidOperationException)
            {
                return "{}";
            }
        }

        return buffer.WrittenCount <= MaxLength ? Encoding.UTF8.GetString(buffer.WrittenSpan) : JsonSerializer.Serialize(new { length = buffer.WrittenCount, hash = HashOf(arguments, hash) });
    }

    // Of the paths those are left that lead here; at is how many of their parts are used up.
    private static void Write(Utf8JsonWriter writer, JsonElement value, List<IReadOnlyList<string>> paths, int at, Func<string, string> hash)
    {
        if (paths.Exists(path => path.Count == at))
        {
            WriteHash(writer, value, hash);
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
                        WriteHash(writer, value: default, hash);
                    }
                    else
                    {
                        Write(writer, member.Value, paths.FindAll(path => path[at] == member.Name), at + 1, hash);
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
                    Write(writer, item, paths.FindAll(path => path[at] == "*" || path[at] == number), at + 1, hash);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String when value.GetString()!.Length > MaxText:
                WriteHash(writer, value, hash);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteHash(Utf8JsonWriter writer, JsonElement value, Func<string, string> hash)
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
            writer.WriteString("hash", hash(text));
        }

        writer.WriteEndObject();
    }
}
