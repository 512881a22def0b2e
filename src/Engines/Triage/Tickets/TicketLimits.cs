namespace Steward.Engines.Triage.Tickets;

/// <summary>What a ticket may hold. Whatever a person or a system wrote is taken, as long as it is text and of bounded length.</summary>
public static class TicketLimits
{
    /// <summary>The longest title.</summary>
    public const int LongestTitle = 1_000;

    /// <summary>The longest text.</summary>
    public const int LongestText = 100_000;

    /// <summary>The longest attribute.</summary>
    public const int LongestAttribute = 500;

    // What a damaged or binary file is mostly made of; a stray one occurs in mails that were pasted.
    private const double MostUnreadable = 0.1;
    private const int FewestUnreadable = 3;

    /// <summary>Says which field of a ticket is not what is allowed; null when all are.</summary>
    public static FieldProblem? Find(Ticket ticket)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        (string Field, string? Value, int Longest)[] fields =
        [
            ("shortDescription", ticket.ShortDescription, LongestTitle),
            ("description", ticket.Description, LongestText),
            ("category", ticket.Category, LongestAttribute),
            ("subcategory", ticket.Subcategory, LongestAttribute),
            ("priority", ticket.Priority, LongestAttribute),
            ("department", ticket.Department, LongestAttribute),
            ("location", ticket.Location, LongestAttribute),
            ("configurationItem", ticket.ConfigurationItem, LongestAttribute),
        ];
        foreach (var (field, value, longest) in fields)
        {
            if (FindText(field, value, longest) is { } problem)
            {
                return problem;
            }
        }

        return string.IsNullOrWhiteSpace(ticket.ShortDescription) && string.IsNullOrWhiteSpace(ticket.Description)
            ? new FieldProblem("shortDescription", "the ticket must have a title or a description.")
            : null;
    }

    /// <summary>Says what is wrong with one text; null when nothing is, or there is none.</summary>
    public static FieldProblem? FindText(string field, string? value, int longest)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        if (value.Length > longest)
        {
            return new FieldProblem(field, $"must have at most {longest} characters; it has {value.Length}.");
        }

        var unreadable = 0;
        for (var i = 0; i < value.Length; i++)
        {
            var unit = value[i];
            if (unit == '\0' || char.IsLowSurrogate(unit))
            {
                return NotText(field);
            }

            if (char.IsHighSurrogate(unit))
            {
                if (i + 1 == value.Length || !char.IsLowSurrogate(value[++i]))
                {
                    return NotText(field);
                }
            }
            else if (unit == '\uFFFD' || (char.IsControl(unit) && unit is not ('\t' or '\r' or '\n')))
            {
                unreadable++;
            }
        }

        return unreadable >= FewestUnreadable && unreadable > value.Length * MostUnreadable ? NotText(field) : null;
    }

    private static FieldProblem NotText(string field) => new(field, "must be text: it holds U+0000, halves of surrogate pairs, or mostly characters that nobody can read.");
}

/// <summary>A field that is not what is allowed.</summary>
/// <param name="Field">Its name, as the API writes it.</param>
/// <param name="Allowed">What is allowed, as the end of a sentence.</param>
public readonly record struct FieldProblem(string Field, string Allowed);
