using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Triage.Incidents;
using Steward.Identity;
using Steward.Storage;
using Steward.Vectors;

namespace Steward.Triage;

/// <summary>What a silo gives the triage of each of its tenants.</summary>
/// <param name="Journals">The journals.</param>
/// <param name="Contents">Tickets and heads.</param>
/// <param name="Heads">The loaded heads.</param>
/// <param name="Models">The models.</param>
/// <param name="Watches">Makes what finds duplicates and major incidents, one for each tenant; where there is none, nothing is found.</param>
/// <param name="Platform">Signs for the platform.</param>
/// <param name="Options">The options.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">The log.</param>
/// <param name="Vectors">Collections of vectors; null without.</param>
/// <param name="Incidents">Tells admins of major incidents; null without.</param>
internal sealed record TriageParts(
    IJournalStore Journals,
    IContentStore Contents,
    TenantHeads Heads,
    ITriageModels Models,
    IEnumerable<Func<ITicketWatch>> Watches,
    PlatformIdentity Platform,
    IOptions<TriageOptions> Options,
    TimeProvider Time,
    ILogger<TriageGrain> Logger,
    VectorCollections? Vectors = null,
    MajorIncidentNotices? Incidents = null);
