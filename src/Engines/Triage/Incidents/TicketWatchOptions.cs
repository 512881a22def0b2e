namespace Steward.Engines.Triage.Incidents;

/// <summary>What counts as many, and as alike. The standards were chosen on replayed tickets (docs/operations/triage-connectors.md).</summary>
public sealed record TicketWatchOptions
{
    /// <summary>The minutes that count. Default 10 minutes.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many tickets are remembered. Those within the window are a quarter of them at most: the rest says what is normal. Default 1,024.</summary>
    public int MostRemembered { get; init; } = 1_024;

    /// <summary>For how long. Default 24 hours.</summary>
    public TimeSpan RememberedFor { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The fewest tickets alike that are a major incident. Default 5.</summary>
    public int FewestTickets { get; init; } = 5;

    /// <summary>The tickets that have to be known before anything is called unusual. Default 30.</summary>
    public int FewestKnown { get; init; } = 30;

    /// <summary>From which cosine on two tickets are alike. Default 0.25.</summary>
    public double AlikeFrom { get; init; } = 0.25;

    /// <summary>How improbable so many alike must be if everything were as always. Default one in a hundred million: each ticket asks anew.</summary>
    public double Chance { get; init; } = 1e-8;

    /// <summary>How long an incident goes on without a further ticket. Default 30 minutes.</summary>
    public TimeSpan IncidentEndsAfter { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The most incidents at a time; the oldest one is forgotten. Default 16.</summary>
    public int MostIncidents { get; init; } = 16;

    /// <summary>From which cosine on two tickets say the same. Default 0.92.</summary>
    public double SameFrom { get; init; } = 0.92;

    /// <summary>For how long a ticket is looked for that says the same. Default 4 hours.</summary>
    public TimeSpan SameWithin { get; init; } = TimeSpan.FromHours(4);
}
