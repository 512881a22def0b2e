using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Steward.Engines.Definitions;

/// <summary>
/// Reads the part of YAML 1.2 that is JSON in another dress: mappings with text keys, sequences and the scalars of the core schema.
/// Anchors, aliases, tags, merge keys, duplicate keys and several documents are refused, as is anything over the limits.
/// </summary>
public static partial class YamlLoader
{
    /// <summary>The largest file, in characters.</summary>
    public const int MaxLength = 256 * 1024;

    /// <summary>The deepest nesting.</summary>
    public const int MaxDepth = 32;

    /// <summary>The most values in one file.</summary>
    public const int MaxNodes = 20_000;

    /// <summary>Reads a file's text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">How errors name it.</param>
    /// <param name="limits">What it may have at most; <see cref="YamlLimits.Default"/> when null.</param>
    /// <exception cref="DefinitionException">It is not such YAML.</exception>
    public static LocatedDocument Load(string text, string file, YamlLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        limits ??= YamlLimits.Default;
        if (text.Length > limits.Length)
        {
            throw new DefinitionException(file, 1, $"the file has more than {limits.Length} characters.");
        }

        var reader = new Reader(text, file, limits);
        try
        {
            return reader.Read();
        }
        catch (YamlException e)
        {
            throw new DefinitionException(file, Line(e.Start), "not valid YAML: " + e.Message);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or IndexOutOfRangeException)
        {
            // The parser's own slips on hostile input must not look like a defect of ours.
            throw new DefinitionException(file, reader.CurrentLine, "not valid YAML.");
        }
    }

    private static int Line(Mark mark) => (int)Math.Max(1, mark.Line);

    [GeneratedRegex(@"^[-+]?[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex IntegerPattern();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex NumberPattern();

    private sealed class Reader(string text, string file, YamlLimits limits)
    {
        private readonly Parser _parser = new(new StringReader(text));
        private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
        private int _nodes;

        public int CurrentLine => _parser.Current is { } current ? Line(current.Start) : 1;

        public LocatedDocument Read()
        {
            Expect<StreamStart>();
            if (_parser.Current is StreamEnd)
            {
                throw Fault(1, "the file is empty.");
            }

            Expect<DocumentStart>();
            var root = Value("", 0);
            Expect<DocumentEnd>();
            return _parser.Current is StreamEnd
                ? new LocatedDocument(file, root, _lines)
                : throw Fault(CurrentLine, "only one document is allowed.");
        }

        private void Expect<T>()
            where T : ParsingEvent
        {
            if (_parser.Current is null)
            {
                Move();
            }

            if (_parser.Current is not T)
            {
                throw Fault(CurrentLine, "not valid YAML.");
            }

            Move();
        }

        private void Move()
        {
            // Comments are not events unless asked for.
            _parser.MoveNext();
        }

        private JsonNode? Value(string pointer, int depth)
        {
            if (depth > limits.Depth)
            {
                throw Fault(CurrentLine, $"nested deeper than {limits.Depth} levels.");
            }

            if (++_nodes > limits.Nodes)
            {
                throw Fault(CurrentLine, $"more than {limits.Nodes} values.");
            }

            var current = _parser.Current;
            if (current is AnchorAlias)
            {
                throw Fault(CurrentLine, "aliases (*name) are not allowed.");
            }

            if (current is not NodeEvent node)
            {
                throw Fault(CurrentLine, "a value is missing.");
            }

            if (!node.Anchor.IsEmpty)
            {
                throw Fault(CurrentLine, "anchors (&name) are not allowed.");
            }

            if (!node.Tag.IsEmpty)
            {
                throw Fault(CurrentLine, "tags (!name) are not allowed.");
            }

            _lines[pointer] = CurrentLine;
            switch (node)
            {
                case Scalar scalar:
                    var value = Plain(scalar);
                    Move();
                    return value;
                case SequenceStart:
                    Move();
                    var array = new JsonArray();
                    while (_parser.Current is not SequenceEnd)
                    {
                        array.Add(Value($"{pointer}/{array.Count}", depth + 1));
                    }

                    Move();
                    return array;
                case MappingStart:
                    return Mapping(pointer, depth);
                default:
                    throw Fault(CurrentLine, "not valid YAML.");
            }
        }

        private JsonObject Mapping(string pointer, int depth)
        {
            Move();
            var mapping = new JsonObject();
            while (_parser.Current is not MappingEnd)
            {
                if (_parser.Current is not Scalar key || !key.Anchor.IsEmpty || !key.Tag.IsEmpty)
                {
                    throw Fault(CurrentLine, "a key must be plain text.");
                }

                var line = CurrentLine;
                if (key is { Value: "<<", Style: ScalarStyle.Plain })
                {
                    throw Fault(line, "merge keys (<<) are not allowed.");
                }

                Move();
                var child = $"{pointer}/{LocatedDocument.Escape(key.Value)}";
                var value = Value(child, depth + 1);
                if (!mapping.TryAdd(key.Value, value))
                {
                    throw Fault(line, $"the key '{key.Value}' appears twice.");
                }

                // Faults in a value are reported where its key stands.
                _lines[child] = line;
            }

            Move();
            return mapping;
        }

        private static JsonValue? Plain(Scalar scalar)
        {
            var text = scalar.Value;
            if (scalar.Style != ScalarStyle.Plain)
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
                    break;
            }

            if (IntegerPattern().IsMatch(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            {
                return JsonValue.Create(integer);
            }

            return NumberPattern().IsMatch(text) && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? JsonValue.Create(number)
                : JsonValue.Create(text);
        }

        private DefinitionException Fault(int line, string message) => new(file, line, message);
    }
}
