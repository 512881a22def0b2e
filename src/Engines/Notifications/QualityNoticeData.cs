namespace Steward.Engines.Notifications;

/// <summary>The data of <see cref="NoticeKinds.ModelRegression"/> and <see cref="NoticeKinds.ModelDrift"/>.</summary>
public sealed record QualityNoticeData
{
    /// <summary>What of the platform answers: <c>chat</c>, <c>api</c> …</summary>
    public string Feature { get; init; } = "";

    /// <summary>The change after which answers became worse, such as <c>prompt agent@1 → agent@2</c>; null for a drift.</summary>
    public string? Change { get; init; }

    /// <summary>When the change was made; null for a drift.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The mean score before the change, 0 to 1.</summary>
    public double? Before { get; init; }

    /// <summary>The mean score since.</summary>
    public double? After { get; init; }

    /// <summary>What has moved: <c>scores</c>, <c>length</c> or <c>intent</c>; null for a regression.</summary>
    public string? Of { get; init; }

    /// <summary>The population stability index.</summary>
    public double? Index { get; init; }

    /// <summary>What chance stays below in 99 of 100 windows of this size.</summary>
    public double? Threshold { get; init; }
}
