using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Incidents;

/// <summary>Watches one tenant's new tickets for those that say the same, and for many alike in minutes. For one thread.</summary>
public interface ITicketWatch
{
    /// <summary>Takes note of a ticket. The same id again changes nothing.</summary>
    /// <param name="ticketId">Its id.</param>
    /// <param name="ticket">The ticket.</param>
    /// <param name="at">When it was opened, or came. Tickets need not come in that order.</param>
    TicketSighting See(string ticketId, Ticket ticket, DateTimeOffset at);

    /// <summary>Takes note that a ticket was solved or closed: no later one is its duplicate. It still says what is usual, and belongs to its incident.</summary>
    /// <param name="ticketId">Its id.</param>
    /// <returns>Whether that changes anything: false for one that is not remembered, or was closed already.</returns>
    bool Close(string ticketId);
}
