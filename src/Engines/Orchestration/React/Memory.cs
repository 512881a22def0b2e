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
            var found = Values.Node(step.Result);
            if (found is JsonObject person && person.ContainsKey("email") && Playbooks.SlotValue.Write(person, run.Input.RunId) is { } who)
            {
                memory["last_person"] = who;
            }
            else if (Rows(found) is { } rows && Playbooks.SlotValue.Write(rows, run.Input.RunId, step.StepId) is { } table)
            {
                memory["last_table"] = table;
            }

            if (found is JsonObject result && (result["number"] ?? result["key"]) is JsonValue id && id.GetValueKind() == JsonValueKind.String && id.GetValue<string>() is { Length: > 0 and <= 64 } ticket)
            {
                memory["last_ticket"] = ticket;
            }
        }

        return memory;
    }

    // A list of several, or an object that has just one such list.
    private static JsonArray? Rows(JsonNode? result) => result switch
    {
        JsonArray { Count: > 1 } rows => rows,
        JsonObject whole when whole.Select(part => part.Value).OfType<JsonArray>().Where(rows => rows.Count > 1).ToList() is [var only] => only,
        _ => null,
    };
}
