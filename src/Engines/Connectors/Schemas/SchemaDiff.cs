using System.Globalization;
using System.Text.Json;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>
/// Compares two versions of a JSON Schema (or one of OpenAPI) field by field. Texts for people are no change. A breaking change is one after which a reader that was
/// right, or arguments that were accepted, may fail.
/// </summary>
public static class SchemaDiff
{
    private const int MaxDepth = 24;
    private const int MaxChanges = 500;

    private static readonly string[] Minimums = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
    private static readonly string[] Maximums = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

    /// <summary>The changes, in the schema's order, at most 500.</summary>
    /// <param name="before">The earlier version.</param>
    /// <param name="after">The later version.</param>
    /// <param name="use">Whose schema it is.</param>
    public static IReadOnlyList<SchemaChange> Compare(JsonElement before, JsonElement after, SchemaUse use)
    {
        return Compare(before, after, use, null);
    }

    /// <summary>The same for schemas of a document, with what they refer to.</summary>
    internal static IReadOnlyList<SchemaChange> Compare(JsonElement before, JsonElement after, SchemaUse use, SchemaReferences? references)
    {
        var changes = new List<SchemaChange>();
        Walk(before, after, use, "", 0, changes, references);
        return changes;
    }

    private static void Walk(JsonElement before, JsonElement after, SchemaUse use, string path, int depth, List<SchemaChange> changes, SchemaReferences? references)
    {
        if (changes.Count >= MaxChanges || before.ValueKind != JsonValueKind.Object || after.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (references is null ? depth > MaxDepth || JsonElement.DeepEquals(before, after) : !references.Step(depth <= MaxDepth))
        {
            return;
        }

        var (oldReference, newReference) = (Text(before, "$ref"), Text(after, "$ref"));
        if (references is not null && (oldReference ?? newReference) is not null)
        {
            if (references.Enter(oldReference, newReference, before, after) is { } targets)
            {
                Walk(targets.Before, targets.After, use, path, depth + 1, changes, references);
                references.Leave();
            }

            return;
        }

        if (references is not null)
        {
            (before, after) = (references.Merge(before, isBefore: true), references.Merge(after, isBefore: false));
        }
        else if (oldReference != newReference)
        {
            Add(SchemaChangeKind.ReferenceChanged, true, $"referred to {oldReference ?? "nothing"}, now to {newReference ?? "nothing"}.");
            return;
        }

        Types(before, after, use, path, changes);
        Enumeration(before, after, use, path, changes);
        Bounds(before, after, use, path, changes);
        if (Text(before, "format") is var oldFormat && Text(after, "format") is var newFormat && oldFormat != newFormat)
        {
            // A form that was promised and is no more, or one that is newly asked for.
            Add(SchemaChangeKind.FormatChanged, use == SchemaUse.Output ? oldFormat is not null : newFormat is not null, $"had the format {oldFormat ?? "none"}, now {newFormat ?? "none"}.");
        }

        Properties(before, after, use, path, depth, changes, references);
        if (Member(before, "items") is { } oldItems && Member(after, "items") is { } newItems)
        {
            Walk(oldItems, newItems, use, path.Length == 0 ? "*" : path + ".*", depth + 1, changes, references);
        }

        if (Member(before, "additionalProperties") is { ValueKind: JsonValueKind.Object } oldOthers && Member(after, "additionalProperties") is { ValueKind: JsonValueKind.Object } newOthers)
        {
            Walk(oldOthers, newOthers, use, path.Length == 0 ? "{}" : path + ".{}", depth + 1, changes, references);
        }

        Forms(before, after, use, path, depth, changes, references);

        void Add(SchemaChangeKind kind, bool breaking, string message) => changes.Add(new SchemaChange(path, kind, breaking, message));
    }

    private static void Types(JsonElement before, JsonElement after, SchemaUse use, string path, List<SchemaChange> changes)
    {
        var (old, now) = (TypeNames(before), TypeNames(after));
        if (old is null && now is null || (old is not null && now is not null && old.SetEquals(now)))
        {
            return;
        }

        var message = $"was {Show(old)}, is {Show(now)}.";
        // Every integer is a number.
        bool Within(HashSet<string>? narrow, HashSet<string>? wide) =>
            wide is null || (narrow is not null && narrow.All(type => wide.Contains(type) || (type == "integer" && wide.Contains("number"))));
        changes.Add(Within(old, now) ? new SchemaChange(path, SchemaChangeKind.TypeWidened, use == SchemaUse.Output, message)
            : Within(now, old) ? new SchemaChange(path, SchemaChangeKind.TypeNarrowed, use == SchemaUse.Input, message)
            : new SchemaChange(path, SchemaChangeKind.TypeChanged, true, message));
    }

    private static void Enumeration(JsonElement before, JsonElement after, SchemaUse use, string path, List<SchemaChange> changes)
    {
        var (old, now) = (Values(before), Values(after));
        if (old is null && now is null)
        {
            return;
        }

        var went = old is null ? [] : now is null ? [] : old.Except(now, StringComparer.Ordinal).ToList();
        var came = now is null ? [] : old is null ? [] : now.Except(old, StringComparer.Ordinal).ToList();
        if (went.Count > 0 || (old is null && now is not null))
        {
            changes.Add(new SchemaChange(path, SchemaChangeKind.EnumNarrowed, use == SchemaUse.Input, old is null ? $"allows {now!.Count} values only." : $"does not allow {Show(went)} any more."));
        }

        if (came.Count > 0 || (now is null && old is not null))
        {
            // A reader that tells values apart meets one that it does not know.
            changes.Add(new SchemaChange(path, SchemaChangeKind.EnumWidened, use == SchemaUse.Output, now is null ? "allows any value." : $"allows {Show(came)}, too."));
        }
    }

    private static void Bounds(JsonElement before, JsonElement after, SchemaUse use, string path, List<SchemaChange> changes)
    {
        foreach (var (keywords, isMinimum) in new[] { (Minimums, true), (Maximums, false) })
        {
            foreach (var keyword in keywords)
            {
                var (old, now) = (Number(before, keyword), Number(after, keyword));
                if (old != now)
                {
                    var narrower = old is null || (now is not null && (isMinimum ? now > old : now < old));
                    changes.Add(new SchemaChange(path, narrower ? SchemaChangeKind.BoundNarrowed : SchemaChangeKind.BoundWidened, narrower && use == SchemaUse.Input,
                        string.Create(CultureInfo.InvariantCulture, $"{keyword} was {(object?)old ?? "none"}, is {(object?)now ?? "none"}.")));
                }
            }
        }

        if (Text(before, "pattern") is var oldPattern && Text(after, "pattern") is var newPattern && oldPattern != newPattern)
        {
            changes.Add(new SchemaChange(path, newPattern is null ? SchemaChangeKind.BoundWidened : SchemaChangeKind.BoundNarrowed, newPattern is not null && use == SchemaUse.Input, "another pattern."));
        }
    }

    private static void Properties(JsonElement before, JsonElement after, SchemaUse use, string path, int depth, List<SchemaChange> changes, SchemaReferences? references)
    {
        var (old, now) = (Member(before, "properties"), Member(after, "properties"));
        var (oldRequired, newRequired) = (Names(before), Names(after));
        foreach (var property in old is { ValueKind: JsonValueKind.Object } olds ? olds.EnumerateObject().ToList() : [])
        {
            if (references is not null && IsOfTheOther(property.Value, use))
            {
                continue;
            }

            var at = Join(path, property.Name);
            if (now is not { ValueKind: JsonValueKind.Object } news || !news.TryGetProperty(property.Name, out var successor))
            {
                // An argument that nobody knows is refused by most systems.
                changes.Add(new SchemaChange(at, SchemaChangeKind.Removed, true, "is gone."));
                continue;
            }

            var (was, required) = (oldRequired.Contains(property.Name), newRequired.Contains(property.Name));
            if (was != required)
            {
                changes.Add(required
                    ? new SchemaChange(at, SchemaChangeKind.BecameRequired, use == SchemaUse.Input, use == SchemaUse.Input ? "must be given now." : "is always there now.")
                    : new SchemaChange(at, SchemaChangeKind.BecameOptional, use == SchemaUse.Output, use == SchemaUse.Input ? "need not be given any more." : "need not be there any more."));
            }

            Walk(property.Value, successor, use, at, depth + 1, changes, references);
        }

        foreach (var property in now is { ValueKind: JsonValueKind.Object } members ? members.EnumerateObject().ToList() : [])
        {
            if ((references is null || !IsOfTheOther(property.Value, use)) && (old is not { ValueKind: JsonValueKind.Object } earlier || !earlier.TryGetProperty(property.Name, out _)))
            {
                var required = newRequired.Contains(property.Name);
                changes.Add(new SchemaChange(Join(path, property.Name), required ? SchemaChangeKind.RequiredAdded : SchemaChangeKind.OptionalAdded, required && use == SchemaUse.Input, "is new."));
            }
        }
    }

    private static void Forms(JsonElement before, JsonElement after, SchemaUse use, string path, int depth, List<SchemaChange> changes, SchemaReferences? references)
    {
        foreach (var keyword in new[] { "allOf", "anyOf", "oneOf" })
        {
            var (old, now) = (List(before, keyword), List(after, keyword));
            if (old.Count != now.Count)
            {
                var breaking = keyword == "allOf" || (use == SchemaUse.Output ? now.Count > old.Count : now.Count < old.Count);
                changes.Add(new SchemaChange(path, SchemaChangeKind.FormsChanged, breaking, $"{keyword} had {old.Count} forms, has {now.Count}."));
            }
            else
            {
                foreach (var (left, right) in old.Zip(now))
                {
                    Walk(left, right, use, path, depth + 1, changes, references);
                }
            }
        }
    }

    // What the system sets is no argument, and what is only sent is in no result.
    private static bool IsOfTheOther(JsonElement property, SchemaUse use) => Member(property, use == SchemaUse.Input ? "readOnly" : "writeOnly") is { ValueKind: JsonValueKind.True };

    private static string Join(string path, string name)
    {
        var escaped = name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(".", "\\.", StringComparison.Ordinal);
        return path.Length == 0 ? escaped : path + "." + escaped;
    }

    private static HashSet<string>? TypeNames(JsonElement schema)
    {
        if (Member(schema, "type") is not { } type)
        {
            return null;
        }

        var names = (type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(item => item.ToString()) : [type.ToString()]).ToHashSet(StringComparer.Ordinal);
        if (Member(schema, "nullable") is { ValueKind: JsonValueKind.True })
        {
            names.Add("null");
        }

        return names;
    }

    private static List<string>? Values(JsonElement schema) =>
        Member(schema, "enum") is { ValueKind: JsonValueKind.Array } values ? [.. values.EnumerateArray().Select(value => value.GetRawText())]
        : Member(schema, "const") is { } constant ? [constant.GetRawText()] : null;

    private static HashSet<string> Names(JsonElement schema) =>
        Member(schema, "required") is { ValueKind: JsonValueKind.Array } names ? names.EnumerateArray().Select(name => name.ToString()).ToHashSet(StringComparer.Ordinal) : [];

    private static List<JsonElement> List(JsonElement schema, string keyword) => Member(schema, keyword) is { ValueKind: JsonValueKind.Array } forms ? [.. forms.EnumerateArray()] : [];

    private static decimal? Number(JsonElement schema, string keyword) => Member(schema, keyword) is { ValueKind: JsonValueKind.Number } number && number.TryGetDecimal(out var value) ? value : null;

    private static string? Text(JsonElement schema, string keyword) => Member(schema, keyword) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement? Member(JsonElement schema, string name) => schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(name, out var member) ? member : null;

    private static string Show(HashSet<string>? types) => types is null ? "anything" : string.Join(" or ", types.Order(StringComparer.Ordinal));

    private static string Show(List<string> values) => string.Join(", ", values.Take(5)) + (values.Count > 5 ? $" and {values.Count - 5} more" : "");
}
