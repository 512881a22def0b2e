using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Expressions;
using Steward.Engines.Orchestration.Limits;

namespace Steward.Engines.Orchestration.React;

/// <summary>Reads parts of results that were too large to tell, of this run only and not beyond the hand-off that asks.</summary>
internal sealed class StoredResults(RunContext run, string? scope)
{
    private const int MaxText = 4_000;
    private const int MaxItems = 8_000;

    /// <summary>Whether there is one.</summary>
    public bool Exist => run.Snapshot.Steps.Any(step => step.ResultHash is not null && MayRead(step.StepId));

    /// <summary>Carries out a call of the tool.</summary>
    public async Task<CallResult> ReadAsync(string stepId, JsonElement arguments)
    {
        var step = arguments.GetProperty("step").GetString()!;
        if (run.Snapshot.FindStep(step) is not { ResultHash: { } hash } || !MayRead(step))
        {
            return Failed(stepId, "not_found", $"Step '{Short(step)}' has no stored result.", "step");
        }

        if (await run.LoadContentAsync(hash) is not { } bytes)
        {
            return Failed(stepId, "not_found", "The whole result is not kept any more.", "step");
        }

        using var document = JsonDocument.Parse(bytes);
        var path = arguments.TryGetProperty("path", out var pointer) ? pointer.GetString()! : "";
        if (Find(document.RootElement, path) is not { } value)
        {
            return Failed(stepId, "not_found", $"There is nothing at '{Short(path)}'. A path is a JSON pointer such as /items/0/name.", "path");
        }

        var offset = arguments.TryGetProperty("offset", out var first) ? first.GetInt32() : 0;
        var limit = arguments.TryGetProperty("limit", out var most) ? most.GetInt32() : int.MaxValue;
        var slice = Slice(value, offset, limit);
        slice["step"] = step;
        slice["path"] = path;
        var result = Values.Element(slice);
        return new CallResult { Result = result, Facts = [new StepCompleted { StepId = stepId, Status = "done", Result = result }] };
    }

    internal static JsonObject Slice(JsonElement value, int offset, int limit)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                var items = new JsonArray();
                var length = 0;
                foreach (var item in value.EnumerateArray().Skip(offset).Take(limit))
                {
                    var text = item.GetRawText();
                    length += text.Length;
                    if (length > MaxItems && items.Count > 0)
                    {
                        break;
                    }

                    items.Add(text.Length > MaxItems ? Outline(item) : JsonNode.Parse(text));
                }

                return new JsonObject { ["kind"] = "list", ["total"] = value.GetArrayLength(), ["offset"] = offset, ["items"] = items };
            case JsonValueKind.String:
                var whole = value.GetString()!;
                var from = Math.Min(offset, whole.Length);
                return new JsonObject { ["kind"] = "text", ["total"] = whole.Length, ["offset"] = from, ["text"] = whole.Substring(from, Math.Min(Math.Min(limit, MaxText), whole.Length - from)) };
            default:
                var raw = value.GetRawText();
                return raw.Length <= MaxItems ? new JsonObject { ["kind"] = "value", ["value"] = JsonNode.Parse(raw) } : new JsonObject { ["kind"] = "outline", ["value"] = Outline(value) };
        }
    }

    // Says what there is to read on.
    private static JsonNode Outline(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => new JsonObject(value.EnumerateObject().Take(200).DistinctBy(member => member.Name).Select(member => KeyValuePair.Create(member.Name, (JsonNode?)Kind(member.Value)))),
        _ => Kind(value),
    };

    private static JsonValue Kind(JsonElement value) => JsonValue.Create(value.ValueKind switch
    {
        JsonValueKind.Array => $"list of {value.GetArrayLength()}",
        JsonValueKind.Object => "object",
        JsonValueKind.String => $"text of {value.GetString()!.Length}",
        _ => value.GetRawText(),
    });

    private static JsonElement? Find(JsonElement root, string path)
    {
        if (path.Length == 0)
        {
            return root;
        }

        if (path[0] != '/')
        {
            return null;
        }

        var value = root;
        foreach (var part in path[1..].Split('/'))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member))
            {
                value = member;
            }
            else if (value.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < value.GetArrayLength())
            {
                value = value[index];
            }
            else
            {
                return null;
            }
        }

        return value;
    }

    private bool MayRead(string step) => scope is null || (step != scope && RunBudget.IsWithin(step, scope));

    private static CallResult Failed(string stepId, string code, string message, string field) =>
        new() { Code = code, Message = message, Facts = [new StepFailed { StepId = stepId, Code = code, Message = message, Field = field }] };

    private static string Short(string text) => text.Length <= 64 ? text : text[..64];
}
