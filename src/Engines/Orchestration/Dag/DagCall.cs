using System.Text.Json;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Actions;

namespace Steward.Engines.Orchestration.Dag;

/// <summary>A step that is about to begin.</summary>
/// <param name="Started">The fact that says so.</param>
internal sealed record DagCall(StepStarted Started)
{
    /// <summary>Carries it out; null when it cannot even begin. The token fires when the step is not worked on any more; what changes something knows that better by itself.</summary>
    public Func<CancellationToken, Task<CallResult>>? Call { get; init; }

    /// <summary>Why it cannot begin.</summary>
    public CallResult? Fault { get; init; }

    /// <summary>The operation that it calls, if it calls one.</summary>
    public ConnectorOperation? Operation { get; init; }

    /// <summary>The arguments of <see cref="Operation"/>.</summary>
    public JsonElement Arguments { get; init; }

    /// <summary>Whether it changes nothing in any system, so that it may as well be done twice.</summary>
    public bool OnlyReads => Operation is { Effect: OperationEffect.Read };

    /// <summary>A step that cannot begin.</summary>
    public static DagCall Faulty(StepStarted started, string code, string message, string? field = null, params IReadOnlyList<RunFact> before) => new(started)
    {
        Fault = new CallResult
        {
            Code = code,
            Message = message,
            Facts = [.. before, new StepFailed { StepId = started.StepId, Code = code, Message = message, Field = string.IsNullOrEmpty(field) ? null : field }],
        },
    };
}
