using System.Text.Json;

namespace Steward.Engines.Orchestration.Actions;

/// <summary>How the call of a step ended.</summary>
internal sealed record CallResult
{
    /// <summary>The result, when it succeeded.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Whether it succeeded and had a result that is not kept any more; what models are told of it stands in the journal.</summary>
    public bool HasLostResult { get; init; }

    /// <summary>A stable code, when it failed.</summary>
    public string? Code { get; init; }

    public string? Message { get; init; }

    public bool Retryable { get; init; }

    /// <summary>What is still to be recorded.</summary>
    public required IReadOnlyList<RunFact> Facts { get; init; }

    /// <summary>What <see cref="Facts"/> refer to.</summary>
    public IReadOnlyList<RunContent> Contents { get; init; } = [];

    /// <summary>The requests that a person has to decide before the step can end; the step is then neither done nor failed.</summary>
    public IReadOnlyList<string> Awaits { get; init; } = [];

    public bool IsWaiting => Awaits.Count > 0;

    public bool Succeeded => Code is null && !IsWaiting;
}
