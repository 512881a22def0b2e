namespace Steward.Engines.Triage.Incidents;

/// <summary>What other tickets say of one.</summary>
/// <param name="DuplicateOf">The id of a ticket of the last hours that says the same and of which nobody said that it was closed; null for none.</param>
/// <param name="IncidentId">The major incident that it seems to belong to; null for none.</param>
public readonly record struct TicketSighting(string? DuplicateOf, string? IncidentId);
