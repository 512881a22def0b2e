using System.Text.Json;
using Steward.Connectors;
using Steward.Errors;

namespace Steward.Client.Http;

/// <summary>Field mappings that are to be tried.</summary>
public sealed record TestMappingsRequest
{
    /// <summary>The operation's id inside the template.</summary>
    public required string Operation { get; init; }

    /// <summary><c>in</c> for results, <c>out</c> for arguments.</summary>
    public required string Direction { get; init; }

    /// <summary>The mappings, a list; left out, those that are saved are tried.</summary>
    public JsonElement? Mappings { get; init; }

    /// <summary>A list of 1 to 20 objects: results or items of results for <c>in</c>, arguments for <c>out</c>.</summary>
    public required JsonElement Samples { get; init; }
}

/// <summary>What mappings make of the samples.</summary>
public sealed record MappingTrialListResource
{
    /// <summary>In the order of the samples.</summary>
    public required IReadOnlyList<MappingTrialResource> Samples { get; init; }
}

/// <summary>What mappings make of one sample.</summary>
public sealed record MappingTrialResource
{
    /// <summary>The sample.</summary>
    public required JsonElement Before { get; init; }

    /// <summary>What comes out; what failed is not in it.</summary>
    public required JsonElement After { get; init; }

    /// <summary>What failed.</summary>
    public IReadOnlyList<MappingFailure> Errors { get; init; } = [];
}

/// <summary>What suggestions are wanted for. One of fields, sample and schema describes the tenant's own end.</summary>
public sealed record SuggestMappingsRequest
{
    /// <summary>The operation's id inside the template.</summary>
    public required string Operation { get; init; }

    /// <summary><c>in</c> for results, <c>out</c> for arguments.</summary>
    public required string Direction { get; init; }

    /// <summary>The paths of the tenant's fields, 1 to 400.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>One of the tenant's own objects.</summary>
    public JsonElement? Sample { get; init; }

    /// <summary>A JSON Schema of the tenant's objects.</summary>
    public JsonElement? Schema { get; init; }
}

/// <summary>Mappings that somebody may accept.</summary>
public sealed record SuggestedMappingListResource
{
    /// <summary>Best first.</summary>
    public required IReadOnlyList<SuggestedMapping> Suggestions { get; init; }

    /// <summary>
    /// <c>used</c>: a model was asked, too. <c>not_configured</c>: there is none; <c>failed</c>: it gave nothing usable. In both cases the suggestions come from names and types alone.
    /// </summary>
    public required string Model { get; init; }

    /// <summary>The model that was asked; left out when there is none.</summary>
    public string? ModelName { get; init; }
}

/// <summary>Between what is sent and what the cluster takes.</summary>
public static class MappingWireMapping
{
    /// <summary>A trial, from a request.</summary>
    public static TestMappings ToContract(TestMappingsRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new TestMappings
        {
            Operation = request.Operation,
            Direction = request.Direction,
            MappingsJson = request.Mappings?.GetRawText(),
            SamplesJson = request.Samples.ValueKind == JsonValueKind.Array
                ? [.. request.Samples.EnumerateArray().Select(sample => sample.GetRawText())]
                : throw StewardException.Invalid("samples", "must be a list of objects."),
        };
    }

    /// <summary>A trial as a request.</summary>
    public static TestMappingsRequest ToRequest(TestMappings test)
    {
        ArgumentNullException.ThrowIfNull(test);
        return new TestMappingsRequest
        {
            Operation = test.Operation,
            Direction = test.Direction,
            Mappings = test.MappingsJson is { } mappings ? JsonElement.Parse(mappings) : null,
            Samples = JsonElement.Parse($"[{string.Join(',', test.SamplesJson)}]"),
        };
    }

    /// <summary>What came out, as a resource.</summary>
    public static MappingTrialResource ToResource(MappingTrial trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        return new MappingTrialResource { Before = JsonElement.Parse(trial.BeforeJson), After = JsonElement.Parse(trial.AfterJson), Errors = trial.Errors };
    }

    /// <summary>What came out, from a resource.</summary>
    public static MappingTrial ToContract(MappingTrialResource trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        return new MappingTrial { BeforeJson = trial.Before.GetRawText(), AfterJson = trial.After.GetRawText(), Errors = trial.Errors };
    }

    /// <summary>Suggestions as a resource.</summary>
    public static SuggestedMappingListResource ToResource(SuggestedMappings suggested)
    {
        ArgumentNullException.ThrowIfNull(suggested);
        return new SuggestedMappingListResource { Suggestions = suggested.Suggestions, Model = suggested.Model, ModelName = suggested.ModelName };
    }

    /// <summary>Suggestions, from a resource.</summary>
    public static SuggestedMappings ToContract(SuggestedMappingListResource suggested)
    {
        ArgumentNullException.ThrowIfNull(suggested);
        return new SuggestedMappings { Suggestions = suggested.Suggestions, Model = suggested.Model, ModelName = suggested.ModelName };
    }

    /// <summary>What suggestions are wanted for, from a request.</summary>
    public static SuggestMappings ToContract(SuggestMappingsRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new SuggestMappings
        {
            Operation = request.Operation,
            Direction = request.Direction,
            Fields = request.Fields,
            SampleJson = request.Sample?.GetRawText(),
            SchemaJson = request.Schema?.GetRawText(),
        };
    }

    /// <summary>What suggestions are wanted for, as a request.</summary>
    public static SuggestMappingsRequest ToRequest(SuggestMappings wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return new SuggestMappingsRequest
        {
            Operation = wanted.Operation,
            Direction = wanted.Direction,
            Fields = wanted.Fields,
            Sample = wanted.SampleJson is { } sample ? JsonElement.Parse(sample) : null,
            Schema = wanted.SchemaJson is { } schema ? JsonElement.Parse(schema) : null,
        };
    }
}
