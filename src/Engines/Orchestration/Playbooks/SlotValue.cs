using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>
/// A value of the session's working memory with its type. Texts are kept as they are; numbers, dates, persons and tables as JSON that says the type. Of a table only where it is and what it looks like is kept, never its rows: they are in the journal of the run.
/// </summary>
internal static class SlotValue
{
    /// <summary>The longest value that is kept, in characters.</summary>
    public const int MaxLength = 500;

    private const string TypeName = "$slot";
    private const int MaxColumns = 8;

    // What systems call a person's parts, the surest first.
    private static readonly string[] Mails = ["email", "mail", "emailAddress"];
    private static readonly string[] Names = ["name", "displayName", "full_name"];

    /// <summary>What a value is kept as; null when it cannot be: empty, too long, or of no type that is kept.</summary>
    /// <param name="value">The value.</param>
    /// <param name="runId">The run that it comes from.</param>
    /// <param name="stepId">The step, where it is known.</param>
    public static string? Write(JsonNode? value, string runId, string? stepId = null)
    {
        var text = value switch
        {
            JsonValue number when number.GetValueKind() == JsonValueKind.Number => new JsonObject { [TypeName] = "number", ["value"] = number.DeepClone() }.ToJsonString(),
            JsonValue said when said.GetValueKind() == JsonValueKind.String => IsDate(said.GetValue<string>()) ? new JsonObject { [TypeName] = "date", ["value"] = said.GetValue<string>() }.ToJsonString() : Own(said.GetValue<string>()),
            JsonObject person when Part(person, Mails) is not null || (Part(person, Names) is not null && person.ContainsKey("userId")) => Person(person),
            JsonArray { Count: > 0 } table when table.All(row => row is JsonObject) => Table(table, runId, stepId),
            JsonArray { Count: 0 } or JsonObject => null,
            _ => Values.Text(value).Trim(),
        };
        return text is { Length: > 0 and <= MaxLength } ? text : null;
    }

    /// <summary>The value: numbers as numbers, persons and tables as objects, everything else as text.</summary>
    public static JsonNode? Read(string kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        return Typed(kept) is not { } typed ? JsonValue.Create(kept)
            : Text(typed, TypeName) is "number" or "date" ? typed["value"]?.DeepClone()
            : Without(typed);
    }

    /// <summary>As it reads in a sentence for a model. What systems say in words of their own, such as names and columns, is not in it: it stands among a model's instructions.</summary>
    public static string Tell(string kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        if (Typed(kept) is not { } typed)
        {
            return kept;
        }

        return Text(typed, TypeName) switch
        {
            "person" => new[] { Text(typed, "email"), Text(typed, "userId") }.FirstOrDefault(id => id is not null && !id.Any(char.IsWhiteSpace)) ?? "a person",
            "table" => $"a table of {Values.Text(typed["rows"])} rows, the result of step {Text(typed, "step") ?? "?"} of run {Text(typed, "run")}",
            _ => Values.Text(typed["value"]),
        };
    }

    /// <summary>What stands for it where a text is wanted: a person's mail address or name, a number's digits.</summary>
    public static string AsText(string kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        return Typed(kept) is not { } typed ? kept : Text(typed, TypeName) == "person" ? Text(typed, "email") ?? Text(typed, "name") ?? "" : Values.Text(typed["value"]);
    }

    private static string Person(JsonObject person)
    {
        var kept = new JsonObject { [TypeName] = "person" };
        foreach (var (name, value) in new[] { ("name", Part(person, Names)), ("email", Part(person, Mails)), ("userId", Text(person, "userId")) })
        {
            if (value is not null)
            {
                kept[name] = value;
            }
        }

        return kept.ToJsonString();
    }

    private static string Table(JsonArray table, string runId, string? stepId) => new JsonObject
    {
        [TypeName] = "table",
        ["run"] = runId,
        ["step"] = stepId,
        ["rows"] = table.Count,
        ["columns"] = new JsonArray([.. ((JsonObject)table[0]!).Select(column => column.Key).Where(name => name.Length <= 30).Take(MaxColumns).Select(name => (JsonNode)JsonValue.Create(name))]),
    }.ToJsonString();

    // A text that looks like a typed value is kept as a text: what a system says is nothing but a text.
    private static string Own(string text) => Typed(text.Trim()) is null ? text.Trim() : "";

    private static bool IsDate(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
        || (text.Length >= 19 && text[4] == '-' && text[10] == 'T' && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _));

    private static JsonObject? Typed(string kept)
    {
        if (!kept.StartsWith("{\"" + TypeName + "\":", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(kept) is JsonObject typed && Text(typed, TypeName) is "number" or "date" or "person" or "table" ? typed : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonObject Without(JsonObject typed)
    {
        var value = typed.DeepClone().AsObject();
        value.Remove(TypeName);
        return value;
    }

    private static string? Part(JsonObject from, string[] names) => names.Select(name => Text(from, name)).FirstOrDefault(text => text is not null);

    private static string? Text(JsonObject from, string name) => from[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is { Length: > 0 and <= 200 } text ? text : null;
}
