using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>
/// Carries out field mappings with their functions. All mappings read the value as it was given; what is read is taken away unless it is written too; what no mapping
/// names stays. A mapping that finds nothing and has no default does nothing. Of a list (<c>items</c>) each item is mapped by itself.
/// </summary>
public sealed class FieldMapper : IFieldMapper
{
    private const int MaxParsed = 2_000;
    private const int MaxValues = 10_000;
    private const int MaxErrors = 50;

    private readonly ConcurrentDictionary<string, MappingFunction> _functions = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public JsonElement Map(JsonElement value, IReadOnlyList<FieldMapping> mappings, MappingDirection direction)
    {
        var outcome = Apply(mappings, direction, value);
        return outcome.Errors is [var error, ..] ? throw new MappingException($"{error.Path}: {error.Message}") : outcome.Value;
    }

    /// <summary>The same as <see cref="Map"/>, but with all errors beside what could be mapped.</summary>
    public MappingOutcome Apply(IReadOnlyList<FieldMapping> mappings, MappingDirection direction, JsonElement value)
    {
        ArgumentNullException.ThrowIfNull(mappings);
        if (!mappings.Any(mapping => mapping.Direction == direction) || value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            return new MappingOutcome(value, []);
        }

        if (direction == MappingDirection.In && value.ValueKind == JsonValueKind.Object && value.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array)
        {
            var (mapped, all) = (new JsonArray(), new List<MappingError>());
            foreach (var item in items.EnumerateArray())
            {
                var one = item.ValueKind == JsonValueKind.Object ? One(mappings, direction, item) : new MappingOutcome(item, []);
                mapped.Add(JsonNode.Parse(one.Value.GetRawText()));
                all.AddRange(one.Errors.Take(Math.Max(0, MaxErrors - all.Count)));
            }

            var list = JsonObject.Create(value)!;
            list["items"] = mapped;
            return new MappingOutcome(JsonSerializer.SerializeToElement(list), all);
        }

        return One(mappings, direction, value);
    }

    private MappingOutcome One(IReadOnlyList<FieldMapping> mappings, MappingDirection direction, JsonElement value)
    {

        var errors = new List<MappingError>();
        var writes = new List<(IReadOnlyList<string> To, int[] At, bool Spread, JsonNode Value)>();
        var moved = new List<(string From, string To)>();
        for (var index = 0; index < mappings.Count; index++)
        {
            var mapping = mappings[index];
            if (mapping.Direction != direction)
            {
                continue;
            }

            try
            {
                var before = writes.Count;
                Read(mapping, value, writes);
                if (writes.Count > before && mapping.From is { } from && from != mapping.To)
                {
                    moved.Add((from, mapping.To));
                }
            }
            catch (MappingException exception)
            {
                errors.Add(new MappingError(index, mapping.From ?? mapping.To, exception.Message));
            }
        }

        var result = JsonNode.Parse(value.GetRawText()) ?? new JsonObject();
        foreach (var (from, _) in moved)
        {
            Remove(result, ValuePath.Split(from), 0);
        }

        foreach (var (to, at, spread, node) in writes)
        {
            result = Write(result, to, 0, at, 0, spread, node);
        }

        return new MappingOutcome(JsonSerializer.SerializeToElement(result), errors);
    }

    private void Read(FieldMapping mapping, JsonElement value, List<(IReadOnlyList<string> To, int[] At, bool Spread, JsonNode Value)> writes)
    {
        var function = mapping.Function is null ? null : _functions.Count < MaxParsed ? _functions.GetOrAdd(mapping.Function, MappingFunction.Parse) : MappingFunction.Parse(mapping.Function);
        var to = ValuePath.Split(mapping.To);
        if (function is { NeedsNoSource: true } || mapping.From is null)
        {
            if (Given(function is null ? null : function.Apply(null, value), mapping) is { } constant)
            {
                writes.Add((to, [], true, constant));
            }

            return;
        }

        var stars = to.Count(part => part == "*");
        var from = ValuePath.Split(mapping.From);
        var found = new List<(int[] At, JsonElement Value)>();
        Collect(value, from, 0, [], found);
        var fromStars = from.Count(part => part == "*");
        if (stars == fromStars || stars == 0)
        {
            if (stars == 0 && fromStars > 0)
            {
                // All values of a list into one field.
                var list = new JsonArray([.. found.Select(item => JsonNode.Parse(item.Value.GetRawText()))]);
                var whole = function is null ? list : function.Apply(JsonSerializer.SerializeToElement(list), value);
                if (found.Count > 0 && whole is not null)
                {
                    writes.Add((to, [], false, whole));
                }

                return;
            }

            foreach (var (at, item) in found)
            {
                if (Given(function is null ? JsonNode.Parse(item.GetRawText()) : function.Apply(item, value), mapping) is { } node)
                {
                    writes.Add((to, at, false, node));
                }
            }

            if (found.Count == 0 && Given(function is { TakesNothing: true } ? function.Apply(null, value) : null, mapping) is { } usual)
            {
                writes.Add((to, [], true, usual));
            }
        }
        else
        {
            throw new MappingException("the paths must have the same number of *, or the one that is written none.");
        }
    }

    private static JsonNode? Given(JsonNode? value, FieldMapping mapping) => value ?? (mapping.Default is { ValueKind: not JsonValueKind.Null } usual ? JsonNode.Parse(usual.GetRawText()) : null);

    private static void Collect(JsonElement value, IReadOnlyList<string> parts, int at, int[] position, List<(int[] At, JsonElement Value)> found)
    {
        if (at == parts.Count)
        {
            if (value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            {
                found.Add(found.Count < MaxValues ? (position, value) : throw new MappingException($"more than {MaxValues} values."));
            }

            return;
        }

        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(parts[at], out var member))
        {
            Collect(member, parts, at + 1, position, found);
        }
        else if (value.ValueKind == JsonValueKind.Array && parts[at] == "*")
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                Collect(item, parts, at + 1, [.. position, index++], found);
            }
        }
        else if (value.ValueKind == JsonValueKind.Array && Index(parts[at]) is { } number && number < value.GetArrayLength())
        {
            Collect(value[number], parts, at + 1, position, found);
        }
    }

    private static void Remove(JsonNode? node, IReadOnlyList<string> parts, int at)
    {
        switch (node)
        {
            case JsonObject members when at == parts.Count - 1:
                members.Remove(parts[at]);
                break;
            case JsonObject members:
                Remove(members[parts[at]], parts, at + 1);
                if (members[parts[at]] is JsonObject { Count: 0 })
                {
                    members.Remove(parts[at]);
                }

                break;
            case JsonArray items when parts[at] == "*" && at < parts.Count - 1:
                foreach (var item in items)
                {
                    Remove(item, parts, at + 1);
                }

                break;
            case JsonArray items when Index(parts[at]) is { } index && index < items.Count && at < parts.Count - 1:
                Remove(items[index], parts, at + 1);
                break;
            default:
                break;
        }
    }

    private static JsonNode Write(JsonNode? node, IReadOnlyList<string> parts, int at, int[] position, int star, bool spread, JsonNode value)
    {
        if (at == parts.Count)
        {
            return value.DeepClone();
        }

        if (parts[at] == "*")
        {
            var items = node as JsonArray ?? [];
            if (spread)
            {
                // To each item that is there.
                for (var i = 0; i < items.Count; i++)
                {
                    Set(items, i, Write(items[i], parts, at + 1, position, star, spread, value));
                }

                return items;
            }

            while (items.Count <= position[star])
            {
                items.Add((JsonNode?)null);
            }

            Set(items, position[star], Write(items[position[star]], parts, at + 1, position, star + 1, spread, value));
            return items;
        }

        if (node is JsonArray list && Index(parts[at]) is { } index && index < list.Count)
        {
            Set(list, index, Write(list[index], parts, at + 1, position, star, spread, value));
            return list;
        }

        var members = node as JsonObject ?? [];
        var old = members[parts[at]];
        var written = Write(old, parts, at + 1, position, star, spread, value);
        if (!ReferenceEquals(old, written))
        {
            members[parts[at]] = written;
        }

        return members;
    }

    private static void Set(JsonArray items, int index, JsonNode value)
    {
        if (!ReferenceEquals(items[index], value))
        {
            items[index] = value;
        }
    }

    private static int? Index(string part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
}
