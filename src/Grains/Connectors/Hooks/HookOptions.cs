namespace Steward.Connectors;

/// <summary>How events of external systems are kept and published. Bound from <c>Steward:Connectors:Hooks</c>.</summary>
public sealed class HookOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Connectors:Hooks";

    /// <summary>The waits between publications of an event that some subscriber has not settled, when none are configured.</summary>
    public static IReadOnlyList<TimeSpan> DefaultRetryAfter { get; } = [TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1)];

    /// <summary>The waits between publications; after the last one an event is a dead letter. <see cref="DefaultRetryAfter"/> when empty.</summary>
    public IList<TimeSpan> RetryAfter { get; } = [];

    /// <summary>How long the webhook secret before is accepted, too, after it was replaced, so that the sender need not change at the same moment. Default 24 hours; none when zero.</summary>
    public TimeSpan SecretOverlap { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How many events may wait per instance; senders are asked to come again when more come. Default 2000.</summary>
    public int MaxWaiting { get; set; } = 2000;
}
