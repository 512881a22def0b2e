using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Incidents;

/// <summary>Watches one tenant's new tickets for those that say the same, and for many alike in minutes. For one thread.</summary>
public interface ITicketWatch
{
    /// <summary>Takes note of a ticket. The same id again changes nothing.</summary>
    /// <param name="ticketId">Its id.</param>
    /// <param name="ticket">The ticket.</param>
    /// <param name="at">When it came.</param>
    TicketSighting See(string ticketId, Ticket ticket, DateTimeOffset at);
}
