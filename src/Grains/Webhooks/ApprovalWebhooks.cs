using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Approvals;

namespace Steward.Webhooks;

/// <summary>Tells a tenant's webhooks what became of approvals: one event for each state that a request enters.</summary>
internal sealed class ApprovalWebhooks(TenantWebhooks webhooks)
{
    /// <summary>Hands the event over to each webhook that wants it; it is durable with each of them when this returns. Idempotent, so after a failure it is done again.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="view">The request, in the state that it entered.</param>
    /// <param name="at">When it entered it.</param>
    public Task TellAsync(string tenantId, ApprovalView view, DateTimeOffset at) => webhooks.TellAsync(tenantId, webhookId: null, Of(view, at));

    /// <summary>The event. A request enters some states more than once, each with a version of its own.</summary>
    internal static WebhookEvent Of(ApprovalView view, DateTimeOffset at) => new()
    {
        Type = WebhookEventTypes.OfApproval(view.Status),
        Occurrence = FormattableString.Invariant($"{view.Version}"),
        At = at,
        Subject = view.ApprovalId,
        DataJson = JsonSerializer.Serialize(
            new ApprovalWebhookEventData
            {
                ApprovalId = view.ApprovalId,
                Status = view.Status,
                RequestType = view.Request.Type,
                Action = view.Request.Action,
                SubjectHash = view.SubjectHash,
                Risk = view.Request.Risk,
                Requester = view.Request.Requester.UserId,
                RunId = view.Request.RunId,
                Level = view.Levels.Count > 0 ? view.Levels[^1].Name : null,
                DecidedBy = view.Status is "approved" or "rejected" ? view.Levels.SelectMany(level => level.Votes).MaxBy(vote => vote.At)?.By : null,
                ExpiresAt = view.ExpiresAt,
            },
            ApprovalWebhookEventJson.Default.ApprovalWebhookEventData),
        Path = $"/v1/approvals/{view.ApprovalId}",
    };
}

/// <summary>The facts about an approval. Neither arguments nor texts of people: every webhook that asked for the type gets them.</summary>
internal sealed record ApprovalWebhookEventData
{
    public required string ApprovalId { get; init; }

    public required string Status { get; init; }

    public required string RequestType { get; init; }

    public required string Action { get; init; }

    public required string SubjectHash { get; init; }

    public required string Risk { get; init; }

    public required string Requester { get; init; }

    public string? RunId { get; init; }

    public string? Level { get; init; }

    public string? DecidedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>JSON of events about approvals.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApprovalWebhookEventData))]
internal sealed partial class ApprovalWebhookEventJson : JsonSerializerContext;
