using System.ComponentModel.DataAnnotations;

namespace Steward.People;

/// <summary>Where tenants' people are looked up. Section <c>Steward:Directories</c>.</summary>
public sealed class DirectoryOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Steward:Directories";

    /// <summary>How long an answer holds, 0 to 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan FreshFor { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one question may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The most answers that are kept for a tenant.</summary>
    [Range(0, 100_000)]
    public int MaxEntries { get; set; } = 5_000;

    /// <summary>By tenant; those that are missing take what they have connected.</summary>
    public Dictionary<string, TenantDirectoryOptions> Tenants { get; } = new(StringComparer.Ordinal);
}

/// <summary>Where one tenant's people are looked up.</summary>
public sealed class TenantDirectoryOptions
{
    /// <summary>The connector that knows people, managers and groups: one of Okta, Entra ID or Workday. Null takes the first of Okta, then of Entra ID; Workday has to be named.</summary>
    public string? Connector { get; set; }

    /// <summary>The connector that knows who is out of office: one of Entra ID or Workday. Null takes the first of Entra ID, then <see cref="Connector"/> where that names Workday; <c>none</c> asks nobody.</summary>
    public string? Absences { get; set; }

    /// <summary>The IANA time zone in which days off begin and end where a system knows dates only; null, or one that the machine does not know, is UTC.</summary>
    public string? TimeZone { get; set; }
}
