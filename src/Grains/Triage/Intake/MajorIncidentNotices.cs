using Microsoft.Extensions.Logging;
using Steward.Engines.Notifications;
using Steward.Engines.Orchestration.Tracing;
using Steward.Notifications;

namespace Steward.Triage;

/// <summary>
/// Tells a tenant's admins of a major incident: once for each, and of a few an hour at most, so that a storm of tickets is none of notices. Whom it was told is known to the notifications, by the incident's id; what is remembered
/// here only saves asking them. Safe for concurrent use.
/// </summary>
internal sealed partial class MajorIncidentNotices(INoticeAdmins admins, TimeProvider time, ILogger<MajorIncidentNotices> logger)
{
    /// <summary>How many incidents of a tenant are told of within an hour.</summary>
    public const int MostPerHour = 4;

    private const int MostRemembered = 1_000;
    private const int MostTitle = 160;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, string Incident), DateTimeOffset> _told = [];

    /// <summary>Tells of the incident that a ticket seems to belong to, unless that was done.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="instance">The connector instance.</param>
    /// <param name="decision">What was decided about the ticket.</param>
    /// <param name="title">The ticket's title.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task TellAsync(string tenantId, string instance, TriageDecision decision, string title, CancellationToken cancellationToken)
    {
        if (decision.IncidentId is not { Length: > 0 and <= MostId } incident || !MayTell(tenantId, incident))
        {
            return;
        }

        try
        {
            var data = NoticeData.Write(new MajorIncidentNoticeData
            {
                Incident = incident,
                Instance = instance,
                Group = decision.IsOutOfScope ? null : decision.Label,
                Sample = TraceMask.Text(title, MostTitle),
            });
            await admins.TellAdminsAsync(tenantId, NoticeKinds.MajorIncident, incident, $"c-{instance}", data.GetRawText(), cancellationToken);
            LogTold(logger, tenantId, incident);
        }
        catch
        {
            lock (_gate)
            {
                _told.Remove((tenantId, incident));
            }

            throw;
        }
    }

    private const int MostId = 100;

    private bool MayTell(string tenantId, string incident)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_told.ContainsKey((tenantId, incident)))
            {
                return false;
            }

            if (_told.Count(told => told.Key.Tenant == tenantId && now - told.Value < Hour) >= MostPerHour)
            {
                LogHeldBack(logger, tenantId, incident);
                return false;
            }

            if (_told.Count >= MostRemembered)
            {
                _told.Remove(_told.MinBy(told => told.Value).Key);
            }

            _told[(tenantId, incident)] = now;
            return true;
        }
    }

    [LoggerMessage(EventId = 1965, Level = LogLevel.Information, Message = "The admins of {Tenant} were told of major incident {Incident}")]
    private static partial void LogTold(ILogger logger, string tenant, string incident);

    [LoggerMessage(EventId = 1966, Level = LogLevel.Warning, Message = "The admins of {Tenant} were told of so many major incidents within the hour that {Incident} stands in its tickets only")]
    private static partial void LogHeldBack(ILogger logger, string tenant, string incident);
}
