using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Mapping;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>What was seen at one path of an operation's answers.</summary>
/// <param name="Path">The path, with <c>*</c> for the items of lists; empty for the whole.</param>
/// <param name="Seen">How often a value was there.</param>
/// <param name="Parents">How often the object around it was there.</param>
/// <param name="Types">The types that were seen, null left out.</param>
/// <param name="Nulls">How often it was null.</param>
public sealed record SampledField(string Path, int Seen, int Parents, ValueTypes Types, int Nulls);

/// <summary>What samples of one operation's answers have shown. Holds no value of any answer. Written as JSON with <see cref="Templates.TemplateJson"/>; add only.</summary>
public sealed record SampleState
{
    /// <summary>The answers that were looked at.</summary>
    public int Samples { get; init; }

    /// <summary>The fields, ordered by path, at most <see cref="ResponseSampler.MaxFields"/>.</summary>
    public IReadOnlyList<SampledField> Fields { get; init; } = [];

    /// <summary>Whether there were more fields than are kept.</summary>
    public bool IsCut { get; init; }
}

/// <summary>Learns from answers what an operation's result looks like, and compares it with what was promised or was there before. Pure.</summary>
public static partial class ResponseSampler
{
    /// <summary>The most fields that are kept.</summary>
    public const int MaxFields = 300;

    /// <summary>The samples before which nothing is said.</summary>
    public const int Enough = 10;

    private const int MaxDepth = 8;
    private const int MaxItems = 20;
    private const int MaxCount = 1_000_000_000;

    /// <summary>The shape of one answer's value (what <see cref="Templates.OutputSpec.Path"/> points to): names of members and types. Names that look like data, such as addresses of people, are left out.</summary>
    public static SampleState Shape(JsonElement value)
    {
        var fields = new Dictionary<string, SampledField>(StringComparer.Ordinal);
        var cut = false;
        Walk(value, "", 0, fields, ref cut);
        return Stated(1, fields, cut);
    }

    /// <summary>Both together.</summary>
    public static SampleState Merge(SampleState state, SampleState other)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(other);
        var fields = state.Fields.ToDictionary(field => field.Path, StringComparer.Ordinal);
        var added = other.Fields.ToDictionary(field => field.Path, StringComparer.Ordinal);
        var cut = state.IsCut || other.IsCut;
        foreach (var (path, field) in added)
        {
            if (fields.TryGetValue(path, out var known))
            {
                fields[path] = new SampledField(path, Sum(known.Seen, field.Seen), 0, known.Types | field.Types, Sum(known.Nulls, field.Nulls));
            }
            else if (fields.Count < MaxFields)
            {
                fields[path] = field;
            }
            else
            {
                cut = true;
            }
        }

        return Stated(Sum(state.Samples, other.Samples), fields, cut);
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
    /// <param name="state">The samples.</param>
    /// <param name="schema">What was promised.</param>
    /// <param name="enough">The samples that are needed.</param>
    public static IReadOnlyList<SchemaChange> Drift(SampleState state, JsonElement schema, int enough = Enough)
    {
        ArgumentNullException.ThrowIfNull(state);
        var changes = new List<SchemaChange>();
        if (state.Samples < enough)
        {
            return changes;
        }

        var sampled = state.Fields.ToDictionary(field => field.Path, StringComparer.Ordinal);
        foreach (var field in SchemaFields.Of(schema))
        {
            var parent = ParentOf(field.Path);
            if (!sampled.TryGetValue(field.Path, out var seen))
            {
                // Only where the object around it was seen often enough for its absence to say something.
                if (field.Required && sampled.TryGetValue(parent, out var around) && Objects(around) >= enough)
                {
                    changes.Add(new SchemaChange(field.Path, SchemaChangeKind.Removed, true, $"is promised and was in none of {Objects(around)} objects."));
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

    private static void Walk(JsonElement value, string path, int depth, Dictionary<string, SampledField> fields, ref bool cut)
    {
        var known = fields.GetValueOrDefault(path);
        if (known is null && fields.Count >= MaxFields)
        {
            cut = true;
            return;
        }

        known ??= new SampledField(path, 0, 0, ValueTypes.None, 0);
        fields[path] = known with { Seen = known.Seen + 1, Types = known.Types | TypeOf(value), Nulls = known.Nulls + (value.ValueKind == JsonValueKind.Null ? 1 : 0) };
        if (depth >= MaxDepth)
        {
            return;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject())
            {
                if (IsName(member.Name))
                {
                    var name = member.Name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(".", "\\.", StringComparison.Ordinal);
                    Walk(member.Value, path.Length == 0 ? name : path + "." + name, depth + 1, fields, ref cut);
                }
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray().Take(MaxItems))
            {
                Walk(item, path.Length == 0 ? "*" : path + ".*", depth + 1, fields, ref cut);
            }
        }
    }

    // A field's parents are all objects that could have had it, those before it was first seen included.
    private static SampleState Stated(int samples, Dictionary<string, SampledField> fields, bool cut) => new()
    {
        Samples = samples,
        Fields = [.. fields.Values
            .Select(field => field with { Parents = IsItem(field.Path) ? field.Seen : Objects(fields.GetValueOrDefault(ParentOf(field.Path))) })
            .OrderBy(field => field.Path, StringComparer.Ordinal)],
        IsCut = cut,
    };

    /// <summary>How many objects could have had a field.</summary>
    internal static int ParentsIn(SampleState state, string path)
    {
        var parent = ParentOf(path);
        return Objects(state.Fields.FirstOrDefault(field => field.Path == parent));
    }

    private static int Objects(SampledField? parent) => parent is not null && parent.Types.HasFlag(ValueTypes.Structure) ? parent.Seen - parent.Nulls : 0;

    internal static bool IsItem(string path) => path.Length == 0 || path == "*" || path.EndsWith(".*", StringComparison.Ordinal);

    internal static string ParentOf(string path)
    {
        for (var at = path.Length - 1; at > 0; at--)
        {
            // A dot that belongs to the name has an odd number of backslashes before it.
            if (path[at] == '.' && path.AsSpan(0, at).Length - path.AsSpan(0, at).TrimEnd('\\').Length is var slashes && slashes % 2 == 0)
            {
                return path[..at];
            }
        }

        return "";
    }

    private static int Sum(int left, int right) => (int)Math.Min(MaxCount, (long)left + right);

    // Keys of maps are often data: identifiers, addresses, dates.
    private static bool IsName(string name) => name.Length is > 0 and <= 100 && Name().IsMatch(name) && !Data().IsMatch(name);

    [GeneratedRegex(@"\A[\p{L}_$@][\p{L}\p{Mn}0-9_$:. #/-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"[0-9]{5}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}|[0-9]{4}-[0-9]{2}|\A[A-Za-z0-9]*(?:[0-9][A-Za-z]+){3}", RegexOptions.CultureInvariant)]
    private static partial Regex Data();

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
