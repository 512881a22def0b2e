using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Connectors.Execution;

internal enum ArgumentKind
{
    Text,
    Email,
    Number,
    Flag,
    Texts,
}

/// <summary>One argument of an operation.</summary>
internal sealed record ArgumentField(string Name, ArgumentKind Kind, string Description)
{
    public bool IsRequired { get; init; }

    public bool IsMultiline { get; init; }

    /// <summary>The longest text in characters, or the most items of a list.</summary>
    public int MaxLength { get; init; } = 200;

    public int Min { get; init; }

    public int Max { get; init; }

    public JsonNode? Default { get; init; }

    public IReadOnlyList<string>? Values { get; init; }

    public static ArgumentField Text(string name, string description, int maxLength = 200) => new(name, ArgumentKind.Text, description) { MaxLength = maxLength };

    public static ArgumentField Multiline(string name, string description, int maxLength = 32_000) =>
        new(name, ArgumentKind.Text, description) { MaxLength = maxLength, IsMultiline = true };

    public static ArgumentField Choice(string name, string description, params string[] values) => new(name, ArgumentKind.Text, description) { Values = values };

    public static ArgumentField Email(string name, string description) => new(name, ArgumentKind.Email, description) { MaxLength = 254 };

    public static ArgumentField Number(string name, string description, int min, int max, int? fallback = null) =>
        new(name, ArgumentKind.Number, description) { Min = min, Max = max, Default = fallback };

    public static ArgumentField Flag(string name, string description, bool? fallback = null) => new(name, ArgumentKind.Flag, description) { Default = fallback };

    public static ArgumentField Texts(string name, string description, int maxItems = 20) => new(name, ArgumentKind.Texts, description) { MaxLength = maxItems };

    public ArgumentField Required() => this with { IsRequired = true };
}

/// <summary>The arguments of an operation: their JSON Schema, and the check that nothing else is sent.</summary>
internal sealed class ArgumentSchema
{
    private const int MaxItemLength = 200;

    private static readonly SearchValues<char> NotInAddresses = SearchValues.Create(" \"\\^<>,;()");

    private readonly ArgumentField[] _fields;

    public ArgumentSchema(params ArgumentField[] fields)
    {
        _fields = fields;
        var properties = new JsonObject();
        foreach (var field in fields)
        {
            properties[field.Name] = SchemaOf(field);
        }

        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray([.. fields.Where(field => field.IsRequired).Select(field => JsonValue.Create(field.Name))]),
            ["additionalProperties"] = false,
        };
        Json = JsonSerializer.SerializeToElement(schema);
    }

    public JsonElement Json { get; }

    /// <summary>Checks the arguments.</summary>
    /// <exception cref="OutcomeException">One of them is missing, of the wrong type, out of its bounds, or not known.</exception>
    public Arguments Read(JsonElement arguments)
    {
        if (arguments.ValueKind != JsonValueKind.Object)
        {
            throw OutcomeException.Invalid("arguments", "must be a JSON object.");
        }

        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in arguments.EnumerateObject())
        {
            var name = NameOf(property);
            var field = Array.Find(_fields, candidate => candidate.Name == name)
                ?? throw OutcomeException.Invalid(name, $"is not an argument of this operation; allowed are {string.Join(", ", _fields.Select(allowed => allowed.Name))}.");
            if (!seen.Add(field.Name))
            {
                throw OutcomeException.Invalid(field.Name, "is given twice.");
            }

            if (property.Value.ValueKind != JsonValueKind.Null)
            {
                values[field.Name] = ReadValue(field, property.Value);
            }
        }

        foreach (var field in _fields)
        {
            if (!values.ContainsKey(field.Name))
            {
                if (field.IsRequired)
                {
                    throw OutcomeException.Invalid(field.Name, $"is required. {field.Description}");
                }

                if (field.Default is not null)
                {
                    values[field.Name] = field.Kind == ArgumentKind.Flag ? field.Default.GetValue<bool>() : field.Default.GetValue<int>();
                }
            }
        }

        return new Arguments(values);
    }

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name.Length <= 64 && !property.Name.Any(char.IsControl) ? property.Name : "arguments";
        }
        catch (InvalidOperationException)
        {
            // A name with half of a surrogate pair.
            return "arguments";
        }
    }

    private static JsonObject SchemaOf(ArgumentField field)
    {
        var schema = field.Kind switch
        {
            ArgumentKind.Number => new JsonObject { ["type"] = "integer", ["minimum"] = field.Min, ["maximum"] = field.Max },
            ArgumentKind.Flag => new JsonObject { ["type"] = "boolean" },
            ArgumentKind.Texts => new JsonObject
            {
                ["type"] = "array",
                ["items"] = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = MaxItemLength },
                ["maxItems"] = field.MaxLength,
            },
            _ => new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = field.MaxLength },
        };
        schema["description"] = field.Description;
        if (field.Values is not null)
        {
            schema["enum"] = new JsonArray([.. field.Values.Select(value => JsonValue.Create(value))]);
        }

        if (field.Default is not null)
        {
            schema["default"] = field.Default.DeepClone();
        }

        return schema;
    }

    private static object ReadValue(ArgumentField field, JsonElement value)
    {
        switch (field.Kind)
        {
            case ArgumentKind.Number:
                return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= field.Min && number <= field.Max
                    ? number
                    : throw OutcomeException.Invalid(field.Name, $"must be a whole number from {field.Min} to {field.Max}.");

            case ArgumentKind.Flag:
                return value.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? value.GetBoolean()
                    : throw OutcomeException.Invalid(field.Name, "must be true or false.");

            case ArgumentKind.Texts:
                if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > field.MaxLength)
                {
                    throw OutcomeException.Invalid(field.Name, $"must be a list of at most {field.MaxLength} texts.");
                }

                return value.EnumerateArray().Select(item => ReadText(field with { MaxLength = MaxItemLength }, item)).ToList();

            default:
                var text = ReadText(field, value);
                if (field.Values is { } allowed && !allowed.Contains(text, StringComparer.Ordinal))
                {
                    throw OutcomeException.Invalid(field.Name, $"must be one of {string.Join(", ", allowed)}.");
                }

                if (field.Kind == ArgumentKind.Email && !IsEmail(text))
                {
                    throw OutcomeException.Invalid(field.Name, "must be a mail address.");
                }

                return text;
        }
    }

    private static string ReadText(ArgumentField field, JsonElement value)
    {
        var text = TextOf(value);
        if (string.IsNullOrWhiteSpace(text) || text.Length > field.MaxLength)
        {
            throw OutcomeException.Invalid(field.Name, $"must be a text of 1 to {field.MaxLength} characters.");
        }

        return text.Any(character => char.IsControl(character) && !(field.IsMultiline && character is '\n' or '\r' or '\t'))
            ? throw OutcomeException.Invalid(field.Name, "must not contain control characters.")
            : text;
    }

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: it has no UTF-8 form that could be sent.
            return null;
        }
    }

    private static bool IsEmail(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at == text.LastIndexOf('@') && at < text.Length - 1 &&
               !text.AsSpan().ContainsAny(NotInAddresses) &&
               text[(at + 1)..].All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-');
    }
}

/// <summary>Checked arguments.</summary>
internal sealed class Arguments(IReadOnlyDictionary<string, object> values)
{
    public string Text(string name) => (string)values[name];

    public string? OptionalText(string name) => values.TryGetValue(name, out var value) ? (string)value : null;

    public int Number(string name) => (int)values[name];

    public bool Flag(string name) => (bool)values[name];

    public bool? OptionalFlag(string name) => values.TryGetValue(name, out var value) ? (bool)value : null;

    public IReadOnlyList<string> Texts(string name) => values.TryGetValue(name, out var value) ? (List<string>)value : [];
}
