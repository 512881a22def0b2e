using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Steward.Engines.Connectors.Import;

/// <summary>
/// Reads a document of unknown origin, JSON or YAML, into JSON, with bounds on size, depth and values. Aliases and merge keys of YAML are expanded, and what they
/// repeat counts.
/// </summary>
internal sealed class DocumentText
{
    private readonly string _file;
    private readonly ImportLimits _limits;

    private DocumentText(string file, ImportLimits limits) => (_file, _limits) = (file, limits);

    /// <summary>The values that were read.</summary>
    public int Values { get; private set; }

    /// <summary>Reads a document.</summary>
    /// <exception cref="DefinitionException">It is neither, or beyond the bounds.</exception>
    public static (JsonNode? Root, int Values) Read(ReadOnlySpan<byte> utf8, string file, ImportLimits limits)
    {
        if (utf8.Length > limits.MaxBytes)
        {
            throw new DefinitionException(file, 1, $"the document has {utf8.Length} bytes; at most {limits.MaxBytes} are allowed.");
        }

        if (utf8.StartsWith(Encoding.UTF8.Preamble))
        {
            utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        }

        var text = new DocumentText(file, limits);
        var first = utf8.IndexOfAnyExcept(" \t\r\n"u8);
        if (first < 0)
        {
            throw new DefinitionException(file, 1, "the document is empty.");
        }

        var root = utf8[first] is (byte)'{' or (byte)'[' ? text.ReadJson(utf8) : text.ReadYaml(utf8);
        return (root, text.Values);
    }

    private void Count(int depth, int line, int values = 1)
    {
        if (depth > _limits.MaxDepth)
        {
            throw Fault(line, $"nested deeper than {_limits.MaxDepth} levels.");
        }

        Values += values;
        if (Values > _limits.MaxValues)
        {
            throw Fault(line, $"more than {_limits.MaxValues} values.");
        }
    }

    private DefinitionException Fault(int line, string message) => new(_file, Math.Max(1, line), message);

    private JsonNode? ReadJson(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = _limits.MaxDepth + 8 });
        try
        {
            reader.Read();
            var root = JsonValueOf(ref reader, utf8, 0);
            if (reader.Read())
            {
                throw Fault(LineOf(utf8, reader.TokenStartIndex), "only one document is allowed.");
            }

            return root;
        }
        catch (JsonException e)
        {
            var message = e.Message.IndexOf(" LineNumber", StringComparison.Ordinal) is var end and > 0 ? e.Message[..end] : e.Message;
            throw Fault((int)(e.LineNumber ?? 0) + 1, "not valid JSON: " + message);
        }
        catch (InvalidOperationException)
        {
            throw Fault(LineOf(utf8, reader.TokenStartIndex), "not valid JSON: a text is not valid UTF-8.");
        }
    }

    private JsonNode? JsonValueOf(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, int depth)
    {
        Count(depth, 0);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new JsonObject();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    var at = reader.TokenStartIndex;
                    reader.Read();
                    if (!members.TryAdd(name, JsonValueOf(ref reader, utf8, depth + 1)))
                    {
                        throw Fault(LineOf(utf8, at), $"the key '{ImportText.Trim(name, 80)}' appears twice.");
                    }
                }

                return members;
            case JsonTokenType.StartArray:
                var items = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(JsonValueOf(ref reader, utf8, depth + 1));
                }

                return items;
            case JsonTokenType.String:
                return JsonValue.Create(reader.GetString());
            case JsonTokenType.Number:
                return reader.TryGetInt64(out var integer) ? JsonValue.Create(integer)
                    : reader.TryGetDecimal(out var exact) ? JsonValue.Create(exact)
                    : JsonValue.Create(Encoding.UTF8.GetString(reader.ValueSpan));
            case JsonTokenType.True or JsonTokenType.False:
                return JsonValue.Create(reader.GetBoolean());
            default:
                return null;
        }
    }

    private static int LineOf(ReadOnlySpan<byte> utf8, long at) => utf8[..(int)at].Count((byte)'\n') + 1;

    private JsonNode? ReadYaml(ReadOnlySpan<byte> utf8)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw Fault(1, "not UTF-8.");
        }

        var parser = new Parser(new StringReader(text));
        try
        {
            parser.MoveNext();
            parser.MoveNext();
            if (parser.Current is not DocumentStart)
            {
                throw Fault(1, "the document is empty.");
            }

            parser.MoveNext();
            var root = YamlValue(parser, new(StringComparer.Ordinal), 0);
            return parser.Current is DocumentEnd && parser.MoveNext() && parser.Current is StreamEnd
                ? root
                : throw Fault(Line(parser), "only one document is allowed.");
        }
        catch (YamlException e)
        {
            throw Fault((int)e.Start.Line, "not valid YAML: " + ImportText.Trim(e.Message, 200));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or IndexOutOfRangeException)
        {
            // The parser's own slips on hostile input must not look like a defect of ours.
            throw Fault(Line(parser), "not valid YAML.");
        }
    }

    private static int Line(Parser parser) => parser.Current is { } current ? (int)current.Start.Line : 1;

    private JsonNode? YamlValue(Parser parser, Dictionary<string, (JsonNode? Value, int Size)> anchors, int depth)
    {
        var line = Line(parser);
        Count(depth, line);
        if (parser.Current is AnchorAlias alias)
        {
            parser.MoveNext();
            var (value, size) = anchors.TryGetValue(alias.Value.Value, out var anchored) ? anchored : throw Fault(line, $"the alias *{ImportText.Trim(alias.Value.Value, 60)} names nothing that is complete before it.");
            Count(depth + DepthOf(value), line, size);
            return value?.DeepClone();
        }

        if (parser.Current is not NodeEvent node)
        {
            throw Fault(line, "a value is missing.");
        }

        var before = Values;
        JsonNode? result = node switch
        {
            Scalar scalar => YamlScalar(parser, scalar),
            SequenceStart => YamlSequence(parser, anchors, depth),
            MappingStart => YamlMapping(parser, anchors, depth),
            _ => throw Fault(line, "not valid YAML."),
        };
        if (!node.Anchor.IsEmpty)
        {
            // Kept apart from the tree, since what is aliased may be changed by a merge later.
            anchors[node.Anchor.Value] = (result?.DeepClone(), Values - before + 1);
            Count(depth, line, Values - before);
        }

        return result;
    }

    private static int DepthOf(JsonNode? node) => node switch
    {
        JsonObject { Count: > 0 } members => 1 + members.Max(member => DepthOf(member.Value)),
        JsonArray { Count: > 0 } items => 1 + items.Max(DepthOf),
        _ => 0,
    };

    private static JsonValue? YamlScalar(Parser parser, Scalar scalar)
    {
        parser.MoveNext();
        var text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain || scalar.Tag is { IsEmpty: false, Value: "tag:yaml.org,2002:str" })
        {
            return JsonValue.Create(text);
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE":
                return JsonValue.Create(false);
            default:
                // Long digits and dates are texts; a number keeps the form it was written in.
                return text.Length is > 28 || !(char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.') ? JsonValue.Create(text)
                    : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) ? JsonValue.Create(integer)
                    : decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number)
                    : JsonValue.Create(text);
        }
    }

    private JsonArray YamlSequence(Parser parser, Dictionary<string, (JsonNode? Value, int Size)> anchors, int depth)
    {
        parser.MoveNext();
        var items = new JsonArray();
        while (parser.Current is not SequenceEnd)
        {
            items.Add(YamlValue(parser, anchors, depth + 1));
        }

        parser.MoveNext();
        return items;
    }

    private JsonObject YamlMapping(Parser parser, Dictionary<string, (JsonNode? Value, int Size)> anchors, int depth)
    {
        parser.MoveNext();
        var members = new JsonObject();
        List<JsonNode?>? merged = null;
        while (parser.Current is not MappingEnd)
        {
            var line = Line(parser);
            if (parser.Current is not Scalar key)
            {
                throw Fault(line, "a key must be plain text.");
            }

            var name = key.Value;
            parser.MoveNext();
            var value = YamlValue(parser, anchors, depth + 1);
            if (name == "<<" && key.Style == ScalarStyle.Plain)
            {
                (merged ??= []).Add(value);
            }
            else if (!members.TryAdd(name, value))
            {
                throw Fault(line, $"the key '{ImportText.Trim(name, 80)}' appears twice.");
            }
        }

        // Own members win over merged ones, earlier merged ones over later (yaml.org/type/merge.html).
        foreach (var source in (merged ?? []).SelectMany(value => value is JsonArray list ? [.. list] : new[] { value }).OfType<JsonObject>())
        {
            foreach (var (name, value) in source)
            {
                members.TryAdd(name, value?.DeepClone());
            }
        }

        parser.MoveNext();
        return members;
    }
}
