using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>One fault in a list of mappings.</summary>
/// <param name="Index">The mapping's position.</param>
/// <param name="Field"><c>from</c>, <c>to</c>, <c>function</c> or <c>default</c>.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record MappingFault(int Index, string Field, string Message);

/// <summary>One sample with what mappings make of it.</summary>
/// <param name="Before">The sample.</param>
/// <param name="After">What comes out.</param>
/// <param name="Errors">The mappings that failed.</param>
public sealed record MappingSample(JsonElement Before, JsonElement After, IReadOnlyList<MappingError> Errors);

/// <summary>Checks mappings when they are saved, and tries them on samples.</summary>
public static class MappingRules
{
    /// <summary>The most mappings of one operation.</summary>
    public const int MaxMappings = 200;

    /// <summary>The most samples of one test.</summary>
    public const int MaxSamples = 20;

    /// <summary>
    /// The faults; empty when they can be saved. What goes out is written to paths of the operation's arguments; what comes in is read from paths of its result. The
    /// other end is the tenant's own and is checked where its schema is given.
    /// </summary>
    /// <param name="mappings">The mappings of one operation.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="own">The tenant's own schema of the other end.</param>
    public static IReadOnlyList<MappingFault> Check(IReadOnlyList<FieldMapping> mappings, OperationTemplate operation, JsonElement? own = null)
    {
        ArgumentNullException.ThrowIfNull(mappings);
        ArgumentNullException.ThrowIfNull(operation);
        if (mappings.Count > MaxMappings)
        {
            return [new MappingFault(MaxMappings, "to", $"at most {MaxMappings} mappings are allowed.")];
        }

        var faults = new List<MappingFault>();
        var written = new HashSet<(MappingDirection, string)>();
        var result = SchemaFields.ResultOf(operation.Output);
        for (var index = 0; index < mappings.Count; index++)
        {
            var mapping = mappings[index];
            var (source, target) = mapping.Direction == MappingDirection.Out ? (own, operation.Input) : (result, own);
            One(index, mapping, source, target, operation, faults);
            if (!written.Add((mapping.Direction, mapping.To)))
            {
                faults.Add(new MappingFault(index, "to", $"'{mapping.To}' is written twice."));
            }
        }

        return faults;
    }

    /// <summary>Tries mappings on samples; at most <see cref="MaxSamples"/> are tried.</summary>
    public static IReadOnlyList<MappingSample> Test(FieldMapper mapper, IReadOnlyList<FieldMapping> mappings, MappingDirection direction, IEnumerable<JsonElement> samples)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return
        [
            .. samples.Take(MaxSamples).Select(sample =>
            {
                var outcome = mapper.Apply(mappings, direction, sample);
                return new MappingSample(sample, outcome.Value, outcome.Errors);
            }),
        ];
    }

    private static void One(int index, FieldMapping mapping, JsonElement? source, JsonElement? target, OperationTemplate operation, List<MappingFault> faults)
    {
        MappingFunction? function = null;
        if (mapping.Function is not null)
        {
            try
            {
                function = MappingFunction.Parse(mapping.Function);
            }
            catch (MappingException exception)
            {
                faults.Add(new MappingFault(index, "function", exception.Message));
                return;
            }
        }

        if (mapping.From is null && function is not { NeedsNoSource: true } && mapping.Default is null)
        {
            faults.Add(new MappingFault(index, "from", "must be given, unless the function is constant or concat."));
        }

        if (mapping.To.Length == 0 || ValuePath.Split(mapping.To).Any(part => part.Length == 0) || mapping.To.Length > 500)
        {
            faults.Add(new MappingFault(index, "to", "must be a path such as customer.email."));
            return;
        }

        var (fromStars, toStars) = (Stars(mapping.From), Stars(mapping.To));
        if (mapping.From is not null && toStars != 0 && toStars != fromStars)
        {
            faults.Add(new MappingFault(index, "to", "must have as many * as from, or none."));
        }

        var given = ValueTypes.Any;
        if (mapping.From is not null && source is { } sourceSchema)
        {
            if (SchemaFields.At(sourceSchema, mapping.From) is { } at)
            {
                given = toStars == 0 && fromStars > 0 ? ValueTypes.List : SchemaFields.TypesOf(at);
            }
            else
            {
                faults.Add(new MappingFault(index, "from", $"'{mapping.From}' is not known; {Known(sourceSchema, mapping.From)}"));
            }
        }

        foreach (var path in function?.Paths ?? [])
        {
            if (source is { } schema && SchemaFields.At(schema, path) is null)
            {
                faults.Add(new MappingFault(index, "function", $"'{path}' is not known; {Known(schema, path)}"));
            }
        }

        if (function is { NeedsNoSource: false } && (function.Takes & given) == 0)
        {
            faults.Add(new MappingFault(index, "function", $"takes {function.Takes}, but '{mapping.From}' is {given}."));
        }

        Target(index, mapping, target, function is null ? mapping.From is null ? ValueTypes.Any : given : function.Gives, operation, faults);
    }

    private static void Target(int index, FieldMapping mapping, JsonElement? target, ValueTypes gives, OperationTemplate operation, List<MappingFault> faults)
    {
        if (target is not { } schema)
        {
            if (mapping.Direction == MappingDirection.Out && operation.Input is null)
            {
                faults.Add(new MappingFault(index, "to", $"the operation {operation.Id} takes no arguments."));
            }

            return;
        }

        if (SchemaFields.At(schema, mapping.To) is not { } at)
        {
            faults.Add(new MappingFault(index, "to", $"'{mapping.To}' is not known; {Known(schema, mapping.To)}"));
            return;
        }

        if ((SchemaFields.TypesOf(at) & gives) == 0)
        {
            faults.Add(new MappingFault(index, "to", $"'{mapping.To}' is {SchemaFields.TypesOf(at)}, but what is written is {gives}. A function such as text, number, boolean, split or join converts it."));
        }

        try
        {
            if (mapping.Default is { } usual && JsonSchema.Parse(at).Validate(usual) is [var error, ..])
            {
                faults.Add(new MappingFault(index, "default", error.Message));
            }
        }
        catch (SchemaException)
        {
            // The tenant's own schema may say more than can be checked.
        }
    }

    private static int Stars(string? path) => path is null ? 0 : ValuePath.Split(path).Count(part => part == "*");

    private static string Known(JsonElement schema, string path)
    {
        var fields = SchemaFields.Of(schema);
        var near = fields.Select(field => (field.Path, Score: Math.Max(FieldSimilarity.OfNames(field.Path, path), FieldSimilarity.JaroWinkler(field.Path, path)))).Where(field => field.Score > 0.8).OrderByDescending(field => field.Score).Take(3).Select(field => field.Path).ToList();
        return near.Count > 0 ? $"near it are {string.Join(", ", near)}." : $"known are {string.Join(", ", fields.Take(20).Select(field => field.Path))}{(fields.Count > 20 ? ", …" : ".")}";
    }
}
