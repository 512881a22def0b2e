using System.Text.Json;
using Steward.Connectors;

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

    /// <summary>1 to 20 objects: results or items of results for <c>in</c>, arguments for <c>out</c>.</summary>
    public required IReadOnlyList<JsonElement> Samples { get; init; }
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
            SamplesJson = [.. request.Samples.Select(sample => sample.ValueKind == JsonValueKind.Undefined ? "null" : sample.GetRawText())],
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
            Samples = [.. test.SamplesJson.Select(sample => JsonElement.Parse(sample))],
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
