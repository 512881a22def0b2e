using System.Text.Json;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.React;

/// <summary>Finds a call that the model has just made with the same arguments, so that it is answered from there instead of being made again.</summary>
internal sealed class RepeatedCalls(RunContext run, ReactTools tools, string? scope)
{
    private const int Window = 5;

    /// <summary>
    /// An identical call among the last five whose result stands. Reads count only since the last change: what was read before may be different now. Failures count when trying
    /// again cannot help.
    /// </summary>
    public StepState? Find(ModelToolCall call, ReactTool tool, JsonElement arguments, IReadOnlyList<ModelCalled> calls)
    {
        var earlier = calls.Where(known => known.Scope == scope).SelectMany(known => known.ToolCalls).TakeWhile(other => other.StepId != call.StepId).Reverse().Take(Window);
        foreach (var other in earlier)
        {
            var step = run.Snapshot.FindStep(other.StepId);
            if (step is { Status: StepStatus.Done } or { Status: StepStatus.Failed, Retryable: false, Code: not ("budget" or "invalid_argument" or "unknown_tool") }
                && tools.Find(other.Name)?.Operation.Id == tool.Operation.Id && TryRead(other.Arguments, out var same) && JsonElement.DeepEquals(same, arguments))
            {
                return step;
            }

            if (tool.Operation.Effect == OperationEffect.Read && HasChanged(other.StepId))
            {
                return null;
            }
        }

        return null;
    }

    public static bool AreSame(ModelToolCall one, ModelToolCall other) =>
        one.Name == other.Name && TryRead(one.Arguments, out var first) && TryRead(other.Arguments, out var second) && JsonElement.DeepEquals(first, second);

    public static bool TryRead(string text, out JsonElement arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
            arguments = document.RootElement.Clone();
            return arguments.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            arguments = default;
            return false;
        }
    }

    public static string Short(string text) => text.Length <= 64 ? text : text[..64];

    // The step itself, or a step of the hand-off that it is.
    private bool HasChanged(string stepId) => run.Snapshot.Actions.Any(action =>
        action.Status is ActionStatus.Sent or ActionStatus.Unknown or ActionStatus.Confirmed && (action.StepId == stepId || action.StepId.StartsWith(stepId + "/", StringComparison.Ordinal)));
}
