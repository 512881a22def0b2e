using Steward.Errors;
using Steward.Triage;

namespace Steward.Client;

/// <summary>What the cluster would refuse about tickets.</summary>
internal static partial class InputRules
{
    public const int MaxTickets = 100;
    public const int MaxTicketIdLength = 200;
    public const int MaxTicketTitleLength = 1000;
    public const int MaxTicketTextLength = 100_000;
    public const int MaxTicketFieldLength = 1000;
    public const int MaxLabelLength = 200;
    public const int MaxReportDays = 90;
    public const int MaxSearchLength = 2_000;
    public const int MaxFoundTickets = 50;

    public static void ImportId(string? value) => Id(value, 'm', "importId");

    public static void TicketId(string? value, string field = "ticketId")
    {
        if (value is null or { Length: 0 or > MaxTicketIdLength } || HasControl(value))
        {
            throw StewardException.Invalid(field, $"must have 1 to {MaxTicketIdLength} characters and no control characters.");
        }
    }

    public static void Ticket(TriageTicket ticket)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        if (ticket.Id is not null)
        {
            TicketId(ticket.Id, "id");
        }

        if (string.IsNullOrWhiteSpace(ticket.ShortDescription) && string.IsNullOrWhiteSpace(ticket.Description))
        {
            throw StewardException.Invalid("shortDescription", "must not be blank when description is.");
        }

        TicketText(ticket.ShortDescription, MaxTicketTitleLength, "shortDescription");
        TicketText(ticket.Description, MaxTicketTextLength, "description");
        TicketText(ticket.Category, MaxTicketFieldLength, "category");
        TicketText(ticket.Subcategory, MaxTicketFieldLength, "subcategory");
        TicketText(ticket.Priority, MaxTicketFieldLength, "priority");
        TicketText(ticket.Department, MaxTicketFieldLength, "department");
        TicketText(ticket.Location, MaxTicketFieldLength, "location");
        TicketText(ticket.ConfigurationItem, MaxTicketFieldLength, "configurationItem");
        TicketText(ticket.Group, MaxLabelLength, "group");
    }

    public static void FindTickets(FindTickets query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (string.IsNullOrWhiteSpace(query.Text) || query.Text.Length > MaxSearchLength)
        {
            throw StewardException.Invalid("text", $"must have 1 to {MaxSearchLength} characters.");
        }

        if (query.Top is < 1 or > MaxFoundTickets)
        {
            throw StewardException.Invalid("top", $"must be 1 to {MaxFoundTickets}.");
        }

        if (query.Groups is { } groups && (groups.Count > MaxFoundTickets || groups.Any(group => string.IsNullOrWhiteSpace(group) || group.Length > MaxLabelLength)))
        {
            throw StewardException.Invalid("groups", $"must be at most {MaxFoundTickets} names of groups.");
        }
    }

    public static void Labels(IReadOnlyList<TriageLabel> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        Several(labels.Count, "labels");
    }

    public static void Several(int count, string field)
    {
        if (count is < 1 or > MaxTickets)
        {
            throw StewardException.Invalid(field, $"must have 1 to {MaxTickets} entries.");
        }
    }

    public static void Label(TriageLabel label)
    {
        ArgumentNullException.ThrowIfNull(label);
        TicketId(label.TicketId);
        if (string.IsNullOrWhiteSpace(label.Label) || label.Label.Length > MaxLabelLength || HasControl(label.Label))
        {
            throw StewardException.Invalid("label", $"must have 1 to {MaxLabelLength} characters and no control characters.");
        }

        if (label.EventId is not null)
        {
            Token(label.EventId, 200, "eventId");
        }

        if (label.Ticket is { } ticket)
        {
            Ticket(ticket);
            if (ticket.Id is not null && !string.Equals(ticket.Id, label.TicketId, StringComparison.Ordinal))
            {
                throw StewardException.Invalid("ticket.id", "must be the ticketId, or be left out.");
            }
        }
    }

    public static void ReportDays(int days)
    {
        if (days is < 1 or > MaxReportDays)
        {
            throw StewardException.Invalid("days", $"must be 1 to {MaxReportDays}.");
        }
    }

    public static void UseHead(UseTriageHead command)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command.Version is not null)
        {
            Token(command.Version, 100, "version");
        }

        if (command.Share is not (>= 0 and <= 1))
        {
            throw StewardException.Invalid("share", "must be 0 to 1.");
        }

        if (string.IsNullOrWhiteSpace(command.Reason) || command.Reason.Length > MaxReasonLength)
        {
            throw StewardException.Invalid("reason", $"must have 1 to {MaxReasonLength} characters.");
        }
    }

    private static void TicketText(string? value, int most, string field)
    {
        if (value is null)
        {
            return;
        }

        if (value.Length > most)
        {
            throw StewardException.Invalid(field, $"must have at most {most:N0} characters.");
        }

        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw StewardException.Invalid(field, "must not have a NUL character.");
        }
    }

    private static bool HasControl(string value) => value.AsSpan().ContainsAnyInRange('\0', '\u001f') || value.Contains('\u007f', StringComparison.Ordinal);
}
