namespace Steward.Engines.Notifications;

/// <summary>The data of <see cref="NoticeKinds.ModelBudget"/>.</summary>
public sealed record BudgetNoticeData
{
    /// <summary>The budget's name.</summary>
    public string Budget { get; init; } = "";

    /// <summary>The team, person, feature or tag; null for the tenant.</summary>
    public string? Subject { get; init; }

    /// <summary><c>near</c> or <c>spent</c>.</summary>
    public string? State { get; init; }

    /// <summary>How much of it is used, in percent.</summary>
    public int Percent { get; init; }

    /// <summary>What is used, with its unit.</summary>
    public string Used { get; init; } = "";

    /// <summary>The limit, with its unit.</summary>
    public string Limit { get; init; } = "";

    /// <summary>When it begins anew.</summary>
    public DateTimeOffset? EndsAt { get; init; }
}
