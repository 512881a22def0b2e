using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.React;

/// <summary>What a run that a model worked off leaves behind for the next message of the session.</summary>
internal static class Memory
{
    public static Dictionary<string, string> After(RunContext run)
    {
        var memory = Playbooks.Pending.Clear(run.Input.WorkingMemory);
        foreach (var step in run.Snapshot.Steps.Where(step => step.Status == StepStatus.Done))
        {
            if (Values.Node(step.Result) is JsonObject result && (result["number"] ?? result["key"]) is JsonValue id && id.GetValueKind() == JsonValueKind.String && id.GetValue<string>() is { Length: > 0 and <= 64 } ticket)
            {
                memory["last_ticket"] = ticket;
            }
        }

        return memory;
    }
}
