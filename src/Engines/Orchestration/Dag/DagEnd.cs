using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Dag;

/// <summary>How a step came to its end.</summary>
/// <param name="Status"><c>done</c>, <c>failed</c> or <c>skipped</c>.</param>
/// <param name="Result">The result, when it is done.</param>
/// <param name="Code">A stable code, when it failed.</param>
/// <param name="Message">Why it failed.</param>
internal sealed record DagEnd(string Status, JsonElement? Result, string? Code, string? Message)
{
    public static DagEnd Skipped { get; } = new("skipped", null, null, null);

    public bool IsDone => Status == "done";

    public bool IsFailed => Status == "failed";

    /// <summary>Done, but there is no result to compute with: whatever wants it must not go on.</summary>
    public static DagEnd Missing { get; } = new("failed", null, ReadResult.MissingCode, ReadResult.MissingMessage);

    public static DagEnd From(CallResult result) => result is { Succeeded: true, HasLostResult: true } ? Missing : new(result.Succeeded ? "done" : "failed", result.Result, result.Code, result.Message);

    /// <param name="state">A step that is over.</param>
    /// <param name="result">Its whole result.</param>
    /// <param name="isMissing">Whether that is not kept any more.</param>
    public static DagEnd From(StepState state, JsonElement? result, bool isMissing = false) => state.Status switch
    {
        StepStatus.Done when isMissing => Missing,
        StepStatus.Done => new("done", result, null, null),
        StepStatus.Skipped or StepStatus.Dropped => Skipped,
        _ => new("failed", null, state.Code, state.Message),
    };

    /// <summary>What expressions see of the step.</summary>
    public JsonObject ToNode() => new()
    {
        ["status"] = Status,
        ["result"] = Values.Node(Result),
        ["code"] = Code,
        ["message"] = Message,
    };
}
