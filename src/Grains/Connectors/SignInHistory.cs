namespace Steward.Connectors;

/// <summary>How well a connector was last known to be signed in, and what its tenant's webhooks are still to be told of that. Part of the connector's state.</summary>
[GenerateSerializer]
[Alias("steward.connector-sign-in")]
internal sealed class SignInHistory
{
    /// <summary>The most changes that wait to be told; of more the oldest are left out, since the last says how it stands.</summary>
    public const int MaxUntold = 50;

    public const string Active = "active";
    public const string Expiring = "expiring";
    public const string Broken = "broken";

    /// <summary><c>active</c>, <c>expiring</c> or <c>broken</c>.</summary>
    [Id(0)]
    public string State { get; set; } = Active;

    /// <summary>How many changes there were.</summary>
    [Id(1)]
    public long Changes { get; set; }

    /// <summary>What is still to be told, oldest first.</summary>
    [Id(2)]
    public List<SignInChange> Untold { get; set; } = [];

    /// <summary>What happened and what to do; null when it is well.</summary>
    [Id(3)]
    public string? Reason { get; set; }

    /// <summary>Since when it stands so.</summary>
    [Id(4)]
    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>Notes how it stands; true when that is a change.</summary>
    public bool Note(string state, string? code, string? reason, DateTimeOffset at)
    {
        if (state == State)
        {
            return false;
        }

        Changes++;
        Untold.Add(new SignInChange { Number = Changes, Before = State, State = state, Code = code, Reason = reason, At = at });
        (State, Reason, ChangedAt) = (state, reason, at);
        if (Untold.Count > MaxUntold)
        {
            Untold.RemoveAt(0);
        }

        return true;
    }
}

/// <summary>One change of how well a connector is signed in. No secret is in it.</summary>
[GenerateSerializer]
[Alias("steward.connector-sign-in-change")]
internal sealed record SignInChange
{
    /// <summary>Counts the instance's changes from 1.</summary>
    [Id(0)]
    public required long Number { get; init; }

    /// <summary>The state before.</summary>
    [Id(1)]
    public required string Before { get; init; }

    /// <summary>The state since.</summary>
    [Id(2)]
    public required string State { get; init; }

    /// <summary>Why, as a code; null when it is well.</summary>
    [Id(3)]
    public string? Code { get; init; }

    /// <summary>What happened and what to do; null when it is well.</summary>
    [Id(4)]
    public string? Reason { get; init; }

    /// <summary>When.</summary>
    [Id(5)]
    public required DateTimeOffset At { get; init; }
}
