using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Triage;

namespace Steward.Client.Http;

/// <summary>Classifies one ticket, or several.</summary>
public sealed record ClassifyTicketsRequest
{
    /// <summary>One ticket: what is wrong with it is the answer's status.</summary>
    public TicketRequest? Ticket { get; init; }

    /// <summary>1 to 100 tickets: each has a result of its own.</summary>
    [Length(1, 100)]
    public IReadOnlyList<TicketRequest>? Tickets { get; init; }
}

/// <summary>A ticket. It has a short description, a description, or both.</summary>
public sealed record TicketRequest
{
    /// <summary>Its id, for a record of a system connector:record; without it nothing is kept.</summary>
    [Length(1, 200)]
    public string? Id { get; init; }

    /// <summary>The title.</summary>
    [MaxLength(1000)]
    public string? ShortDescription { get; init; }

    /// <summary>The text.</summary>
    [MaxLength(100_000)]
    public string? Description { get; init; }

    /// <summary>The category that the requester chose.</summary>
    [MaxLength(1000)]
    public string? Category { get; init; }

    /// <summary>The subcategory that the requester chose.</summary>
    [MaxLength(1000)]
    public string? Subcategory { get; init; }

    /// <summary>The priority, as the system writes it.</summary>
    [MaxLength(1000)]
    public string? Priority { get; init; }

    /// <summary>The requester's department.</summary>
    [MaxLength(1000)]
    public string? Department { get; init; }

    /// <summary>The requester's location.</summary>
    [MaxLength(1000)]
    public string? Location { get; init; }

    /// <summary>The configuration item that is concerned.</summary>
    [MaxLength(1000)]
    public string? ConfigurationItem { get; init; }

    /// <summary>When it was opened; now, when it is left out.</summary>
    public DateTimeOffset? OpenedAt { get; init; }

    /// <summary>The group that the system has assigned it to already.</summary>
    [MaxLength(200)]
    public string? Group { get; init; }
}

/// <summary>What became of the tickets, in their order.</summary>
public sealed record ClassifiedTicketsResource
{
    /// <summary>One result per ticket.</summary>
    public required IReadOnlyList<ClassifiedTicketResource> Results { get; init; }
}

/// <summary>What became of one ticket: it has either a decision or a problem.</summary>
public sealed record ClassifiedTicketResource
{
    /// <summary>The ticket, when it had an id.</summary>
    public string? TicketId { get; init; }

    /// <summary>Where it belongs.</summary>
    public TriageDecision? Decision { get; init; }

    /// <summary>Why there is no decision.</summary>
    public ProblemResource? Problem { get; init; }
}

/// <summary>Says where tickets belong.</summary>
public sealed record LabelTicketsRequest
{
    /// <summary>1 to 100 labels.</summary>
    [Required]
    [Length(1, 100)]
    public IReadOnlyList<TicketLabelRequest> Labels { get; set; } = [];
}

/// <summary>Where one ticket belongs.</summary>
public sealed record TicketLabelRequest
{
    /// <summary>The ticket.</summary>
    [Required]
    [Length(1, 200)]
    public string TicketId { get; set; } = "";

    /// <summary>The group.</summary>
    [Required]
    [Length(1, 200)]
    public string Label { get; set; } = "";

    /// <summary>What makes it count once; without it a person's label of a ticket counts once.</summary>
    [Length(1, 200)]
    public string? EventId { get; init; }

    /// <summary>The ticket itself, when triage may not have seen it.</summary>
    public TicketRequest? Ticket { get; init; }
}

/// <summary>What became of the labels, in their order.</summary>
public sealed record LabelledTicketsResource
{
    /// <summary>One result per label.</summary>
    public required IReadOnlyList<TriageLabelResult> Results { get; init; }
}

/// <summary>The settings, all of them: what is left out gets its default.</summary>
public sealed record SetTriageSettingsRequest
{
    /// <summary>The version that was read; 409 when another one holds.</summary>
    [Required]
    public long Version { get; set; }

    /// <summary>The tenant's groups; without them those of the base and of the labels.</summary>
    [MaxLength(500)]
    public IReadOnlyList<TriageGroupRequest>? Groups { get; init; }

    /// <summary>The shared model that answers where the tenant has no head; it-topic by default.</summary>
    [Length(1, 100)]
    public string? BaseModel { get; init; }

    /// <summary>The share of right answers that is wanted where no person looks, above 0 and below 1; 0.95 by default.</summary>
    [Range(0.0, 1.0)]
    public double? WantedPrecision { get; init; }

    /// <summary>The least confidence for routing by itself; without it what was tuned to the wanted precision.</summary>
    [Range(0.0, 1.0)]
    public double? AutoRouteAt { get; init; }

    /// <summary>The least confidence for routing with a mark; without it 0.70 or what was tuned.</summary>
    [Range(0.0, 1.0)]
    public double? ReviewAt { get; init; }

    /// <summary>Whether heads are trained at night; true by default.</summary>
    public bool? NightlyTraining { get; init; }

    /// <summary>The hour at which that begins; 2 by default.</summary>
    [Range(0, 23)]
    public int? TrainingHour { get; init; }

    /// <summary>The tenant's IANA time zone; UTC by default.</summary>
    [Length(1, 100)]
    public string? TimeZone { get; init; }

    /// <summary>Instances whose new tickets are triaged.</summary>
    [MaxLength(100)]
    public IReadOnlyList<TriageConnectorRequest>? Connectors { get; init; }

    /// <summary>Whose tickets over the API count as those of a connected system do; nobody's by default.</summary>
    [MaxLength(20)]
    public IReadOnlyList<TriageSenderRequest>? Senders { get; init; }
}

/// <summary>An account that is trusted to send the tickets of one system.</summary>
public sealed record TriageSenderRequest
{
    /// <summary>The person or service account, such as u-desk.</summary>
    [Required]
    [Length(3, 96)]
    public string UserId { get; set; } = "";

    /// <summary>The system: its tickets' ids begin with this and a colon, and nobody else may use such ids.</summary>
    [Required]
    [Length(1, 64)]
    public string Source { get; set; } = "";

    /// <summary>How many of its tickets count within an hour; 1,000 by default.</summary>
    [Range(1, 10_000)]
    public int? TicketsPerHour { get; init; }
}

/// <summary>A group that tickets are routed to.</summary>
public sealed record TriageGroupRequest
{
    /// <summary>Its name, as the systems write it.</summary>
    [Required]
    [Length(1, 200)]
    public string Name { get; set; } = "";

    /// <summary>What it sees to.</summary>
    [MaxLength(1000)]
    public string? Description { get; init; }

    /// <summary>The labels of the base model that mean this group; without them they are found by their names.</summary>
    public IReadOnlyList<string>? BaseLabels { get; init; }
}

/// <summary>An instance whose new tickets are triaged.</summary>
public sealed record TriageConnectorRequest
{
    /// <summary>The connector instance.</summary>
    [Required]
    [Length(2, 40)]
    public string Instance { get; set; } = "";

    /// <summary>Whether assignment and comment are written to the record; true by default.</summary>
    public bool? WritesBack { get; init; }

    /// <summary>The lowest band whose assignment is written; review by default.</summary>
    public TriageBand? WritesFrom { get; init; }
}

/// <summary>Asks for old tickets.</summary>
public sealed record FindTicketsRequest
{
    /// <summary>What they are about.</summary>
    [Required]
    [Length(1, 2_000)]
    public string Text { get; set; } = "";

    /// <summary>Only tickets of these groups; all, when it is left out.</summary>
    [MaxLength(50)]
    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>How many at most; 10 by default.</summary>
    [Range(1, 50)]
    public int? Top { get; init; }
}

/// <summary>Decides which head answers.</summary>
public sealed record UseTriageHeadRequest
{
    /// <summary>The head; the base, when it is left out.</summary>
    [Length(1, 100)]
    public string? Version { get; init; }

    /// <summary>The share of tickets that it answers; 1 by default.</summary>
    [Range(0.0, 1.0)]
    public double? Share { get; init; }

    /// <summary>Why, for the journal.</summary>
    [Required]
    [Length(1, 500)]
    public string Reason { get; set; } = "";
}

/// <summary>The last trainings.</summary>
public sealed record TriageTrainingListResource
{
    /// <summary>Newest first.</summary>
    public required IReadOnlyList<TriageTraining> Trainings { get; init; }
}

/// <summary>The last imports.</summary>
public sealed record TriageImportListResource
{
    /// <summary>Newest first.</summary>
    public required IReadOnlyList<TriageImport> Imports { get; init; }
}

/// <summary>How an enumeration of triage is written: in lower case with underscores, by name only.</summary>
public sealed class TriageEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>How triage is written as JSON: unknown members of requests are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TriageEnumConverter<TriageBand>), typeof(TriageEnumConverter<TriageTrainingState>), typeof(TriageEnumConverter<TriageImportState>)])]
[JsonSerializable(typeof(ClassifyTicketsRequest))]
[JsonSerializable(typeof(ClassifiedTicketsResource))]
[JsonSerializable(typeof(LabelTicketsRequest))]
[JsonSerializable(typeof(LabelledTicketsResource))]
[JsonSerializable(typeof(SetTriageSettingsRequest))]
[JsonSerializable(typeof(SetTriageThresholdsRequest))]
[JsonSerializable(typeof(TriageThresholdsResource))]
[JsonSerializable(typeof(UseTriageHeadRequest))]
[JsonSerializable(typeof(TriageDecision))]
[JsonSerializable(typeof(FindTicketsRequest))]
[JsonSerializable(typeof(FoundTickets))]
[JsonSerializable(typeof(WaitingTickets))]
[JsonSerializable(typeof(TriageSettings))]
[JsonSerializable(typeof(TriageReport))]
[JsonSerializable(typeof(TriageHeads))]
[JsonSerializable(typeof(TriageTraining))]
[JsonSerializable(typeof(TriageTrainingListResource))]
[JsonSerializable(typeof(TriageHealth))]
[JsonSerializable(typeof(TriageImport))]
[JsonSerializable(typeof(TriageImportListResource))]
public sealed partial class TriageWireJson : JsonSerializerContext;

/// <summary>The same, forgiving what a newer gateway adds.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TriageEnumConverter<TriageBand>), typeof(TriageEnumConverter<TriageTrainingState>), typeof(TriageEnumConverter<TriageImportState>)])]
[JsonSerializable(typeof(ClassifyTicketsRequest))]
[JsonSerializable(typeof(ClassifiedTicketsResource))]
[JsonSerializable(typeof(LabelTicketsRequest))]
[JsonSerializable(typeof(LabelledTicketsResource))]
[JsonSerializable(typeof(SetTriageSettingsRequest))]
[JsonSerializable(typeof(UseTriageHeadRequest))]
[JsonSerializable(typeof(TriageDecision))]
[JsonSerializable(typeof(FindTicketsRequest))]
[JsonSerializable(typeof(FoundTickets))]
[JsonSerializable(typeof(WaitingTickets))]
[JsonSerializable(typeof(TriageSettings))]
[JsonSerializable(typeof(TriageReport))]
[JsonSerializable(typeof(TriageHeads))]
[JsonSerializable(typeof(TriageTraining))]
[JsonSerializable(typeof(TriageTrainingListResource))]
[JsonSerializable(typeof(TriageHealth))]
[JsonSerializable(typeof(TriageImport))]
[JsonSerializable(typeof(TriageImportListResource))]
internal sealed partial class ClientTriageWireJson : JsonSerializerContext;
