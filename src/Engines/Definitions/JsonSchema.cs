using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

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
public sealed class JsonSchema
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

    private sealed class Node
    {
        public bool? Constant { get; set; }

        public Node? Reference { get; set; }

        public List<string>? Types { get; set; }

        public List<JsonElement>? Enum { get; set; }

        public JsonElement? Const { get; set; }

        public Dictionary<string, Node>? Properties { get; set; }

        public Node? AdditionalProperties { get; set; }

        public Node? PropertyNames { get; set; }

        public List<string>? Required { get; set; }

        public Dictionary<string, List<string>>? DependentRequired { get; set; }

        public List<Node>? PrefixItems { get; set; }

        public Node? Items { get; set; }

        public bool UniqueItems { get; set; }

        public Dictionary<string, int>? Counts { get; set; }

        public Dictionary<string, JsonElement>? Bounds { get; set; }

        public Regex? Pattern { get; set; }

        public string? PatternText { get; set; }

        public string? Format { get; set; }

        public List<Node>? AllOf { get; set; }

        public List<Node>? AnyOf { get; set; }

        public List<Node>? OneOf { get; set; }

        public Node? Not { get; set; }

        public void Check(JsonElement value, string pointer, int depth, List<SchemaError> errors)
        {
            if (errors.Count >= MaxErrors)
            {
                return;
            }

            if (depth > MaxDepth)
            {
                errors.Add(new SchemaError(pointer, "$ref", $"is nested deeper than {MaxDepth} levels."));
                return;
            }

            if (Constant is { } constant)
            {
                if (!constant)
                {
                    errors.Add(new SchemaError(pointer, "false", "is not allowed."));
                }

                return;
            }

            Reference?.Check(value, pointer, depth + 1, errors);
            CheckAny(value, pointer, errors);
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    CheckObject(value, pointer, depth, errors);
                    break;
                case JsonValueKind.Array:
                    CheckArray(value, pointer, depth, errors);
                    break;
                case JsonValueKind.String:
                    CheckString(value.GetString()!, pointer, errors);
                    break;
                case JsonValueKind.Number:
                    CheckNumber(value, pointer, errors);
                    break;
                default:
                    break;
            }

            CheckCombinations(value, pointer, depth, errors);
        }

        private static bool Fits(Node node, JsonElement value, int depth)
        {
            var errors = new List<SchemaError>();
            node.Check(value, "", depth + 1, errors);
            return errors.Count == 0;
        }

        private static bool IsOfType(JsonElement value, string type) => type switch
        {
            "null" => value.ValueKind == JsonValueKind.Null,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "string" => value.ValueKind == JsonValueKind.String,
            "number" => value.ValueKind == JsonValueKind.Number,
            _ => value.ValueKind == JsonValueKind.Number && IsInteger(value),
        };

        private void CheckAny(JsonElement value, string pointer, List<SchemaError> errors)
        {
            if (Types is not null && !Types.Exists(type => IsOfType(value, type)))
            {
                errors.Add(new SchemaError(pointer, "type", $"must be {string.Join(" or ", Types)}."));
            }

            if (Enum is not null && !Enum.Exists(allowed => JsonElement.DeepEquals(allowed, value)))
            {
                errors.Add(new SchemaError(pointer, "enum", $"must be one of {string.Join(", ", Enum.Select(Show))}."));
            }

            if (Const is { } expected && !JsonElement.DeepEquals(expected, value))
            {
                errors.Add(new SchemaError(pointer, "const", $"must be {Show(expected)}."));
            }
        }

        private void CheckCount(string keyword, int count, bool atLeast, string unit, string pointer, List<SchemaError> errors)
        {
            if (Counts is not null && Counts.TryGetValue(keyword, out var limit) && (atLeast ? count < limit : count > limit))
            {
                errors.Add(new SchemaError(pointer, keyword, $"must have {(atLeast ? "at least" : "at most")} {limit} {unit}."));
            }
        }

        private void CheckObject(JsonElement value, string pointer, int depth, List<SchemaError> errors)
        {
            var count = 0;
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var property in value.EnumerateObject())
            {
                if (!seen.Add(property.Name))
                {
                    errors.Add(new SchemaError($"{pointer}/{Escape(property.Name)}", "properties", "appears twice."));
                    continue;
                }

                count++;
                var child = $"{pointer}/{Escape(property.Name)}";
                if (PropertyNames is not null && !FitsName(property.Name, depth))
                {
                    errors.Add(new SchemaError(child, "propertyNames", "is not an allowed name."));
                }

                if (Properties is not null && Properties.TryGetValue(property.Name, out var node))
                {
                    node.Check(property.Value, child, depth + 1, errors);
                }
                else if (AdditionalProperties is { Constant: false })
                {
                    var known = Properties is { Count: > 0 } ? $" Allowed: {string.Join(", ", Properties.Keys)}." : "";
                    errors.Add(new SchemaError(child, "additionalProperties", "is not a known field." + known));
                }
                else
                {
                    AdditionalProperties?.Check(property.Value, child, depth + 1, errors);
                }
            }

            foreach (var name in Required ?? [])
            {
                if (!seen.Contains(name))
                {
                    errors.Add(new SchemaError(pointer, "required", $"the field '{name}' is missing."));
                }
            }

            foreach (var (name, others) in DependentRequired ?? [])
            {
                foreach (var other in seen.Contains(name) ? others : [])
                {
                    if (!seen.Contains(other))
                    {
                        errors.Add(new SchemaError(pointer, "dependentRequired", $"the field '{other}' is missing, which '{name}' needs."));
                    }
                }
            }

            CheckCount("minProperties", count, true, "fields", pointer, errors);
            CheckCount("maxProperties", count, false, "fields", pointer, errors);
        }

        private bool FitsName(string name, int depth) =>
            Fits(PropertyNames!, JsonSerializer.SerializeToElement(name, Definitions.DefinitionJson.Default.String), depth);

        private void CheckArray(JsonElement value, string pointer, int depth, List<SchemaError> errors)
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                var node = PrefixItems is not null && index < PrefixItems.Count ? PrefixItems[index] : Items;
                node?.Check(item, $"{pointer}/{index}", depth + 1, errors);
                index++;
            }

            CheckCount("minItems", index, true, "items", pointer, errors);
            CheckCount("maxItems", index, false, "items", pointer, errors);
            if (UniqueItems && HasDuplicates(value))
            {
                errors.Add(new SchemaError(pointer, "uniqueItems", "must not hold the same item twice."));
            }
        }

        private static bool HasDuplicates(JsonElement array)
        {
            var items = array.EnumerateArray().ToList();
            for (var i = 0; i < items.Count; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    if (JsonElement.DeepEquals(items[i], items[j]))
                    {
                        return true;
                    }
                }
            }

            return false;
        }

        private void CheckString(string value, string pointer, List<SchemaError> errors)
        {
            if (Counts is not null)
            {
                var length = value.EnumerateRunes().Count();
                CheckCount("minLength", length, true, "characters", pointer, errors);
                CheckCount("maxLength", length, false, "characters", pointer, errors);
            }

            if (Pattern is not null && !Pattern.IsMatch(value))
            {
                errors.Add(new SchemaError(pointer, "pattern", $"must match {PatternText}."));
            }

            if (Format is not null && !SchemaFormats.Find(Format)!(value))
            {
                errors.Add(new SchemaError(pointer, "format", $"must be a valid {Format}."));
            }
        }

        private void CheckNumber(JsonElement value, string pointer, List<SchemaError> errors)
        {
            foreach (var (keyword, bound) in Bounds ?? [])
            {
                var (fits, words) = keyword switch
                {
                    "minimum" => (Compare(value, bound) >= 0, "at least"),
                    "maximum" => (Compare(value, bound) <= 0, "at most"),
                    "exclusiveMinimum" => (Compare(value, bound) > 0, "more than"),
                    "exclusiveMaximum" => (Compare(value, bound) < 0, "less than"),
                    _ => (IsMultiple(value, bound), "a multiple of"),
                };
                if (!fits)
                {
                    errors.Add(new SchemaError(pointer, keyword, $"must be {words} {bound.GetRawText()}."));
                }
            }
        }

        private static bool IsMultiple(JsonElement value, JsonElement of)
        {
            if (value.TryGetDecimal(out var a) && of.TryGetDecimal(out var b) && b != 0)
            {
                return a % b == 0;
            }

            var quotient = value.GetDouble() / of.GetDouble();
            return double.IsFinite(quotient) && Math.Floor(quotient).Equals(quotient);
        }

        private void CheckCombinations(JsonElement value, string pointer, int depth, List<SchemaError> errors)
        {
            foreach (var part in AllOf ?? [])
            {
                part.Check(value, pointer, depth + 1, errors);
            }

            if (AnyOf is not null && !AnyOf.Exists(part => Fits(part, value, depth)))
            {
                AddNearest(AnyOf, "anyOf", "fits none of the allowed forms.", value, pointer, depth, errors);
            }

            if (OneOf is not null)
            {
                var fitting = OneOf.Count(part => Fits(part, value, depth));
                if (fitting == 0)
                {
                    AddNearest(OneOf, "oneOf", "fits none of the allowed forms.", value, pointer, depth, errors);
                }
                else if (fitting > 1)
                {
                    errors.Add(new SchemaError(pointer, "oneOf", "fits more than one of the allowed forms."));
                }
            }

            if (Not is not null && Fits(Not, value, depth))
            {
                errors.Add(new SchemaError(pointer, "not", "is of a form that is not allowed."));
            }
        }

        // The form whose faults lie deepest is the one that was meant.
        private static void AddNearest(List<Node> forms, string keyword, string message, JsonElement value, string pointer, int depth, List<SchemaError> errors)
        {
            List<SchemaError>? nearest = null;
            foreach (var form in forms)
            {
                var own = new List<SchemaError>();
                form.Check(value, pointer, depth + 1, own);
                if (own.TrueForAll(error => error.Path.Length > pointer.Length) && (nearest is null || own.Count < nearest.Count))
                {
                    nearest = own;
                }
            }

            if (nearest is null)
            {
                errors.Add(new SchemaError(pointer, keyword, message));
            }
            else
            {
                errors.AddRange(nearest);
            }
        }
    }

    private sealed class Compiler(JsonElement root)
    {
        private readonly Dictionary<string, Node> _byPointer = new(StringComparer.Ordinal);
        private readonly List<(Node Node, string Target, string Pointer)> _references = [];
        private int _count;

        public Node Run()
        {
            var node = Compile(root, "", 0);
            foreach (var (from, target, pointer) in _references)
            {
                from.Reference = _byPointer.GetValueOrDefault(target) ?? throw new SchemaException(pointer, $"$ref: '#{target}' does not exist; allowed are '#' and '#/$defs/…'.");
            }

            return node;
        }

        private Node Compile(JsonElement schema, string pointer, int depth)
        {
            if (depth > 64 || ++_count > 10_000)
            {
                throw new SchemaException(pointer, "the schema is too large.");
            }

            var node = new Node();
            _byPointer[pointer] = node;
            if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
            {
                node.Constant = schema.ValueKind == JsonValueKind.True;
                return node;
            }

            if (schema.ValueKind != JsonValueKind.Object)
            {
                throw new SchemaException(pointer, "a schema must be an object or a boolean.");
            }

            foreach (var keyword in schema.EnumerateObject())
            {
                if (!Annotations.Contains(keyword.Name))
                {
                    Apply(node, keyword.Name, keyword.Value, $"{pointer}/{Escape(keyword.Name)}", depth + 1);
                }
            }

            return node;
        }

        private void Apply(Node node, string keyword, JsonElement value, string pointer, int depth)
        {
            switch (keyword)
            {
                case "$defs":
                    Map(value, pointer, depth);
                    break;
                case "$ref":
                    var target = Text(value, pointer);
                    if (target != "#" && !target.StartsWith("#/$defs/", StringComparison.Ordinal))
                    {
                        throw new SchemaException(pointer, "$ref: allowed are '#' and '#/$defs/…'.");
                    }

                    _references.Add((node, Uri.UnescapeDataString(target[1..]), pointer));
                    break;
                case "type":
                    node.Types = value.ValueKind == JsonValueKind.String ? [value.GetString()!] : Names(value, pointer);
                    if (node.Types.Find(type => !TypeNames.Contains(type)) is { } wrong)
                    {
                        throw new SchemaException(pointer, $"'{wrong}' is not a type.");
                    }

                    break;
                case "enum":
                    node.Enum = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw new SchemaException(pointer, "must be an array.");
                    break;
                case "const":
                    node.Const = value;
                    break;
                case "properties":
                    node.Properties = Map(value, pointer, depth);
                    break;
                case "required":
                    node.Required = Names(value, pointer);
                    break;
                case "additionalProperties":
                    node.AdditionalProperties = Compile(value, pointer, depth);
                    break;
                case "propertyNames":
                    node.PropertyNames = Compile(value, pointer, depth);
                    break;
                case "dependentRequired":
                    node.DependentRequired = Object(value, pointer).ToDictionary(entry => entry.Name, entry => Names(entry.Value, pointer), StringComparer.Ordinal);
                    break;
                case "items":
                    node.Items = Compile(value, pointer, depth);
                    break;
                case "prefixItems":
                    node.PrefixItems = List(value, pointer, depth);
                    break;
                case "uniqueItems":
                    node.UniqueItems = value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw new SchemaException(pointer, "must be a boolean.");
                    break;
                case "minLength" or "maxLength" or "minItems" or "maxItems" or "minProperties" or "maxProperties":
                    if (value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out var count) || count < 0 || decimal.Truncate(count) != count || count > int.MaxValue)
                    {
                        throw new SchemaException(pointer, "must be a whole number from 0.");
                    }

                    (node.Counts ??= new(StringComparer.Ordinal))[keyword] = (int)count;
                    break;
                case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" or "multipleOf":
                    if (value.ValueKind != JsonValueKind.Number || (keyword == "multipleOf" && value.GetDouble() <= 0))
                    {
                        throw new SchemaException(pointer, "must be a number" + (keyword == "multipleOf" ? " greater than 0." : "."));
                    }

                    (node.Bounds ??= new(StringComparer.Ordinal))[keyword] = value;
                    break;
                case "pattern":
                    node.PatternText = Text(value, pointer);
                    try
                    {
                        node.Pattern = SchemaPattern.Compile(node.PatternText);
                    }
                    catch (Exception e) when (e is ArgumentException or NotSupportedException)
                    {
                        throw new SchemaException(pointer, "the pattern is not supported: " + e.Message);
                    }

                    break;
                case "format":
                    node.Format = Text(value, pointer);
                    if (SchemaFormats.Find(node.Format) is null)
                    {
                        throw new SchemaException(pointer, $"'{node.Format}' is not supported; allowed are {string.Join(", ", SchemaFormats.Names)}.");
                    }

                    break;
                case "allOf":
                    node.AllOf = List(value, pointer, depth);
                    break;
                case "anyOf":
                    node.AnyOf = List(value, pointer, depth);
                    break;
                case "oneOf":
                    node.OneOf = List(value, pointer, depth);
                    break;
                case "not":
                    node.Not = Compile(value, pointer, depth);
                    break;
                default:
                    throw new SchemaException(pointer, $"the keyword '{keyword}' is not supported.");
            }
        }

        private static JsonElement.ObjectEnumerator Object(JsonElement value, string pointer) =>
            value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw new SchemaException(pointer, "must be an object.");

        private static string Text(JsonElement value, string pointer) =>
            value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new SchemaException(pointer, "must be a string.");

        private static List<string> Names(JsonElement value, string pointer) =>
            value.ValueKind == JsonValueKind.Array
                ? [.. value.EnumerateArray().Select(item => Text(item, pointer))]
                : throw new SchemaException(pointer, "must be an array of strings.");

        private Dictionary<string, Node> Map(JsonElement value, string pointer, int depth)
        {
            var nodes = new Dictionary<string, Node>(StringComparer.Ordinal);
            foreach (var entry in Object(value, pointer))
            {
                nodes[entry.Name] = Compile(entry.Value, $"{pointer}/{Escape(entry.Name)}", depth + 1);
            }

            return nodes;
        }

        private List<Node> List(JsonElement value, string pointer, int depth)
        {
            if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
            {
                throw new SchemaException(pointer, "must be a non-empty array of schemas.");
            }

            return [.. value.EnumerateArray().Select((item, index) => Compile(item, $"{pointer}/{index}", depth + 1))];
        }
    }
}
