using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Steward.Tenants;

namespace Steward.Client.Http;

/// <summary>Replaces what a tenant decides itself; what is left out becomes the default.</summary>
public sealed record SetTenantRequest
{
    /// <summary>What a second message does while a run is active, unless the message says otherwise; enqueue, when it is left out.</summary>
    public DoubleTextingResource? DoubleTexting { get; init; }

    /// <summary>After how many days without a change the texts of runs and sessions are removed; nothing is removed, when it is left out.</summary>
    [Range(1, 36_500)]
    public int? RetentionDays { get; init; }
}

/// <summary>What is configured for a tenant.</summary>
public sealed record TenantResource
{
    /// <summary>Display name.</summary>
    public required string Name { get; init; }

    /// <summary>What a second message does while a run is active, unless the message says otherwise. The tenant decides it.</summary>
    public required DoubleTextingResource DoubleTexting { get; init; }

    /// <summary>After how many days without a change the texts of runs and sessions are removed; absent when nothing is. The tenant decides it.</summary>
    public int? RetentionDays { get; init; }

    /// <summary>free, pro or enterprise. The operator decides it, and all that follows.</summary>
    public required string Tier { get; init; }

    /// <summary>Where the data lies.</summary>
    public required string Region { get; init; }

    /// <summary>The share of the cluster when all are busy, in proportion to others'.</summary>
    public required double Weight { get; init; }

    /// <summary>The most runs that one server works on at the same time; absent for the cluster's default.</summary>
    public int? MaxConcurrentRuns { get; init; }

    /// <summary>The most background runs of one session that have not ended.</summary>
    public required int MaxBackgroundRuns { get; init; }

    /// <summary>The most messages that wait in one session.</summary>
    public required int MaxWaitingMessages { get; init; }

    /// <summary>A profile as a resource.</summary>
    public static TenantResource Of(TenantProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return new TenantResource
        {
            Name = profile.Name,
            DoubleTexting = WireMapping.ToResource(profile.DoubleTexting),
            RetentionDays = profile.RetentionDays,
            Tier = profile.Tier,
            Region = profile.Region,
            Weight = profile.SharingWeight,
            MaxConcurrentRuns = profile.MaxConcurrentRuns,
            MaxBackgroundRuns = profile.MaxBackgroundRuns,
            MaxWaitingMessages = profile.MaxWaitingMessages,
        };
    }

    /// <summary>The resource as the profile that it came from.</summary>
    internal TenantProfile ToContract() => new()
    {
        Name = Name,
        DoubleTexting = WireMapping.ToContract(DoubleTexting)!.Value,
        RetentionDays = RetentionDays,
        Tier = Tier,
        Region = Region,
        Weight = Weight,
        MaxConcurrentRuns = MaxConcurrentRuns,
        MaxBackgroundRuns = MaxBackgroundRuns,
        MaxWaitingMessages = MaxWaitingMessages,
    };
}

/// <summary>JSON of tenants; unknown fields in requests are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SetTenantRequest))]
[JsonSerializable(typeof(TenantResource))]
public sealed partial class TenantWireJson : JsonSerializerContext;

/// <summary>The same, forgiving what a newer gateway adds.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SetTenantRequest))]
[JsonSerializable(typeof(TenantResource))]
internal sealed partial class ClientTenantWireJson : JsonSerializerContext;
