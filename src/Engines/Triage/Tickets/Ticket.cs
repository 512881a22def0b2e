namespace Steward.Engines.Triage.Tickets;

/// <summary>A ticket as far as triage reads it. Each field may be absent; all of them are whatever a person or a system wrote.</summary>
public sealed record Ticket
{
    /// <summary>The title.</summary>
    public string ShortDescription { get; init; } = "";

    /// <summary>The text.</summary>
    public string Description { get; init; } = "";

    /// <summary>The category that the requester chose.</summary>
    public string? Category { get; init; }

    /// <summary>The subcategory that the requester chose.</summary>
    public string? Subcategory { get; init; }

    /// <summary>The priority, as the system writes it.</summary>
    public string? Priority { get; init; }

    /// <summary>The requester's department.</summary>
    public string? Department { get; init; }

    /// <summary>The requester's location.</summary>
    public string? Location { get; init; }

    /// <summary>The configuration item that is concerned.</summary>
    public string? ConfigurationItem { get; init; }

    /// <summary>The hour of the day at which it was opened, 0 to 23, in the tenant's time zone.</summary>
    public int? Hour { get; init; }

    /// <summary>
    /// Title and text as one: the title, a blank, the text. A title that is empty or repeated at the text's beginning is left out, as in the texts that the shipped models
    /// are trained on.
    /// </summary>
    public string Text
    {
        get
        {
            var (title, text) = (ShortDescription.Trim(), Description.Trim());
            return title.Length == 0 || text.StartsWith(title, StringComparison.Ordinal) ? text : text.Length == 0 ? title : $"{title} {text}";
        }
    }

    /// <summary>The fields besides title and text, by name, without those that are absent.</summary>
    public IEnumerable<(string Field, string Value)> Attributes
    {
        get
        {
            (string Field, string? Value)[] all =
            [
                ("category", Category),
                ("subcategory", Subcategory),
                ("priority", Priority),
                ("department", Department),
                ("location", Location),
                ("ci", ConfigurationItem),
                ("hour", Hour is { } hour ? HourOfDay(hour) : null),
            ];
            foreach (var (name, value) in all)
            {
                if (!string.IsNullOrWhiteSpace(value))
                {
                    yield return (name, value.Trim());
                }
            }
        }
    }

    // Hours by themselves are too few to learn from: what matters is whether the office is open.
    private static string HourOfDay(int hour) => hour switch
    {
        >= 6 and < 12 => "morning",
        >= 12 and < 18 => "afternoon",
        >= 18 and < 22 => "evening",
        _ => "night",
    };
}
