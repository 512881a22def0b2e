using System.Text.Json.Serialization;

namespace Steward.Gateway;

/// <summary>Says whether one thing that the process can do is configured. All registered reports appear at <c>/healthz</c>.</summary>
public interface ICapabilityReport
{
    /// <summary>A short stable name, for example <c>storage</c> or <c>models</c>.</summary>
    string Name { get; }

    /// <summary>How it stands now. Fast, and without secrets: anybody may read it.</summary>
    ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default);
}

/// <summary>How a capability stands.</summary>
public sealed record CapabilityStatus
{
    /// <summary>Whether it can be used.</summary>
    public required CapabilityState State { get; init; }

    /// <summary>With what, for people, for example <c>SQLite</c>.</summary>
    public required string Detail { get; init; }

    /// <summary>How to configure it, when it is not.</summary>
    public string? Fix { get; init; }
}

/// <summary>Whether a capability can be used.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CapabilityState>))]
public enum CapabilityState
{
    /// <summary>It can be used.</summary>
    [JsonStringEnumMemberName("configured")]
    Configured,

    /// <summary>It can be used with limits, which the detail names.</summary>
    [JsonStringEnumMemberName("limited")]
    Limited,

    /// <summary>It is not configured; the rest works without it.</summary>
    [JsonStringEnumMemberName("not_configured")]
    NotConfigured,

    /// <summary>It is configured and does not work.</summary>
    [JsonStringEnumMemberName("failing")]
    Failing,
}

/// <summary>Something that must hold before the process takes requests; all registered checks are asked at <c>/readyz</c>.</summary>
public interface IReadinessCheck
{
    /// <summary>A short stable name.</summary>
    string Name { get; }

    /// <summary>What stands in the way, for people, or null when ready.</summary>
    ValueTask<string?> FindObstacleAsync(CancellationToken cancellationToken = default);
}
