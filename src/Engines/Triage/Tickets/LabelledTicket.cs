namespace Steward.Engines.Triage.Tickets;

/// <summary>A ticket and where it belongs.</summary>
/// <param name="Ticket">The ticket.</param>
/// <param name="Label">Its class: a topic, an assignment group, an intent.</param>
public sealed record LabelledTicket(Ticket Ticket, string Label);

/// <summary>A row of a file that cannot be used.</summary>
/// <param name="Line">The line at which it begins; the first line is 1.</param>
/// <param name="Problem">Why, safe to show: without what the row says.</param>
public readonly record struct BadRow(long Line, string Problem);
