using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Mapping;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>What was seen at one path of an operation's answers.</summary>
/// <param name="Path">The path, with <c>*</c> for the items of lists; empty for the whole.</param>
/// <param name="Seen">How often a value was there.</param>
/// <param name="Parents">How often the object around it was there.</param>
/// <param name="Types">The types that were seen, null left out.</param>
/// <param name="Nulls">How often it was null.</param>
/// <param name="Last">The sample in which it was seen last.</param>
public sealed record SampledField(string Path, int Seen, int Parents, ValueTypes Types, int Nulls, int Last);

/// <summary>What samples of one operation's answers have shown. Holds no value of any answer. Written as JSON with <see cref="Templates.TemplateJson"/>; add only.</summary>
public sealed record SampleState
{
    /// <summary>The answers that there were.</summary>
    public long Answers { get; init; }

    /// <summary>The answers that were looked at.</summary>
    public int Samples { get; init; }

    /// <summary>The fields, ordered by path, at most <see cref="ResponseSampler.MaxFields"/>.</summary>
    public IReadOnlyList<SampledField> Fields { get; init; } = [];

    /// <summary>Whether there were more fields than are kept.</summary>
    public bool IsCut { get; init; }
}

/// <summary>
/// Learns from answers what an operation's result looks like, and compares it with what the template says. Looks at the first answers all, later at one in a
/// number. Pure, apart from the source of randomness.
/// </summary>
/// <param name="random">Decides which answers are looked at; between 0 and 1.</param>
/// <param name="first">The answers that are all looked at.</param>
/// <param name="oneIn">Of the later ones, one in this number.</param>
public sealed class ResponseSampler(Func<double> random, int first = 20, int oneIn = 50)
{
    /// <summary>The most fields that are kept.</summary>
    public const int MaxFields = 300;

    private const int MaxDepth = 8;
    private const int MaxItems = 20;
    private const int Enough = 10;

    /// <summary>Takes one answer's value (what <see cref="Templates.OutputSpec.Path"/> points to).</summary>
    public SampleState Observe(SampleState state, JsonElement value)
    {
        ArgumentNullException.ThrowIfNull(state);
        var answers = state.Answers + 1;
        if (answers > first && random() * oneIn >= 1)
        {
            return state with { Answers = answers };
        }

        var samples = Math.Min(state.Samples + 1, 1_000_000);
        var fields = state.Fields.ToDictionary(field => field.Path, StringComparer.Ordinal);
        var cut = state.IsCut;
        Walk(value, "", 0, samples, fields, ref cut);
        return new SampleState { Answers = answers, Samples = samples, Fields = [.. fields.Values.OrderBy(field => field.Path, StringComparer.Ordinal)], IsCut = cut };
    }

    /// <summary>The schema that the samples fit: fields that were always there are required.</summary>
    public static JsonElement Infer(SampleState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var root = new JsonObject();
        foreach (var field in state.Fields)
        {
            var node = root;
            var parts = Templates.ValuePath.Split(field.Path);
            for (var at = 0; at < parts.Count; at++)
            {
                var (keyword, name) = parts[at] == "*" ? ("items", null) : ("properties", parts[at]);
                var child = node[keyword] as JsonObject;
                if (child is null)
                {
                    node[keyword] = child = [];
                }

                if (name is not null)
                {
                    if (at == parts.Count - 1 && field.Seen == field.Parents && field.Parents > 0)
                    {
                        var required = node["required"] as JsonArray;
                        if (required is null)
                        {
                            node["required"] = required = [];
                        }

                        required.Add(name);
                    }

                    if (child[name] is not JsonObject own)
                    {
                        child[name] = own = [];
                    }

                    child = own;
                }

                node = child;
            }

            var types = Names(field.Types, field.Nulls > 0);
            if (types.Count > 0)
            {
                node["type"] = types.Count == 1 ? types[0] : new JsonArray([.. types.Select(type => (JsonNode)type)]);
            }
        }

        return JsonSerializer.SerializeToElement(root);
    }

    /// <summary>
    /// How answers differ from the template's schema. Only what samples can show: fields that are promised and not there, other types, nulls, and fields that nobody
    /// told of. Nothing before ten samples.
    /// </summary>
    public static IReadOnlyList<SchemaChange> Drift(SampleState state, JsonElement schema)
    {
        ArgumentNullException.ThrowIfNull(state);
        var changes = new List<SchemaChange>();
        if (state.Samples < Enough)
        {
            return changes;
        }

        var sampled = state.Fields.ToDictionary(field => field.Path, StringComparer.Ordinal);
        foreach (var field in SchemaFields.Of(schema))
        {
            var parent = field.Path.LastIndexOf('.') is var dot and > 0 ? field.Path[..dot] : "";
            if (!sampled.TryGetValue(field.Path, out var seen))
            {
                // Only where the object around it was seen often enough for its absence to say something.
                if (field.Required && sampled.TryGetValue(parent, out var around) && around.Seen >= Enough)
                {
                    changes.Add(new SchemaChange(field.Path, SchemaChangeKind.Removed, true, $"is promised and was in none of {around.Seen} objects."));
                }
            }
            else if (field.Required && seen.Seen < seen.Parents)
            {
                changes.Add(new SchemaChange(field.Path, SchemaChangeKind.BecameOptional, true, $"is promised and was missing in {seen.Parents - seen.Seen} of {seen.Parents} objects."));
            }
            else if ((seen.Types & ~field.Types) != 0)
            {
                changes.Add(new SchemaChange(field.Path, SchemaChangeKind.TypeChanged, true, $"should be {field.Types}, was {seen.Types}."));
            }
            else if (seen.Nulls > 0 && SchemaFields.At(schema, field.Path) is { ValueKind: JsonValueKind.Object } at && at.TryGetProperty("type", out var type)
                && !(type.ValueKind == JsonValueKind.Array && type.EnumerateArray().Any(item => item.ValueEquals("null"))) && !type.ToString().Equals("null", StringComparison.Ordinal)
                && !(at.TryGetProperty("nullable", out var nullable) && nullable.ValueKind == JsonValueKind.True))
            {
                changes.Add(new SchemaChange(field.Path, SchemaChangeKind.TypeWidened, true, $"was null {seen.Nulls} times."));
            }
        }

        changes.AddRange(state.Fields.Where(field => field.Path.Length > 0 && !field.Path.EndsWith('*') && SchemaFields.At(schema, field.Path) is null)
            .Select(field => new SchemaChange(field.Path, SchemaChangeKind.OptionalAdded, false, $"is not in the template and was there {field.Seen} times.")));
        return changes;
    }

    private static void Walk(JsonElement value, string path, int depth, int sample, Dictionary<string, SampledField> fields, ref bool cut)
    {
        var known = fields.GetValueOrDefault(path);
        if (known is null && fields.Count >= MaxFields)
        {
            cut = true;
            return;
        }

        known ??= new SampledField(path, 0, 0, ValueTypes.None, 0, 0);
        fields[path] = known with
        {
            Seen = known.Seen + 1,
            Parents = path.Length == 0 || path.EndsWith('*') ? known.Parents + 1 : known.Parents,
            Types = known.Types | TypeOf(value),
            Nulls = known.Nulls + (value.ValueKind == JsonValueKind.Null ? 1 : 0),
            Last = sample,
        };
        if (depth >= MaxDepth)
        {
            return;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            var around = fields[path].Seen;
            foreach (var member in value.EnumerateObject())
            {
                if (member.Name.Length <= 100)
                {
                    var name = member.Name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(".", "\\.", StringComparison.Ordinal);
                    Walk(member.Value, path.Length == 0 ? name : path + "." + name, depth + 1, sample, fields, ref cut);
                }
            }

            Children(path, around, fields);
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray().Take(MaxItems))
            {
                Walk(item, path.Length == 0 ? "*" : path + ".*", depth + 1, sample, fields, ref cut);
            }
        }
    }

    // A field's parents are all objects that could have had it, those before it was first seen included.
    private static void Children(string path, int around, Dictionary<string, SampledField> fields)
    {
        var prefix = path.Length == 0 ? "" : path + ".";
        foreach (var child in fields.Values.Where(field => field.Path.Length > prefix.Length && field.Path.StartsWith(prefix, StringComparison.Ordinal) && !field.Path.EndsWith('*')
            && Templates.ValuePath.Split(field.Path[prefix.Length..]).Count == 1).ToList())
        {
            fields[child.Path] = child with { Parents = around };
        }
    }

    private static ValueTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => ValueTypes.Text,
        JsonValueKind.Number => ValueTypes.Number,
        JsonValueKind.True or JsonValueKind.False => ValueTypes.Boolean,
        JsonValueKind.Array => ValueTypes.List,
        JsonValueKind.Object => ValueTypes.Structure,
        _ => ValueTypes.None,
    };

    private static List<string> Names(ValueTypes types, bool nulls)
    {
        List<string> names = [];
        foreach (var (type, name) in new[] { (ValueTypes.Text, "string"), (ValueTypes.Number, "number"), (ValueTypes.Boolean, "boolean"), (ValueTypes.List, "array"), (ValueTypes.Structure, "object") })
        {
            if (types.HasFlag(type))
            {
                names.Add(name);
            }
        }

        if (nulls)
        {
            names.Add("null");
        }

        return names;
    }
}
