using System.Text.Json;

namespace Steward.Engines.Definitions;

/// <summary>
/// A JSON Schema, compiled once. A stated subset of draft 2020-12; a schema with any other keyword is refused instead of half checked.
/// </summary>
/// <remarks>
/// Checked: <c>type enum const, properties required additionalProperties propertyNames minProperties maxProperties dependentRequired,
/// items prefixItems minItems maxItems uniqueItems, minLength maxLength pattern format, minimum maximum exclusiveMinimum
/// exclusiveMaximum multipleOf, anyOf oneOf allOf not, $ref to <c>#</c> and <c>#/$defs/…</c></c>. <c>format</c> asserts and knows date, date-time, email, uri and uuid.
/// Without effect: <c>$schema $id $comment $defs title description default examples deprecated readOnly writeOnly</c>. Source: JSON Schema Core and Validation, 2020-12.
/// </remarks>
public sealed partial class JsonSchema
{
    private const int MaxDepth = 128;
    private const int MaxErrors = 20;

    private static readonly HashSet<string> Annotations = new(StringComparer.Ordinal)
    {
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
    };

    private static readonly string[] TypeNames = ["null", "boolean", "object", "array", "number", "string", "integer"];

    private readonly Node _root;

    private JsonSchema(Node root) => _root = root;

    /// <summary>Compiles a schema.</summary>
    /// <exception cref="SchemaException">It is malformed or uses something that is not supported.</exception>
    public static JsonSchema Parse(JsonElement schema)
    {
        var compiler = new Compiler(schema);
        return new JsonSchema(compiler.Run());
    }

    /// <summary>Compiles a schema from its text.</summary>
    /// <exception cref="SchemaException">It is not JSON, malformed, or uses something that is not supported.</exception>
    public static JsonSchema Parse(string schema)
    {
        try
        {
            using var document = JsonDocument.Parse(schema);
            return Parse(document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw new SchemaException("", "not JSON: " + e.Message);
        }
    }

    /// <summary>All ways in which the instance does not fit, at most 20; none when it fits.</summary>
    public IReadOnlyList<SchemaError> Validate(JsonElement instance)
    {
        var errors = new List<SchemaError>();
        _root.Check(instance, "", 0, errors);
        return errors;
    }

    private static bool IsInteger(JsonElement number) =>
        number.TryGetDecimal(out var value) ? decimal.Truncate(value) == value : number.TryGetDouble(out var real) && Math.Floor(real).Equals(real);

    private static int Compare(JsonElement left, JsonElement right) =>
        left.TryGetDecimal(out var a) && right.TryGetDecimal(out var b) ? a.CompareTo(b) : left.GetDouble().CompareTo(right.GetDouble());

    private static string Escape(string key) => Definitions.LocatedDocument.Escape(key);

    private static string Show(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 80 ? text : text[..77] + "...";
    }
}
