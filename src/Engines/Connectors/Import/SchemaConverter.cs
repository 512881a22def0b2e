using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Steward.Engines.Connectors.Import;

/// <summary>
/// Writes schemas of OpenAPI in the subset that <see cref="JsonSchema"/> checks, with references put in place. What repeats itself is cut where it comes again, and
/// everything at a depth and a number of values, since a schema of ten lines can stand for millions.
/// </summary>
internal sealed class SchemaConverter(ImportLimits limits, ImportWarnings warnings)
{
    private const int MaxForms = 12;
    private const int MaxDescription = 200;

    private static readonly string[] Formats = ["date", "date-time", "email", "uri", "uuid"];

    private readonly Dictionary<string, bool> _patterns = new(StringComparer.Ordinal);

    /// <summary>All values of all schemas that were written.</summary>
    public int Total { get; private set; }

    /// <summary>Writes one schema.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="where">How warnings name it.</param>
    /// <param name="forInput">Whether it is of arguments, so that what is read-only is left out; else what is write-only is.</param>
    /// <param name="budget">The values that may be written; what is used is taken away.</param>
    public JsonObject Convert(IOpenApiSchema? schema, string where, bool forInput, ref int budget)
    {
        var conversion = new Conversion(this, where, forInput) { Budget = budget };
        var result = conversion.Write(schema, 0) ?? [];
        Total += budget - Math.Max(0, conversion.Budget);
        budget = Math.Max(0, conversion.Budget);
        return result;
    }

    /// <summary>The schema with references followed; null when there is none.</summary>
    public static IOpenApiSchema? Resolve(IOpenApiSchema? schema) =>
        schema is OpenApiSchemaReference reference ? reference.RecursiveTarget : schema;

    private bool IsSupportedPattern(string pattern)
    {
        if (_patterns.TryGetValue(pattern, out var known))
        {
            return known;
        }

        bool supported;
        try
        {
            JsonSchema.Parse(System.Text.Json.JsonSerializer.SerializeToElement(new JsonObject { ["pattern"] = pattern }));
            supported = true;
        }
        catch (SchemaException)
        {
            supported = false;
        }

        if (_patterns.Count < 2_000)
        {
            _patterns[pattern] = supported;
        }

        return supported;
    }

    private sealed class Conversion(SchemaConverter owner, string where, bool forInput)
    {
        private readonly HashSet<string> _open = new(StringComparer.Ordinal);

        public int Budget { get; set; }

        public JsonObject? Write(IOpenApiSchema? schema, int depth)
        {
            if (schema is not OpenApiSchemaReference reference)
            {
                return schema is null ? null : Body(schema, depth);
            }

            var id = reference.Reference.Id ?? "";
            if (reference.RecursiveTarget is not { } target)
            {
                owner.Warn(where, $"the schema {ImportText.Trim(id, 80)} is not there; anything is allowed in its place.");
                return [];
            }

            if (!_open.Add(id))
            {
                owner.Warn(where, "a schema holds itself; it is cut where it comes again.");
                Budget--;
                return new JsonObject { ["description"] = $"{ImportText.Trim(id, 80)} again, not repeated here." };
            }

            var result = Body(target, depth);
            _open.Remove(id);
            return result;
        }

        private JsonObject Body(IOpenApiSchema schema, int depth)
        {
            var result = new JsonObject();
            if (--Budget < 0)
            {
                owner.Warn(where, "a schema is too large; parts of it are left out.");
                return result;
            }

            Scalars(schema, result);
            if (depth >= owner.Limits.MaxSchemaDepth)
            {
                if (schema.Properties is { Count: > 0 } || schema.Items is not null)
                {
                    owner.Warn(where, $"a schema is nested deeper than {owner.Limits.MaxSchemaDepth} levels; it is cut there.");
                }

                return result;
            }

            Members(schema, result, depth);
            if (schema.Items is not null)
            {
                var items = Write(schema.Items, depth + 1);
                if (items is { Count: > 0 })
                {
                    result["items"] = items;
                }
            }

            foreach (var part in schema.AllOf ?? [])
            {
                Merge(result, Write(part, depth));
            }

            Forms(schema, result, depth);
            return result;
        }

        private void Scalars(IOpenApiSchema schema, JsonObject result)
        {
            if (TypeOf(schema) is { } type)
            {
                result["type"] = type;
            }

            if (ImportText.Line(schema.Title, 80) is { } title)
            {
                result["title"] = title;
            }

            var description = ImportText.Line(schema.Description, MaxDescription);
            if (forInput && schema.Default is JsonValue usual && usual.ToJsonString() is { Length: <= 80 } text)
            {
                // Not as a default: one would be sent where nobody gave a value, and an update would then reset what nobody named.
                description = $"{description ?? ""} By default {ImportText.Line(text, 80)}.".TrimStart();
            }

            if (description is not null)
            {
                result["description"] = description;
            }

            Enumeration(schema, result);
            if (schema.Format is { } format && Array.IndexOf(Formats, format) >= 0)
            {
                result["format"] = format;
            }

            if (schema.Pattern is { } pattern)
            {
                if (owner.IsSupportedPattern(pattern))
                {
                    result["pattern"] = pattern;
                }
                else
                {
                    owner.Warn(where, "a pattern is not supported; it is left out.");
                }
            }

            Count("minLength", schema.MinLength);
            Count("maxLength", schema.MaxLength);
            Count("minItems", schema.MinItems);
            Count("maxItems", schema.MaxItems);
            Bound("minimum", schema.Minimum);
            Bound("maximum", schema.Maximum);
            Bound("exclusiveMinimum", schema.ExclusiveMinimum);
            Bound("exclusiveMaximum", schema.ExclusiveMaximum);
            if (schema.UniqueItems == true)
            {
                result["uniqueItems"] = true;
            }

            void Count(string keyword, int? value)
            {
                if (value >= 0)
                {
                    result[keyword] = value;
                }
            }

            void Bound(string keyword, string? value)
            {
                if (decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                {
                    result[keyword] = number;
                }
            }
        }

        private static JsonNode? TypeOf(IOpenApiSchema schema)
        {
            if (schema.Type is not { } flags || flags == 0)
            {
                return schema.Properties is { Count: > 0 } ? "object" : null;
            }

            List<string> names = [];
            foreach (var (flag, name) in new[]
            {
                (JsonSchemaType.String, "string"), (JsonSchemaType.Integer, "integer"), (JsonSchemaType.Number, "number"), (JsonSchemaType.Boolean, "boolean"),
                (JsonSchemaType.Object, "object"), (JsonSchemaType.Array, "array"), (JsonSchemaType.Null, "null"),
            })
            {
                if (flags.HasFlag(flag))
                {
                    names.Add(name);
                }
            }

            return names switch
            {
                [] => null,
                [var one] => one,
                _ => new JsonArray([.. names.Select(name => (JsonNode)name)]),
            };
        }

        private void Enumeration(IOpenApiSchema schema, JsonObject result)
        {
            if (schema.Const is { } constant)
            {
                result["enum"] = new JsonArray(constant);
                return;
            }

            if (schema.Enum is not { Count: > 0 } values)
            {
                return;
            }

            if (values.Count > owner.Limits.MaxEnum)
            {
                owner.Warn(where, $"an enumeration has more than {owner.Limits.MaxEnum} values; they are left out.");
                return;
            }

            var kept = new JsonArray();
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var value in values)
            {
                if (value is null or JsonValue && seen.Add(value?.ToJsonString() ?? "null") && (value?.ToJsonString().Length ?? 0) <= 200)
                {
                    kept.Add(value?.DeepClone());
                }
            }

            // Documents that allow null by type often forget it among the values.
            if (schema.Type is { } type && type.HasFlag(JsonSchemaType.Null) && seen.Add("null"))
            {
                kept.Add((JsonNode?)null);
            }

            Budget -= kept.Count / 4;
            if (kept.Count > 0)
            {
                result["enum"] = kept;
            }
        }

        private void Members(IOpenApiSchema schema, JsonObject result, int depth)
        {
            if (schema.Properties is { Count: > 0 } properties)
            {
                var members = new JsonObject();
                var required = schema.Required ?? new HashSet<string>();
                // Required ones first: if the budget ends, optional ones are left out.
                foreach (var (name, property) in properties.OrderByDescending(property => required.Contains(property.Key)))
                {
                    if (Budget <= 0)
                    {
                        owner.Warn(where, "a schema is too large; parts of it are left out.");
                        break;
                    }

                    var resolved = Resolve(property);
                    if (name.Length is > 0 and <= 100 && (forInput ? resolved?.ReadOnly : resolved?.WriteOnly) != true && Write(property, depth + 1) is { } member)
                    {
                        members[name] = member;
                    }
                }

                result["properties"] = members;
            }

            if (schema.Required is { Count: > 0 } names && result["properties"] is JsonObject known)
            {
                var required = names.Where(known.ContainsKey).Order(StringComparer.Ordinal).Select(name => (JsonNode)name).ToArray();
                if (required.Length > 0)
                {
                    result["required"] = new JsonArray(required);
                }
            }

            if (!schema.AdditionalPropertiesAllowed && schema.AllOf is not { Count: > 0 })
            {
                if (forInput)
                {
                    result["additionalProperties"] = false;
                }
            }
            else if (schema.AdditionalProperties is not null && Write(schema.AdditionalProperties, depth + 1) is { Count: > 0 } others)
            {
                result["additionalProperties"] = others;
            }
        }

        private void Forms(IOpenApiSchema schema, JsonObject result, int depth)
        {
            List<IOpenApiSchema> forms = [.. schema.OneOf ?? [], .. schema.AnyOf ?? []];
            if (forms.Count is 0 or > MaxForms)
            {
                if (forms.Count > 0)
                {
                    owner.Warn(where, $"a value has more than {MaxForms} forms; they are left out.");
                }

                return;
            }

            var written = forms.Select(form => Write(form, depth + 1) ?? []).ToList();
            if (written.Count == 1)
            {
                Merge(result, written[0]);
            }
            else if (written.TrueForAll(form => form.Count > 0))
            {
                // Any of them: forms that were cut are alike, and more than one would fit.
                result["anyOf"] = new JsonArray([.. written]);
            }
        }

        private static void Merge(JsonObject into, JsonObject? part)
        {
            foreach (var (name, value) in part?.ToList() ?? [])
            {
                part!.Remove(name);
                switch (into[name])
                {
                    case JsonObject mine when value is JsonObject others && name == "properties":
                        foreach (var (member, schema) in others.ToList())
                        {
                            others.Remove(member);
                            mine.TryAdd(member, schema);
                        }

                        break;
                    case JsonArray mine when value is JsonArray others && name == "required":
                        foreach (var item in others.Select(item => item!.GetValue<string>()).Except(mine.Select(item => item!.GetValue<string>())).ToList())
                        {
                            mine.Add(item);
                        }

                        break;
                    case null when !into.ContainsKey(name):
                        into[name] = value;
                        break;
                    default:
                        break;
                }
            }
        }
    }

    private ImportLimits Limits => limits;

    private void Warn(string where, string message) => warnings.Add(where, message);
}
