using System.Text.Json.Serialization;

namespace Steward.Triage;

/// <summary>A head of a tenant, and how it has fared.</summary>
internal sealed class TriageHeadState
{
    public required TriageHeadAdded Added { get; init; }

    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>Whether it ever answered all tickets: one may go back to it.</summary>
    public bool HasAnswered { get; set; }

    /// <summary>Whether it was gone back from since: to one that was there before it, or to the base.</summary>
    public bool IsWithdrawn { get; set; }

    /// <summary>Whether it may route where another one should have answered; else it only proposes.</summary>
    [JsonIgnore]
    public bool MayStandIn => HasAnswered && !IsWithdrawn;

    /// <summary>The entry at which it was last chosen, or another one was instead: of heads to go back to, the highest is the last one.</summary>
    public long AnsweredThrough { get; set; }

    /// <summary>Tickets of the platform and of trusted senders that it routed.</summary>
    public long Routed { get; set; }

    /// <summary>Routed tickets about which there is evidence: see <see cref="TicketLabelled.IsEvidence"/>.</summary>
    public long Said { get; set; }

    public long Overridden { get; set; }

    /// <summary>As it is shown.</summary>
    public TriageHeadInfo ToInfo() => new()
    {
        Version = Added.Version,
        AddedAt = AddedAt,
        Tickets = Added.Tickets,
        Labels = Added.Labels,
        ThroughSequence = Added.ThroughSequence,
        EncoderModel = Added.EncoderModel,
        Encoder = Added.Encoder,
        IsSplitByText = Added.IsSplitByText,
        AutoRouteAt = Added.AutoRouteAt,
        ReviewAt = Added.ReviewAt,
        Accuracy = Added.Accuracy,
        AutoRouteCoverage = Added.AutoRouteCoverage,
        AutoRoutePrecision = Added.AutoRoutePrecision,
        Routed = Routed,
        Said = Said,
        Overridden = Overridden,
    };
}
