using Steward.Engines.Definitions;
using Steward.Engines.Triage.Tickets;

namespace Steward.Triage;

/// <summary>Tickets of the contract as the engine reads them.</summary>
internal static class TriageTickets
{
    /// <summary>The tenant's time zone; UTC when this machine does not know it.</summary>
    public static TimeZoneInfo ZoneOf(TriageSettings settings) => TimeZones.TryFind(settings.TimeZone, out var zone) ? zone : TimeZoneInfo.Utc;

    /// <summary>What the engine reads of a ticket. The hour is absent where nobody said when it was opened.</summary>
    public static Ticket Read(this TriageTicket ticket, TimeZoneInfo zone) => new()
    {
        ShortDescription = ticket.ShortDescription,
        Description = ticket.Description,
        Category = ticket.Category,
        Subcategory = ticket.Subcategory,
        Priority = ticket.Priority,
        Department = ticket.Department,
        Location = ticket.Location,
        ConfigurationItem = ticket.ConfigurationItem,
        Hour = ticket.OpenedAt is { } opened ? TimeZoneInfo.ConvertTime(opened, zone).Hour : ticket.Hour,
    };
}
