namespace Steward.Approvals;

/// <summary>How approvals are owned.</summary>
public sealed class ApprovalOptions
{
    /// <summary>Where it stands in the configuration.</summary>
    public const string Section = "Steward:Approvals";

    /// <summary>The wait before the run, the router and the lists are told again after one of them could not be; doubles up to a minute. 500 ms by default.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long whoever decides waits for rules and people that are still being looked up. 5 seconds by default.</summary>
    public TimeSpan LookUpPatience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one look at the record in another system may take; longer is a failure that is tried again. 5 minutes by default.</summary>
    public TimeSpan MirrorPatience { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>What is due within this time is waited for in memory; for what is due later the tenant's watchdog comes. 90 seconds by default.</summary>
    public TimeSpan KeptFor { get; set; } = TimeSpan.FromSeconds(90);
}
