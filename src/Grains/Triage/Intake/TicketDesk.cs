using Microsoft.Extensions.Logging;
using Steward.Identity;

namespace Steward.Triage;

/// <summary>
/// Takes a ticket to the triage of its tenant and the decision back to it, or what people did with it afterwards as a label. Keeps nothing. A decision is durable before anything is written; whatever may have been done by an
/// earlier attempt is looked up in the record before it is done again, and what somebody did there meanwhile stays.
/// </summary>
internal sealed partial class TicketDesk(ITenantTriage triage, MajorIncidentNotices incidents, PlatformIdentity platform, TimeProvider time, ILogger<TicketDesk> logger)
{
    // A ticket whose first event was lost is taken for new by a later one, if it is not older than this.
    private static readonly TimeSpan NewFor = TimeSpan.FromHours(1);

    /// <summary>Works on what happened to a ticket. May be called again after anything.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="system">Where the ticket is.</param>
    /// <param name="connector">How its instance is triaged.</param>
    /// <param name="hooked">Which ticket.</param>
    /// <param name="isAgain">Whether an earlier attempt may have done a part of it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What became of it, for metrics.</returns>
    /// <exception cref="TicketSystemException">The system does not do what it is asked for.</exception>
    /// <exception cref="Errors.StewardException">Triage cannot be asked now.</exception>
    public async Task<string> HandleAsync(string tenantId, TicketSystem system, TriageConnector connector, HookedTicket hooked, bool isAgain, CancellationToken cancellationToken)
    {
        if (await system.ReadAsync(hooked.Record, cancellationToken) is not { } record)
        {
            return "gone";
        }

        platform.Assume(tenantId);
        var earlier = await triage.Of(tenantId).GetDecision(record.Ticket.Id!, cancellationToken);
        if (earlier is not null && !record.IsOpen)
        {
            platform.Assume(tenantId);
            await triage.Of(tenantId).Close(record.Ticket.Id!, cancellationToken);
        }

        if (hooked.IsNew || (earlier is null && IsFresh(record)))
        {
            return record.IsOpen ? await RouteAsync(tenantId, system, connector, record, earlier, isAgain, cancellationToken) : "closed";
        }

        return earlier is null ? "unknown" : await LearnAsync(tenantId, system, record, earlier, cancellationToken);
    }

    private async Task<string> RouteAsync(
        string tenantId, TicketSystem system, TriageConnector connector, TicketRecord first, TriageDecision? earlier, bool isAgain, CancellationToken cancellationToken)
    {
        platform.Assume(tenantId);

        // The ticket as it is, whoever asked about its id before; with the group that it had the first time, so that the same ticket is not another one because it was assigned since.
        var ticket = earlier is not null ? first.Ticket with { Group = earlier.TicketGroup } : first.Ticket;
        var decision = await triage.Of(tenantId).Classify(ticket, cancellationToken);
        var became = connector.WritesBack ? await WriteAsync(system, connector, first, decision, earlier is not null || isAgain, cancellationToken) : "decided";
        await incidents.TellAsync(tenantId, system.Instance, decision, first.Ticket.ShortDescription, cancellationToken);
        return became;
    }

    private async Task<string> WriteAsync(TicketSystem system, TriageConnector connector, TicketRecord first, TriageDecision decision, bool isAgain, CancellationToken cancellationToken)
    {
        // Read once more: somebody may have worked on it while it was being classified, and an earlier attempt may have been done after all.
        if (await system.ReadAsync(first.Id, cancellationToken) is not { IsOpen: true } now)
        {
            return "closed";
        }

        if (await system.IsNotedAsync(now, isAgain, cancellationToken))
        {
            return "noted";
        }

        var isThere = !decision.IsOutOfScope && TicketSystem.Same(now.Group, decision.Label);
        var groupId = !isThere && IsWanted(decision, connector) && IsUntouched(first, now, decision, isAgain) ? await system.FindGroupAsync(now, decision.Label, cancellationToken) : null;
        await system.WriteAsync(now, groupId, TicketNotes.Of(decision, isThere || groupId is not null), cancellationToken);
        LogWritten(logger, system.IdOf(now.Id), groupId is not null);
        return groupId is not null ? "assigned" : "commented";
    }

    private async Task<string> LearnAsync(string tenantId, TicketSystem system, TicketRecord record, TriageDecision decision, CancellationToken cancellationToken)
    {
        // What somebody said outside of the system moved nothing there, and whoever writes to the ticket next did not answer it.
        var (ticketId, known) = (record.Ticket.Id!, decision.LabelInSystem ?? decision.Label);
        var (source, routing) = record.Group is not { } group || record.IsShared ? default
            : !TicketSystem.Same(group, known) ? (TriageLabelSource.Reassignment, await system.FindRoutingAsync(record, decision, cancellationToken))
            : record.IsSolved && !decision.IsSettled ? (TriageLabelSource.Confirmation, await system.FindSolvingAsync(record, cancellationToken))
            : default;
        if (routing is null)
        {
            return "seen";
        }

        platform.Assume(tenantId);
        var results = await triage.Of(tenantId).Label(
            [
                new TriageLabel
                {
                    TicketId = ticketId,
                    Label = record.Group!,
                    Source = source,
                    By = system.IdOf(routing.By is { Length: > 0 and <= MostAccount } by ? by : "unknown"),
                    EventId = $"{ticketId}/{routing.Change}",
                    At = time.GetUtcNow(),
                },
            ],
            cancellationToken);
        if (results is [{ IsTaken: false, Problem: { } problem }])
        {
            LogNotTaken(logger, ticketId, problem);
        }

        return source == TriageLabelSource.Reassignment ? "reassigned" : "confirmed";
    }

    private const int MostAccount = 150;

    private bool IsFresh(TicketRecord record) => record.IsOpen && record.Ticket.OpenedAt is { } opened && time.GetUtcNow() - opened < NewFor;

    private static bool IsWanted(TriageDecision decision, TriageConnector connector) => !decision.IsOutOfScope && decision.Band >= connector.WritesFrom;

    // Whatever is there now must be what was there when it was decided: what somebody did since is not undone.
    private static bool IsUntouched(TicketRecord first, TicketRecord now, TriageDecision decision, bool isAgain) =>
        !now.IsTaken && TicketSystem.Same(now.AssignedTo, first.AssignedTo) && TicketSystem.Same(now.Group, first.Group) && (!isAgain || TicketSystem.Same(now.Group, decision.TicketGroup));

    [LoggerMessage(EventId = 1963, Level = LogLevel.Information, Message = "What triage decided was written to {Ticket}; assigned: {Assigned}")]
    private static partial void LogWritten(ILogger logger, string ticket, bool assigned);

    [LoggerMessage(EventId = 1964, Level = LogLevel.Warning, Message = "Where {Ticket} was put is not learnt from: {Problem}")]
    private static partial void LogNotTaken(ILogger logger, string ticket, string problem);
}
