using System.Text.Json;
using System.Text.RegularExpressions;

namespace Steward.Engines.Definitions;

public sealed partial class JsonSchema
{
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
}
