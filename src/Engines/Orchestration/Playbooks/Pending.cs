using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>A question that the last run of the session left open, kept in the working memory.</summary>
internal sealed record Pending
{
    /// <summary>The slot of the working memory.</summary>
    public const string Key = "pending";

    private const int MaxLength = 8_000;

    /// <summary>The playbooks to choose from; one when a slot is asked for or a single one was offered.</summary>
    public required IReadOnlyList<string> Playbooks { get; init; }

    /// <summary>The slot that was asked for; null when a playbook was asked for.</summary>
    public string? Slot { get; init; }

    /// <summary>What is known already.</summary>
    public JsonObject? Slots { get; init; }

    /// <summary>The message that the question was about.</summary>
    public required string Text { get; init; }

    public static string ForSlot(string playbook, string slot, JsonObject known, string text) =>
        Limit(new JsonObject { ["playbooks"] = new JsonArray(playbook), ["slot"] = slot, ["slots"] = known.DeepClone(), ["text"] = text });

    public static string ForChoice(IEnumerable<string> playbooks, string text) =>
        Limit(new JsonObject { ["playbooks"] = new JsonArray([.. playbooks.Select(id => (JsonNode)JsonValue.Create(id))]), ["text"] = text });

    /// <summary>Changes to the working memory that remove an open question, if there is one.</summary>
    public static Dictionary<string, string> Clear(IReadOnlyDictionary<string, string> memory) =>
        memory.TryGetValue(Key, out var value) && value.Length > 0 ? new(StringComparer.Ordinal) { [Key] = "" } : new(StringComparer.Ordinal);

    public static Pending? Read(IReadOnlyDictionary<string, string> memory)
    {
        if (!memory.TryGetValue(Key, out var value) || value.Length == 0)
        {
            return null;
        }

        try
        {
            var node = JsonNode.Parse(value) as JsonObject;
            return node?["playbooks"] is JsonArray playbooks && node["text"] is JsonValue text
                ? new Pending
                {
                    Playbooks = [.. playbooks.Select(id => id!.GetValue<string>())],
                    Slot = node["slot"]?.GetValue<string>(),
                    Slots = node["slots"] as JsonObject,
                    Text = text.GetValue<string>(),
                }
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            // Written by another version: the question is forgotten.
            return null;
        }
    }

    // A question about a very long message is not kept; the person writes again.
    private static string Limit(JsonObject value)
    {
        var text = value.ToJsonString();
        return text.Length <= MaxLength ? text : "";
    }
}
