namespace Steward.Webhooks;

/// <summary>The types of messages.</summary>
public static class WebhookEventTypes
{
    /// <summary>A run has ended.</summary>
    public const string RunEnded = "run.ended";

    /// <summary>A run waits for a person.</summary>
    public const string RunWaiting = "run.waiting";

    /// <summary>A run failed for technical reasons and is on the dead-letter list.</summary>
    public const string RunDeadLettered = "run.dead_lettered";

    /// <summary>A connector could not renew its sign-in for now, or it ends soon and cannot be renewed without a person.</summary>
    public const string ConnectorSignInExpiring = "connector.sign_in_expiring";

    /// <summary>A system does not accept a connector's sign-in any more: somebody has to act.</summary>
    public const string ConnectorSignInBroken = "connector.sign_in_broken";

    /// <summary>A connector is signed in again.</summary>
    public const string ConnectorSignInRestored = "connector.sign_in_restored";

    /// <summary>Somebody is asked for an approval; its people are not known yet.</summary>
    public const string ApprovalSubmitted = "approval.submitted";

    /// <summary>An approval waits for people of a level.</summary>
    public const string ApprovalPending = "approval.pending";

    /// <summary>Nobody decided in time, so others are asked, too.</summary>
    public const string ApprovalEscalated = "approval.escalated";

    /// <summary>It was approved.</summary>
    public const string ApprovalApproved = "approval.approved";

    /// <summary>It was rejected.</summary>
    public const string ApprovalRejected = "approval.rejected";

    /// <summary>Nobody decided in time.</summary>
    public const string ApprovalExpired = "approval.expired";

    /// <summary>It was withdrawn.</summary>
    public const string ApprovalCancelled = "approval.cancelled";

    /// <summary>Nothing happened; somebody tries the webhook out.</summary>
    public const string Test = "webhook.test";

    /// <summary>Those that a webhook can ask for.</summary>
    public static IReadOnlyList<string> Subscribable { get; } =
    [
        RunEnded, RunWaiting, RunDeadLettered, ConnectorSignInExpiring, ConnectorSignInBroken, ConnectorSignInRestored, ApprovalSubmitted, ApprovalPending, ApprovalEscalated, ApprovalApproved,
        ApprovalRejected, ApprovalExpired, ApprovalCancelled,
    ];

    /// <summary>The type that tells of an approval's status.</summary>
    /// <param name="status">For example <c>pending</c>.</param>
    public static string OfApproval(string status) => $"approval.{status}";

    /// <summary>Whether events of a type tell of runs.</summary>
    public static bool IsOfRuns(string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.StartsWith("run.", StringComparison.Ordinal);
    }
}

/// <summary>Creates a webhook.</summary>
[GenerateSerializer]
[Alias("steward.create-webhook")]
public sealed record CreateWebhook
{
    /// <summary>Where messages go.</summary>
    [Id(0)]
    public required string Url { get; init; }

    /// <summary>What it is told of wherever it happens in the tenant; empty for runs only that name it.</summary>
    [Id(1)]
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>What it is for; 200 characters at most.</summary>
    [Id(2)]
    public string? Description { get; init; }

    /// <summary>Whether messages carry the answer's text.</summary>
    [Id(3)]
    public bool IncludeAnswer { get; init; }
}

/// <summary>A webhook.</summary>
[GenerateSerializer]
[Alias("steward.webhook-info")]
public sealed record WebhookInfo
{
    /// <summary>Its id, <c>w-…</c>.</summary>
    [Id(0)]
    public required string WebhookId { get; init; }

    /// <summary>What it was created with.</summary>
    [Id(1)]
    public required CreateWebhook Spec { get; init; }

    /// <summary>Whether messages are sent.</summary>
    [Id(2)]
    public required bool Enabled { get; init; }

    /// <summary>Why not: <c>by_admin</c>, <c>gone</c> (the receiver answered 410) or <c>failing</c> (for days).</summary>
    [Id(3)]
    public string? DisabledReason { get; init; }

    /// <summary>When it was created.</summary>
    [Id(4)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when every attempt has failed.</summary>
    [Id(5)]
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>When a message last arrived.</summary>
    [Id(6)]
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>How many messages wait.</summary>
    [Id(7)]
    public int Waiting { get; init; }
}

/// <summary>A webhook and its new secret, for the one time that it is shown.</summary>
[GenerateSerializer]
[Alias("steward.webhook-secret-shown")]
public sealed record WebhookSecretShown
{
    /// <summary>The webhook.</summary>
    [Id(0)]
    public required WebhookInfo Webhook { get; init; }

    /// <summary><c>whsec_…</c>.</summary>
    [Id(1)]
    public required string Secret { get; init; }

    /// <summary>Never shows the secret.</summary>
    public override string ToString() => $"{nameof(WebhookSecretShown)} {Webhook.WebhookId}";
}

/// <summary>What a webhook wants to be told of.</summary>
[GenerateSerializer]
[Alias("steward.webhook-subscription")]
public sealed record WebhookSubscription
{
    /// <summary>The webhook.</summary>
    [Id(0)]
    public required string WebhookId { get; init; }

    /// <summary>The types.</summary>
    [Id(1)]
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>Whether it is enabled.</summary>
    [Id(2)]
    public bool Enabled { get; init; } = true;
}

/// <summary>Something happened that a tenant's webhooks may want to know.</summary>
[GenerateSerializer]
[Alias("steward.webhook-event")]
public sealed record WebhookEvent
{
    /// <summary>One of <see cref="WebhookEventTypes"/>.</summary>
    [Id(0)]
    public required string Type { get; init; }

    /// <summary>Tells it from others of this type and subject, for example the attempt that ended. The same however often it is told.</summary>
    [Id(1)]
    public required string Occurrence { get; init; }

    /// <summary>When.</summary>
    [Id(2)]
    public required DateTimeOffset At { get; init; }

    // 3 was the run's state.

    /// <summary>What it happened to, such as a run's id or <c>connectors/jira</c>.</summary>
    [Id(4)]
    public required string Subject { get; init; }

    /// <summary>The facts, as a JSON object. Every webhook that asked for the type gets them: nothing secret may be in them.</summary>
    [Id(5)]
    public required string DataJson { get; init; }

    /// <summary>Where the API says more, such as <c>/v1/runs/r-…</c>; messages carry it as <c>url</c>.</summary>
    [Id(6)]
    public string? Path { get; init; }

    /// <summary>A text for those webhooks only that asked for answers.</summary>
    [Id(7)]
    public string? Answer { get; init; }

    /// <summary>Never shows the answer.</summary>
    public override string ToString() => $"{nameof(WebhookEvent)} {Type} of {Subject}";
}

/// <summary>One message to a receiver.</summary>
[GenerateSerializer]
[Alias("steward.webhook-delivery")]
public sealed record WebhookDelivery
{
    /// <summary>The message's id, also the header <c>webhook-id</c>.</summary>
    [Id(0)]
    public required string DeliveryId { get; init; }

    /// <summary>Its type.</summary>
    [Id(1)]
    public required string Type { get; init; }

    /// <summary>The run that it tells of.</summary>
    [Id(2)]
    public string? RunId { get; init; }

    /// <summary>Where it is.</summary>
    [Id(3)]
    public required WebhookDeliveryState State { get; init; }

    /// <summary>When it came.</summary>
    [Id(4)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How often it was sent.</summary>
    [Id(5)]
    public int Attempts { get; init; }

    /// <summary>When it is sent next.</summary>
    [Id(6)]
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>When it was last sent.</summary>
    [Id(7)]
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>The last answer's HTTP status.</summary>
    [Id(8)]
    public int? LastStatus { get; init; }

    /// <summary>What went wrong last.</summary>
    [Id(9)]
    public string? LastError { get; init; }

    /// <summary>What it tells of, such as a run's id or <c>connectors/jira</c>.</summary>
    [Id(10)]
    public string? Subject { get; init; }
}

/// <summary>Where a message is.</summary>
[GenerateSerializer]
[Alias("steward.webhook-delivery-state")]
public enum WebhookDeliveryState
{
    /// <summary>It is being sent, or will be again.</summary>
    Waiting,

    /// <summary>The receiver took it.</summary>
    Delivered,

    /// <summary>It will not be sent again by itself.</summary>
    Failed,
}
