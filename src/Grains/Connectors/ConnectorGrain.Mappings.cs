using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mapping;
using Steward.Engines.Connectors.Templates;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>Trying and suggesting field mappings. Changes nothing.</summary>
internal sealed partial class ConnectorGrain
{
    private const int MaxSampleLength = 256 * 1024;

    private static readonly FieldMapper Mapper = new();

    /// <inheritdoc/>
    public Task<IReadOnlyList<MappingTrial>> TestMappings(TestMappings command, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var target = RequireThere();
        var operation = RequireOperation(target, command.Operation);
        var direction = ReadDirection(command.Direction);
        if (command.SamplesJson.Count is < 1 or > MappingRules.MaxSamples)
        {
            throw StewardException.Invalid("samples", $"must have 1 to {MappingRules.MaxSamples} objects.");
        }

        if (command.SamplesJson.Sum(sample => (long)sample.Length) > MaxSampleLength)
        {
            throw StewardException.Invalid("samples", $"must have at most {MaxSampleLength} characters together.");
        }

        var mappings = command.MappingsJson is { } json ? ReadList(json) : target.Instance.Mappings.GetValueOrDefault(operation.Id) ?? [];
        if (MappingRules.Check(mappings, operation) is [var fault, ..])
        {
            throw StewardException.Invalid($"mappings.{fault.Index}.{fault.Field}", fault.Message);
        }

        var samples = command.SamplesJson.Select((sample, index) => ReadJson(sample, $"samples.{index}")).ToList();
        return Task.FromResult<IReadOnlyList<MappingTrial>>(
        [
            .. MappingRules.Test(Mapper, mappings, direction, samples).Select(sample => new MappingTrial
            {
                BeforeJson = sample.Before.GetRawText(),
                AfterJson = sample.After.GetRawText(),
                Errors = [.. sample.Errors.Select(error => new MappingFailure { Index = error.Index, Path = error.Path, Message = error.Message })],
            }),
        ]);
    }

    /// <inheritdoc/>
    public Task<SuggestedMappings> SuggestMappings(SuggestMappings command, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var target = RequireThere();
        var operation = RequireOperation(target, command.Operation);
        var direction = ReadDirection(command.Direction);
        var own = OwnFields(command);
        var theirs = MappingSides.OfOperation(operation, direction, _schemas!.LearntOf(operation.Id))
            ?? throw StewardException.Invalid("operation", $"'{operation.Id}' has no fields that are known; call it once, so that they can be learnt.");
        var (sources, targets) = direction == MappingDirection.In ? (theirs, own) : (own, theirs);
        return questions.AskAsync(TenantId, Caller.Required.UserId, sources, targets);
    }

    /// <inheritdoc/>
    public Task<SuggestedMappings?> WaitForMappings(string question, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return questions.WaitAsync(question, Caller.Required.UserId, cancellationToken);
    }

    private static IReadOnlyList<SchemaField> OwnFields(SuggestMappings command)
    {
        if (new object?[] { command.Fields, command.SampleJson, command.SchemaJson }.Count(given => given is not null) != 1)
        {
            throw StewardException.Invalid("fields", "must be given, or else sample or schema; one of the three.");
        }

        if (command.Fields is { } paths)
        {
            return paths.Count is >= 1 and <= MappingSides.MaxFields && paths.All(path => path is { Length: >= 1 and <= 500 })
                ? MappingSides.OfPaths(paths)
                : throw StewardException.Invalid("fields", $"must have 1 to {MappingSides.MaxFields} paths of 1 to 500 characters.");
        }

        var name = command.SampleJson is null ? "schema" : "sample";
        var json = ReadJson(command.SampleJson ?? command.SchemaJson!, name);
        var fields = command.SampleJson is null ? SchemaFields.Of(json) : MappingSides.OfSample(json);
        return fields.Count > 0 ? [.. fields.DistinctBy(field => field.Path)] : throw StewardException.Invalid(name, "has no fields.");
    }

    private static OperationTemplate RequireOperation(ResolvedInstance target, string id) => target.Template.Operations.FirstOrDefault(operation => operation.Id == id)
        ?? throw StewardException.Invalid("operation", $"must be an operation of {target.Template.Name}; GET /v1/connectors/{target.Instance.Name} lists them.");

    private static MappingDirection ReadDirection(string direction) => direction switch
    {
        "in" => MappingDirection.In,
        "out" => MappingDirection.Out,
        _ => throw StewardException.Invalid("direction", "must be in (results) or out (arguments)."),
    };

    private static List<FieldMapping> ReadList(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<List<FieldMapping>>(json, TemplateJson.Options) ?? throw StewardException.Invalid("mappings", "must be a list.");
        }
        catch (JsonException exception)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, $"mappings: must be a list of mappings; see {exception.Path}.", exception) { Field = "mappings" };
        }
    }

    private static JsonElement ReadJson(string text, string field)
    {
        if (text.Length > MaxSampleLength)
        {
            throw StewardException.Invalid(field, $"must have at most {MaxSampleLength} characters.");
        }

        try
        {
            var value = JsonElement.Parse(text);
            return value.ValueKind == JsonValueKind.Object ? value : throw StewardException.Invalid(field, "must be an object.");
        }
        catch (JsonException)
        {
            throw StewardException.Invalid(field, "must be a JSON object.");
        }
    }
}
