using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>What a plan may use and refer to.</summary>
internal sealed record PlanScope
{
    /// <summary>The most steps of one plan.</summary>
    public const int DefaultMaxSteps = 30;

    /// <summary>The most steps of one plan that change something.</summary>
    public const int DefaultMaxWrites = 10;

    /// <summary>The operations that the agent may use, by id.</summary>
    public required IReadOnlyDictionary<string, ConnectorOperation> Tools { get; init; }

    /// <summary>The ids of all operations that there are.</summary>
    public IReadOnlySet<string> Configured { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>The agents that steps may be handed over to.</summary>
    public IReadOnlySet<string> Agents { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>The values that are known already, by the first name of a path: <c>message</c>, <c>requester</c> and, in <c>steps</c>, what earlier plans of the run have brought.</summary>
    public IReadOnlyDictionary<string, JsonNode?> Known { get; init; } = new Dictionary<string, JsonNode?>();

    /// <summary>Calls that must not be planned again.</summary>
    public IReadOnlyList<ClosedCall> Closed { get; init; } = [];

    /// <summary>The most steps.</summary>
    public int MaxSteps { get; init; } = DefaultMaxSteps;

    /// <summary>The most steps that change something.</summary>
    public int MaxWrites { get; init; } = DefaultMaxWrites;
}

/// <summary>A call that must not be made again.</summary>
/// <param name="Tool">The operation.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Code"><c>already_done</c>, <c>outcome_unknown</c> or <c>already_refused</c>.</param>
/// <param name="Message">Why, safe to show.</param>
internal sealed record ClosedCall(string Tool, JsonElement Arguments, string Code, string Message);
