using System.Globalization;
using System.Text.Json;
using Steward.Errors;

namespace Steward.Gateway.OpenAI;

/// <summary>The members of a JSON object of a request. What is wrong is named with its path; null is the same as absent.</summary>
/// <param name="element">The object.</param>
/// <param name="path">Where it stands, such as <c>messages[0].</c>; empty at the root.</param>
internal readonly struct JsonFields(JsonElement element, string path = "")
{
    /// <summary>Refuses members that are not known, so that nothing is ignored that the caller relies on.</summary>
    public void Only(params ReadOnlySpan<string> known)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (known.IndexOf(member.Name) < 0 && member.Value.ValueKind != JsonValueKind.Null)
            {
                throw Invalid(member.Name, "is not supported by this endpoint.");
            }
        }
    }

    /// <summary>Refuses a member that says something else than what holds anyway.</summary>
    public void Refuse(string name, Func<JsonElement, bool> isHarmless, string reason)
    {
        if (Any(name) is { } value && !isHarmless(value))
        {
            throw Invalid(name, reason);
        }
    }

    /// <summary>Whether a value is a certain text, whatever kind it is of.</summary>
    public static bool IsText(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    /// <summary>A member of any kind.</summary>
    public JsonElement? Any(string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text.</summary>
    public string? Text(string name, int longest = int.MaxValue) => Any(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String && value.GetString() is { } text && text.Length <= longest ? text
        : throw Invalid(name, longest == int.MaxValue ? "must be a string." : $"must be a string of at most {longest} characters.");

    /// <summary>A text that has to be there.</summary>
    public string Needed(string name, int longest = int.MaxValue) => Text(name, longest) ?? throw Invalid(name, "is required.");

    /// <summary>One of some texts.</summary>
    public string? OneOf(string name, params string[] allowed) => Text(name) is not { } text ? null : allowed.Contains(text) ? text : throw Invalid(name, $"must be one of {string.Join(", ", allowed)}.");

    /// <summary>True or false.</summary>
    public bool? Flag(string name) => Any(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Invalid(name, "must be true or false.");

    /// <summary>A whole number.</summary>
    public long? Whole(string name, long least, long most) => Any(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most ? number
        : throw Invalid(name, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {most}."));

    /// <summary>A number.</summary>
    public double? Number(string name, double least, double most) => Any(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most ? number
        : throw Invalid(name, string.Create(CultureInfo.InvariantCulture, $"must be a number from {least} to {most}."));

    /// <summary>An object.</summary>
    public JsonFields? Object(string name) => Any(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new JsonFields(value, $"{path}{name}.")
        : throw Invalid(name, "must be an object.");

    /// <summary>The raw JSON of an object.</summary>
    public string? Raw(string name) => Any(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? value.GetRawText()
        : throw Invalid(name, "must be an object.");

    /// <summary>The objects of a list; empty when it is absent.</summary>
    public IReadOnlyList<JsonFields> Objects(string name, int most)
    {
        if (Any(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most)
        {
            throw Invalid(name, $"must be a list of at most {most} objects.");
        }

        var list = new List<JsonFields>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            var at = $"{path}{name}[{list.Count}]";
            list.Add(item.ValueKind == JsonValueKind.Object ? new JsonFields(item, at + ".") : throw StewardException.Invalid(at, "must be an object."));
        }

        return list;
    }

    /// <summary>A text or a list of texts; empty when it is absent.</summary>
    public IReadOnlyList<string> Texts(string name, int most)
    {
        if (Any(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return [value.GetString()!];
        }

        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= most && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : throw Invalid(name, $"must be a string or a list of at most {most} strings.");
    }

    /// <summary>What is wrong with a member.</summary>
    public StewardException Invalid(string name, string allowed) => StewardException.Invalid(path + name, allowed);
}
