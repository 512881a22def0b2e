using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Approvals;
using Steward.Engines.Approvals.Machine;

namespace Steward.Webhooks;

/// <summary>Tells a tenant's webhooks what became of approvals: one event for each state that a request entered, at each level.</summary>
internal sealed class ApprovalWebhooks(TenantWebhooks webhooks)
{
    /// <summary>Hands every event of a request over to each webhook that wants it; they are durable with each of them when this returns. Those that were handed over before are not sent again.</summary>
    public async Task TellAsync(string tenantId, ApprovalState state)
    {
        foreach (var happened in Of(state))
        {
            await webhooks.TellAsync(tenantId, webhookId: null, happened);
        }
    }

    /// <summary>The events, in order. Each follows from the state for ever once it happened, so that none is missing after a loss.</summary>
    internal static IEnumerable<WebhookEvent> Of(ApprovalState state)
    {
        yield return Of(state, WebhookEventTypes.ApprovalSubmitted, "0", state.Request.RequestedAt, null);
        foreach (var level in state.Levels)
        {
            var number = FormattableString.Invariant($"{level.Number}");
            yield return Of(state, WebhookEventTypes.ApprovalPending, number, level.OpenedAt, level.Name);
            if (level.IsEscalated)
            {
                yield return Of(state, WebhookEventTypes.ApprovalEscalated, number, level.EscalateAt ?? level.OpenedAt, level.Name);
            }
        }

        if (state is { IsOver: true, End: { } end })
        {
            yield return Of(state, WebhookEventTypes.OfApproval(ApprovalViews.StatusOf(state.Status)), "0", end.At, null);
        }
    }

    private static WebhookEvent Of(ApprovalState state, string type, string occurrence, DateTimeOffset at, string? level) => new()
    {
        Type = type,
        Occurrence = occurrence,
        At = at,
        Subject = state.Request.ApprovalId,
        DataJson = JsonSerializer.Serialize(
            new ApprovalWebhookEventData
            {
                ApprovalId = state.Request.ApprovalId,
                Status = type[(type.IndexOf('.', StringComparison.Ordinal) + 1)..],
                RequestType = state.Request.Type,
                Action = state.Request.Action,
                SubjectHash = state.Request.SubjectHash,
                Risk = ApprovalViews.RiskOf(state.Request.Risk),
                Requester = state.Request.Requester.UserId,
                RunId = state.Request.RunId,
                Level = level,
                DecidedBy = type is WebhookEventTypes.ApprovalApproved or WebhookEventTypes.ApprovalRejected ? state.End?.By : null,
                ExpiresAt = state.ExpiresAt,
            },
            ApprovalWebhookEventJson.Default.ApprovalWebhookEventData),
        Path = $"/v1/approvals/{state.Request.ApprovalId}",
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
