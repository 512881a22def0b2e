using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Approvals.Learning;
using Steward.Engines.Approvals.Machine;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>What lists need of a request: a small part of its row, so that a page of them is not a page of whole requests. Pure.</summary>
internal sealed record ApprovalListed
{
    /// <summary>The request as lists show it.</summary>
    public required ApprovalSummary Approval { get; init; }

    /// <summary>Who ended it, for people.</summary>
    public string? EndedBy { get; init; }

    /// <summary>The level that is open, for forecasts.</summary>
    public LevelObservation? Open { get; init; }

    /// <summary>The part of an approval.</summary>
    public static ApprovalListed Of(ApprovalState state) => new() { Approval = ApprovalViews.SummaryOf(state), EndedBy = state.End?.Label, Open = state.IsOver ? null : LevelObservation.OfOpen(state) };

    /// <summary>The part in a row; from all of it where the row is of before there were parts.</summary>
    public static ApprovalListed Read(ApprovalRow row) =>
        row.Summary is { } summary && JsonSerializer.Deserialize(summary, ApprovalListedJson.Default.ApprovalListed) is { } listed ? listed : Of(ApprovalRows.Read(row));

    /// <summary>As rows hold it.</summary>
    public string Write() => JsonSerializer.Serialize(this, ApprovalListedJson.Default.ApprovalListed);
}

/// <summary>JSON of summaries. Add-only, as whatever is in a table.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApprovalListed))]
internal sealed partial class ApprovalListedJson : JsonSerializerContext;
