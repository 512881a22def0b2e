namespace Steward.Engines.Triage.Tickets;

/// <summary>A ticket and where it belongs.</summary>
/// <param name="Ticket">The ticket.</param>
/// <param name="Label">Its class: a topic, an assignment group, an intent.</param>
public sealed record LabelledTicket(Ticket Ticket, string Label)
{
    /// <summary>The row's own id; null where the file has none.</summary>
    public string? Id { get; init; }

    /// <summary>When the ticket was opened; null where the file does not say.</summary>
    public DateTimeOffset? OpenedAt { get; init; }

    /// <summary>The line of the file at which the row ends; the first line is 1.</summary>
    public long Line { get; init; }
}

/// <summary>A row of a file that cannot be used.</summary>
/// <param name="Line">The line at which it ends; the first line is 1.</param>
/// <param name="Problem">Why, safe to show: without what the row says.</param>
public readonly record struct BadRow(long Line, string Problem);
