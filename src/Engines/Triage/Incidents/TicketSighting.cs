namespace Steward.Engines.Triage.Incidents;

/// <summary>What other tickets say of one.</summary>
/// <param name="DuplicateOf">The id of an open ticket that says the same; null for none.</param>
/// <param name="IncidentId">The major incident that it seems to belong to; null for none.</param>
public readonly record struct TicketSighting(string? DuplicateOf, string? IncidentId);
