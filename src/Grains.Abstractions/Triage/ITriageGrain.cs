using Orleans.Concurrency;

namespace Steward.Triage;

/// <summary>
/// A tenant's triage: which group a ticket belongs to, and whether that is sure enough to be done without a person. Key: <c>t-acme/i-triage</c>. It owns the tenant's groups, thresholds, the version of the
/// tenant's own head that answers, and the journal of decisions and labels. Answers come from the shared base until the tenant has a head of its own.
/// </summary>
[Alias("steward.triage")]
public interface ITriageGrain : IGrainWithStringKey
{
    /// <summary>
    /// Classifies a ticket. With an id the decision is journaled before it is returned, and the same id with the same content gets the same decision again; without one nothing is kept. Members of the tenant,
    /// and the platform.
    /// </summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>overloaded</c>; <c>unavailable</c> when no silo can run models and the tenant has no head of words alone.</exception>
    [Alias("classify")]
    [AlwaysInterleave] // Safe: what is read is immutable and exchanged as a whole; appends of decisions queue behind each other.
    Task<TriageDecision> Classify(TriageTicket ticket, CancellationToken cancellationToken = default);

    /// <summary>The decision about a ticket, with what became of it since; null when there is none.</summary>
    [Alias("get-decision")]
    [AlwaysInterleave] // Safe: reads the journal.
    Task<TriageDecision?> GetDecision(string ticketId, CancellationToken cancellationToken = default);

    /// <summary>Labelled tickets that are most like a text, by what it means and by its words. Admins, auditors and the platform look among all tickets, other members among those that they sent.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>overloaded</c> when too many searches of the tenant are under way.</exception>
    [Alias("find-tickets")]
    [AlwaysInterleave] // Safe: reads what was durable before.
    Task<FoundTickets> FindTickets(FindTickets query, CancellationToken cancellationToken = default);

    /// <summary>
    /// The tickets that were sure enough for no group, and of which neither an admin nor the platform nor their trusted sender has said yet where they belong: decisions with an id whose band is <see cref="TriageBand.Human"/>. What others say of a ticket
    /// stands in its decision, and leaves it here. Admins, auditors and the platform.
    /// </summary>
    /// <param name="afterSequence">Only tickets after this place; 0 from the start.</param>
    /// <param name="limit">1 to 100.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    [Alias("list-waiting")]
    [AlwaysInterleave] // Safe: reads what was last folded, and the journal.
    Task<WaitingTickets> ListWaiting(long afterSequence, int limit, CancellationToken cancellationToken = default);

    /// <summary>
    /// Says where tickets belong: feedback, a re-assignment, or imported history. Durable when this returns. Idempotent by ticket, label and <see cref="TriageLabel.EventId"/>. Who says so is the caller, or, for the
    /// platform, <see cref="TriageLabel.By"/>.
    /// </summary>
    /// <returns>One result per label, in their order; what is wrong with one does not stop the others.</returns>
    [Alias("label")]
    Task<IReadOnlyList<TriageLabelResult>> Label(IReadOnlyList<TriageLabel> labels, CancellationToken cancellationToken = default);

    /// <summary>Says that a ticket was solved, closed or withdrawn in its system: later tickets are not its duplicates. Durable when this returns; idempotent, and nothing for one that nobody would compare with any more. The platform only.</summary>
    [Alias("close")]
    [AlwaysInterleave] // Safe: what is remembered of tickets changes between awaits only, and appends queue behind each other.
    Task Close(string ticketId, CancellationToken cancellationToken = default);

    /// <summary>A page of what was said, oldest first, with the tickets: what heads are trained on. The platform only.</summary>
    /// <param name="afterSequence">Only labels after this one; 0 from the start.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    [Alias("list-labels")]
    [AlwaysInterleave] // Safe: reads the journal.
    Task<TriageLabelPage> ListLabels(long afterSequence, int limit, CancellationToken cancellationToken = default);

    /// <summary>The tenant's settings.</summary>
    [Alias("get-settings")]
    [AlwaysInterleave] // Safe: returns what was last folded.
    Task<TriageSettings> GetSettings(CancellationToken cancellationToken = default);

    /// <summary>Replaces the settings. Admins only.</summary>
    /// <param name="settings">All of them; <see cref="TriageSettings.Version"/> is the one that was read, else <c>conflict</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>conflict</c>.</exception>
    [Alias("set-settings")]
    Task<TriageSettings> SetSettings(TriageSettings settings, CancellationToken cancellationToken = default);

    /// <summary>What was decided and what became of it. Admins and auditors.</summary>
    /// <param name="days">The last so many days, 1 to 90, today among them.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("report")]
    [AlwaysInterleave] // Safe: returns what was last folded.
    Task<TriageReport> GetReport(int days, CancellationToken cancellationToken = default);

    /// <summary>Puts a trained head beside those that there are, without using it. Idempotent by its content. The platform only.</summary>
    /// <returns>Its version.</returns>
    [Alias("add-head")]
    Task<TriageHeadInfo> AddHead(AddTriageHead command, CancellationToken cancellationToken = default);

    /// <summary>
    /// Decides which head answers: for a share of the tickets (canary), or all. The share of a ticket is decided by a hash of its id. Idempotent. The platform, and admins for going back to a head that answered before or letting the one on trial take over.
    /// </summary>
    [Alias("use-head")]
    Task<TriageHeads> UseHead(UseTriageHead command, CancellationToken cancellationToken = default);

    /// <summary>The heads that there are, which one answers, and how each has fared.</summary>
    [Alias("get-heads")]
    [AlwaysInterleave] // Safe: returns what was last folded.
    Task<TriageHeads> GetHeads(CancellationToken cancellationToken = default);

    /// <summary>The bytes of a head; null when there is none with this version. The platform only.</summary>
    [Alias("read-head")]
    [AlwaysInterleave] // Safe: reads a content by its hash.
    Task<byte[]?> ReadHead(string version, CancellationToken cancellationToken = default);
}
