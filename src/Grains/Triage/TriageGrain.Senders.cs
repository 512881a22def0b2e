using Microsoft.Extensions.Logging;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Triage;

/// <summary>Who may send which tickets, and which of them count.</summary>
internal sealed partial class TriageGrain
{
    // Whoever sent one ticket is not thereby somebody who may read others, or know that they are there. Those of a system are known to who sends for it.
    private TriageDecision ShownToCaller(TriageDecision decision) => SeesAllTickets ? decision : decision with
    {
        Similar = [],
        DuplicateOf = decision.DuplicateOf is { } other && TriageRules.SenderOf(_fold.Settings, decision.TicketId, Caller.Required.UserId) is { } sender && TriageRules.IsOf(other, sender.Source) ? other : null,
    };

    // What the platform decides of a system's tickets is written into them: nobody else says what they are. Nor does anybody speak for a system but who is trusted to.
    private TriageSender? RequireOwnId(string? id)
    {
        if (id is null || Caller.IsSystem)
        {
            return null;
        }

        if (_fold.Settings.Connectors.FirstOrDefault(connector => TriageRules.IsOf(id, connector.Instance)) is { } connector)
        {
            throw StewardException.Invalid("id", $"must not begin with '{connector.Instance}:'; the platform itself brings the tickets of this connector. Leave the id out, or choose another prefix.");
        }

        return TriageRules.SenderOf(_fold.Settings, id, Caller.Required.UserId)
            ?? (_fold.Settings.Senders.FirstOrDefault(sender => TriageRules.IsOf(id, sender.Source)) is { } other
                ? throw StewardException.Invalid("id", $"must not begin with '{other.Source}:'; the tenant's settings keep these ids for trusted senders. Leave the id out, or choose another prefix.")
                : null);
    }

    // Reserves at once: what is being appended counts already.
    private bool MayCount(TriageSender sender, DateTimeOffset now)
    {
        if (_senders.TryAdd(now, sender.UserId, sender.TicketsPerHour))
        {
            return true;
        }

        TriageDiagnostics.BeyondShare.Add(1);
        return false;
    }

    // Beside the call, as the answer needs nobody to be told; with the incident's next ticket it is tried again.
    private async Task TellOfIncidentAsync(string source, TriageDecision decision, string title)
    {
        if (_parts.Incidents is not { } incidents)
        {
            return;
        }

        try
        {
            await incidents.TellAsync(_tenantId, source, decision, title, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // It is said in the log and done later.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTold(_parts.Logger, exception, _key, decision.IncidentId!);
        }
    }

    [LoggerMessage(EventId = 1715, Level = LogLevel.Warning, Message = "The admins of {Key} could not be told of major incident {Incident} now; it is with its next ticket")]
    private static partial void LogNotTold(ILogger logger, Exception exception, string key, string incident);
}
