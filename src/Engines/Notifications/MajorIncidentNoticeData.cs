namespace Steward.Engines.Notifications;

/// <summary>The data of <see cref="NoticeKinds.MajorIncident"/>.</summary>
public sealed record MajorIncidentNoticeData
{
    /// <summary>The incident's id, as it stands in its tickets.</summary>
    public string Incident { get; init; } = "";

    /// <summary>The connector instance whose tickets these are.</summary>
    public string? Instance { get; init; }

    /// <summary>The group that they belong to; null when that is not known.</summary>
    public string? Group { get; init; }

    /// <summary>What one of the tickets says in its title, safe to show.</summary>
    public string? Sample { get; init; }
}
