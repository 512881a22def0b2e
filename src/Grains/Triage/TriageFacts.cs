using System.Text.Json.Serialization;

namespace Steward.Triage;

/// <summary>The types of the entries of a triage's journals.</summary>
internal static class TriageFactTypes
{
    public const string Decided = "triage.decided";
    public const string Labelled = "triage.labelled";
    public const string SettingsSet = "triage.settings-set";
    public const string HeadAdded = "triage.head-added";
    public const string HeadUsed = "triage.head-used";
    public const string HeadsKept = "triage.heads-kept";
    public const string Closed = "triage.closed";
}

/// <summary>A ticket was decided. The ticket itself is a content, so that retention can remove it.</summary>
internal sealed record TicketDecided
{
    /// <summary>The hash of the ticket's content.</summary>
    public required string Ticket { get; init; }

    public required TriageDecision Decision { get; init; }

    /// <summary>Whether the platform had the ticket from a system.</summary>
    public bool IsFromPlatform { get; init; }

    /// <summary>Whether it came from a trusted sender, and was among those of that hour which count.</summary>
    public bool IsTrusted { get; init; }

    /// <summary>Whether heads are judged by it, and major incidents are looked for among such. Anybody may invent the others.</summary>
    [JsonIgnore]
    public bool Counts => IsFromPlatform || IsTrusted;

    /// <summary>Who asked; null in entries from before this was kept.</summary>
    public string? By { get; init; }

    /// <summary>Whether it had been said already where the ticket belongs, so that it does not wait for a person again. False in entries from before this was kept.</summary>
    public bool WasSettled { get; init; }
}

/// <summary>Somebody said where a ticket belongs.</summary>
internal sealed record TicketLabelled
{
    public required string TicketId { get; init; }

    /// <summary>The hash of the ticket's content.</summary>
    public required string Ticket { get; init; }

    public required string Label { get; init; }

    public required TriageLabelSource Source { get; init; }

    public required string By { get; init; }

    public string? EventId { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Whether somebody says so who neither is an admin nor speaks for the platform or the system that the ticket is of: the ticket goes on waiting for those who see to it. False in entries from before this was kept.</summary>
    public bool IsSuggestion { get; init; }

    /// <summary>What had been decided; null when the ticket had not been seen.</summary>
    public DecidedBefore? Decided { get; init; }

    /// <summary>What had been said of the ticket, and of which decision: it counts no more.</summary>
    public SaidBefore? Replaces { get; init; }

    /// <summary>Whether heads are judged by it: what happened to the record in its system always, what somebody says of a few tickets a day.</summary>
    public bool IsEvidence { get; init; }

    /// <summary>What had been evidence of the ticket, when this is: it counts no more.</summary>
    public SaidBefore? ReplacesEvidence { get; init; }

    /// <summary>Whether nobody but people who said where the ticket belongs, this one among them or alone, brought its text: see <see cref="TriageLabelEntry.IsOwnText"/>. False in entries from before this was kept.</summary>
    public bool IsOwnText { get; init; }
}

/// <summary>What counts of a decision when somebody says where its ticket belongs. From the platform is here what a trusted sender sent, too.</summary>
internal sealed record DecidedBefore(string Label, string Version, TriageBand Band, DateTimeOffset At, bool IsFromPlatform = false)
{
    public static DecidedBefore? Of(TicketDecided? decided) =>
        decided is { Decision: var decision } ? new DecidedBefore(decision.Label, decision.Version, decision.Band, decision.DecidedAt, decided.Counts) : null;
}

/// <summary>A label that counts no more. Of evidence, by whom, where it was a person's word; null otherwise, and in entries from before this was kept.</summary>
internal sealed record SaidBefore(string Label, DecidedBefore? Decided, string? By = null);

/// <summary>An admin set the settings.</summary>
internal sealed record TriageSettingsSet(TriageSettings Settings, string By);

/// <summary>A trained head was put beside the others. Its bytes are a content.</summary>
internal sealed record TriageHeadAdded
{
    public required string Version { get; init; }

    public required string Content { get; init; }

    public string? Encoder { get; init; }

    public string? EncoderModel { get; init; }

    public required int Tickets { get; init; }

    public required int Labels { get; init; }

    public required long ThroughSequence { get; init; }

    public double? AutoRouteAt { get; init; }

    public double? ReviewAt { get; init; }

    public double? Accuracy { get; init; }

    public double? AutoRouteCoverage { get; init; }

    public double? AutoRoutePrecision { get; init; }

    public bool IsSplitByText { get; init; }
}

/// <summary>It was decided which head answers.</summary>
internal sealed record TriageHeadUsed(string? Version, double Share, string Reason, string By);

/// <summary>Heads that answer, or that one may go back to, were referred to, so that retention leaves them. Nothing else follows from it.</summary>
internal sealed record TriageHeadsKept(IReadOnlyList<string> Contents);

/// <summary>A ticket was solved or closed in its system while later ones were still compared with it.</summary>
internal sealed record TicketClosed(string TicketId);

/// <summary>JSON of triage: of its journals, of the tickets in the contents, and of where it stands.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TicketDecided))]
[JsonSerializable(typeof(TicketLabelled))]
[JsonSerializable(typeof(TriageSettingsSet))]
[JsonSerializable(typeof(TriageHeadAdded))]
[JsonSerializable(typeof(TriageHeadUsed))]
[JsonSerializable(typeof(TriageHeadsKept))]
[JsonSerializable(typeof(TicketClosed))]
[JsonSerializable(typeof(TriageTicket))]
[JsonSerializable(typeof(TriageFold))]
internal sealed partial class TriageJson : JsonSerializerContext;
