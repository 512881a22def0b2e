using System.Text.Json;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>
/// What schemas of two versions of a document refer to. Follows only what leads to a change, nothing into itself, and takes a bounded number of steps in all: a few schemas that hold each other can stand for millions.
/// Not safe for several threads.
/// </summary>
/// <param name="before">The earlier document.</param>
/// <param name="after">The later document.</param>
/// <param name="changed">The named schemas that changed, or refer to one that did.</param>
internal sealed class SchemaReferences(JsonElement before, JsonElement after, IReadOnlySet<string> changed)
{
    private const int MaxSteps = 4_000_000;
    private const int MaxStepsOfOne = 40_000;
    private const int MaxPointerParts = 40;
    private const int MaxMergeDepth = 8;

    private static readonly JsonElement Anything = JsonDocument.Parse("{}").RootElement;

    private readonly Stack<(string?, string?)> _open = new();
    private readonly HashSet<(string?, string?)> _isOpen = [];
    private int _steps;
    private int _stepsOfOne;

    /// <summary>Whether something was left out since the last <see cref="Begin"/>.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Begins with another operation.</summary>
    public void Begin() => (_stepsOfOne, IsCut) = (0, false);

    /// <summary>Whether one more schema may be looked at.</summary>
    /// <param name="within">Whether the depth allows it.</param>
    public bool Step(bool within)
    {
        if (within && _steps < MaxSteps && _stepsOfOne < MaxStepsOfOne)
        {
            _steps++;
            _stepsOfOne++;
            return true;
        }

        IsCut = true;
        return false;
    }

    /// <summary>What both sides stand for; null when there is nothing to compare, because it is the same or being compared already. Ends with <see cref="Leave"/>.</summary>
    public (JsonElement Before, JsonElement After)? Enter(string? oldReference, string? newReference, JsonElement oldSchema, JsonElement newSchema)
    {
        if ((oldReference == newReference && Name(oldReference) is { } name && !changed.Contains(name)) || !_isOpen.Add((oldReference, newReference)))
        {
            return null;
        }

        _open.Push((oldReference, newReference));
        return (oldReference is null ? oldSchema : Resolve(before, oldReference), newReference is null ? newSchema : Resolve(after, newReference));
    }

    /// <summary>The schema with the parts of its <c>allOf</c> in it, those that are referred to included: how a schema is put together is no matter of those who use it. Where parts say different things of a member, the first one counts.</summary>
    public JsonElement Merge(JsonElement schema, bool isBefore)
    {
        if (!schema.TryGetProperty("allOf", out var parts) || parts.ValueKind != JsonValueKind.Array)
        {
            return schema;
        }

        var merged = new Merged();
        Collect(schema, isBefore ? before : after, merged, 0);
        return JsonSerializer.SerializeToElement(merged.ToMembers());
    }

    /// <summary>Ends what <see cref="Enter"/> began.</summary>
    public void Leave() => _isOpen.Remove(_open.Pop());

    /// <summary>The value that a reference inside a document names; an object without members when there is none. Other documents are never looked at.</summary>
    public static JsonElement Resolve(JsonElement document, string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            return Anything;
        }

        var parts = reference[2..].Split('/', MaxPointerParts + 1);
        var at = document;
        foreach (var part in parts)
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(Unescape(part), out at))
            {
                return Anything;
            }
        }

        return at;
    }

    private void Collect(JsonElement schema, JsonElement document, Merged merged, int depth)
    {
        for (var hops = 0; hops < MaxMergeDepth && schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String; hops++)
        {
            schema = Resolve(document, reference.GetString()!);
        }

        if (schema.ValueKind != JsonValueKind.Object || !Step(depth <= MaxMergeDepth))
        {
            return;
        }

        foreach (var member in schema.EnumerateObject())
        {
            switch (member.Name)
            {
                case "allOf" when member.Value.ValueKind == JsonValueKind.Array:
                    break;
                case "properties" when member.Value.ValueKind == JsonValueKind.Object:
                    foreach (var property in member.Value.EnumerateObject().TakeWhile(_ => Step(true)))
                    {
                        merged.Properties.TryAdd(property.Name, property.Value);
                    }

                    break;
                case "required" when member.Value.ValueKind == JsonValueKind.Array:
                    merged.Required.UnionWith(member.Value.EnumerateArray().Select(name => name.ToString()));
                    break;
                default:
                    merged.Others.TryAdd(member.Name, member.Value);
                    break;
            }
        }

        foreach (var part in schema.TryGetProperty("allOf", out var parts) && parts.ValueKind == JsonValueKind.Array ? parts.EnumerateArray().ToList() : [])
        {
            Collect(part, document, merged, depth + 1);
        }
    }

    private sealed class Merged
    {
        public Dictionary<string, JsonElement> Properties { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> Required { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, JsonElement> Others { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, JsonElement> ToMembers()
        {
            Others["properties"] = JsonSerializer.SerializeToElement(Properties);
            Others["required"] = JsonSerializer.SerializeToElement(Required);
            return Others;
        }
    }

    // Of the schema as a whole, not of something in it.
    private static string? Name(string? reference) => reference?.Split('/', 5) switch
    {
        ["#", "components", "schemas", var name] => Unescape(name),
        ["#", "definitions", var name] => Unescape(name),
        _ => null,
    };

    private static string Unescape(string part) => Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
}
