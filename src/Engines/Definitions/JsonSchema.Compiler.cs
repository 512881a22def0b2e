using System.Text.Json;

namespace Steward.Engines.Definitions;

public sealed partial class JsonSchema
{
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
