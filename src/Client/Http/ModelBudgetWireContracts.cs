using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Steward.Models;

namespace Steward.Client.Http;

/// <summary>Sets a budget of model calls; its name is in the path.</summary>
public sealed record SetModelBudgetRequest
{
    /// <summary>Whose calls it counts: tenant, team, user, feature or tag.</summary>
    [Required]
    public string Scope { get; set; } = "";

    /// <summary>The team, user, feature or tag (key=value); left out, each is counted by itself, and a tag's key alone counts each of its values.</summary>
    [Length(1, 200)]
    public string? Subject { get; init; }

    /// <summary>What it counts: tokens, usd or requests.</summary>
    [Required]
    public string Unit { get; set; } = "";

    /// <summary>How long: minute, day or month.</summary>
    [Required]
    public string Window { get; set; } = "";

    /// <summary>The most, more than 0.</summary>
    [Required]
    public decimal Limit { get; set; }

    /// <summary>The IANA time zone of days and months; UTC, when it is left out.</summary>
    [MaxLength(64)]
    public string? TimeZone { get; init; }

    /// <summary>At which share of the limit admins are told, 0.1 to 1; 0.8, when it is left out.</summary>
    public double? AlertAt { get; init; }

    /// <summary>Whether answers of a cache count as requests; false, when it is left out.</summary>
    public bool? CountsCached { get; init; }
}

/// <summary>The budgets of the tenant.</summary>
public sealed record ModelBudgetListResource
{
    /// <summary>By name.</summary>
    public required IReadOnlyList<ModelBudget> Budgets { get; init; }
}

/// <summary>JSON of budgets and costs; unknown fields in requests are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SetModelBudgetRequest))]
[JsonSerializable(typeof(ModelBudget))]
[JsonSerializable(typeof(ModelBudgetListResource))]
[JsonSerializable(typeof(ModelCostReport))]
public sealed partial class ModelBudgetWireJson : JsonSerializerContext;

/// <summary>The same, forgiving what a newer gateway adds.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SetModelBudgetRequest))]
[JsonSerializable(typeof(ModelBudget))]
[JsonSerializable(typeof(ModelBudgetListResource))]
[JsonSerializable(typeof(ModelCostReport))]
internal sealed partial class ClientModelBudgetWireJson : JsonSerializerContext;
