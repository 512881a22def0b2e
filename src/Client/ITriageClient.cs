using Steward.Errors;
using Steward.Triage;

namespace Steward.Client;

/// <summary>The tenant's triage of tickets: where they belong, what people said since, and how it learns from that. Reached through <see cref="IStewardUserClient.Triage"/>.</summary>
public interface ITriageClient
{
    /// <summary>Classifies a ticket. With an id the decision is kept, and the same id with the same content gets the same decision again; without one nothing is kept.</summary>
    Task<TriageDecision> ClassifyAsync(TriageTicket ticket, CancellationToken cancellationToken = default);

    /// <summary>Classifies up to 100 tickets, each for itself: what is wrong with one does not stop the others.</summary>
    /// <returns>One outcome per ticket, in their order.</returns>
    Task<IReadOnlyList<TriageOutcome>> ClassifyAllAsync(IReadOnlyList<TriageTicket> tickets, CancellationToken cancellationToken = default);

    /// <summary>The decision about a ticket, with what became of it since.</summary>
    /// <exception cref="StewardException"><c>not_found</c> when there is none.</exception>
    Task<TriageDecision> GetDecisionAsync(string ticketId, CancellationToken cancellationToken = default);

    /// <summary>Labelled tickets that are most like a text, by what it means and by its words. Admins and auditors look among all tickets, others among those that they sent.</summary>
    Task<FoundTickets> FindTicketsAsync(FindTickets query, CancellationToken cancellationToken = default);

    /// <summary>Tickets that wait for a person to say where they belong, oldest first. Admins and auditors.</summary>
    /// <param name="afterSequence">Only tickets after this place; 0 from the start.</param>
    /// <param name="limit">1 to 100.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<WaitingTickets> ListWaitingAsync(long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default);

    /// <summary>Says in this person's name where up to 100 tickets belong. Idempotent by ticket, label and event id.</summary>
    /// <returns>One result per label, in their order.</returns>
    Task<IReadOnlyList<TriageLabelResult>> LabelAsync(IReadOnlyList<TriageLabel> labels, CancellationToken cancellationToken = default);

    /// <summary>The tenant's settings.</summary>
    Task<TriageSettings> GetSettingsAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces the settings; <see cref="TriageSettings.Version"/> is the one that was read, else <c>conflict</c>. Admins only. Not repeated after a failure with an unknown outcome.</summary>
    Task<TriageSettings> SetSettingsAsync(TriageSettings settings, CancellationToken cancellationToken = default);

    /// <summary>What was decided in the last <paramref name="days"/> days, 1 to 90, and what became of it. Admins and auditors.</summary>
    Task<TriageReport> GetReportAsync(int days = 7, CancellationToken cancellationToken = default);

    /// <summary>The heads that there are, which one answers, and how each has fared.</summary>
    Task<TriageHeads> GetHeadsAsync(CancellationToken cancellationToken = default);

    /// <summary>Goes back to a head that answered before, or to the base. Idempotent. Admins only.</summary>
    Task<TriageHeads> UseHeadAsync(UseTriageHead command, CancellationToken cancellationToken = default);

    /// <summary>The last trainings, newest first.</summary>
    Task<IReadOnlyList<TriageTraining>> ListTrainingsAsync(CancellationToken cancellationToken = default);

    /// <summary>Starts a training now, or names the one that is under way. Admins only.</summary>
    Task<TriageTraining> StartTrainingAsync(CancellationToken cancellationToken = default);

    /// <summary>What is known of drift, label noise and overrides. Admins and auditors.</summary>
    Task<TriageHealth> GetHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends a file of old tickets, comma-separated text. The rows are durable when this returns, and are read in the background. Idempotent by <paramref name="operationId"/>: the same file with the same id goes on where it broke off.
    /// Admins only.
    /// </summary>
    /// <param name="open">Opens the file at its beginning; called again when the sending has to be repeated.</param>
    /// <param name="operationId">1 to 128 printable characters; null draws a new one.</param>
    /// <param name="cancellationToken">Stops sending; what was sent waits an hour for the rest.</param>
    /// <exception cref="StewardException"><c>limit_reached</c> while another import is at work, or for too large a file; <c>conflict</c> when the id belongs to another file.</exception>
    Task<TriageImport> ImportAsync(Func<Stream> open, string? operationId = null, CancellationToken cancellationToken = default);

    /// <summary>How far an import is. Admins only.</summary>
    Task<TriageImport> GetImportAsync(string importId, CancellationToken cancellationToken = default);

    /// <summary>The last 20 imports, newest first. Admins only.</summary>
    Task<IReadOnlyList<TriageImport>> ListImportsAsync(CancellationToken cancellationToken = default);

    /// <summary>How far an import is, again and again, whenever that has changed, until it is over. Admins only.</summary>
    IAsyncEnumerable<TriageImport> WatchImportAsync(string importId, CancellationToken cancellationToken = default);

    /// <summary>Ends an import; rows that were read stay. Idempotent. Admins only.</summary>
    Task<TriageImport> CancelImportAsync(string importId, CancellationToken cancellationToken = default);
}

/// <summary>What became of one of several tickets: it has either a decision or an error.</summary>
/// <param name="TicketId">The ticket; null when it had no id.</param>
/// <param name="Decision">The decision.</param>
/// <param name="Error">Why there is none.</param>
public sealed record TriageOutcome(string? TicketId, TriageDecision? Decision, StewardException? Error);
