using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Webhooks;

/// <summary>What a webhook knows, folded from its journal: its settings, the messages that wait, and what became of the last others. Pure.</summary>
internal sealed class WebhookState : IFolded
{
    public const int MaxHistory = 100;

    /// <summary>What it was created with; null before that.</summary>
    public WebhookCreated? Created { get; set; }

    public bool Deleted { get; set; }

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>Why it is disabled; null while it is enabled.</summary>
    public string? DisabledReason { get; set; }

    public DateTimeOffset? FailingSince { get; set; }

    public DateTimeOffset? DeliveredAt { get; set; }

    /// <summary>The current secret first.</summary>
    public List<SealedWebhookSecret> Secrets { get; set; } = [];

    /// <summary>Messages that wait, in the order in which they came.</summary>
    public List<WebhookMessageState> Waiting { get; set; } = [];

    /// <summary>The last messages that are over, oldest first.</summary>
    public List<WebhookMessageState> History { get; set; } = [];

    [JsonIgnore]
    public bool IsThere => Created is not null && !Deleted;

    [JsonIgnore]
    public bool Sends => IsThere && DisabledReason is null;

    public WebhookMessageState? Find(string deliveryId) =>
        Waiting.Find(message => message.DeliveryId == deliveryId) ?? History.FindLast(message => message.DeliveryId == deliveryId);

    public void Apply(JournalEntry entry)
    {
        switch (entry.Type)
        {
            case WebhookRecordTypes.Created:
                Created = JsonSerializer.Deserialize(entry.Payload.Span, WebhookJson.Default.WebhookCreated)!;
                Secrets = [new SealedWebhookSecret { Sealed = Created.Secret }];
                break;
            case WebhookRecordTypes.Enabled:
                DisabledReason = null;
                FailingSince = null;
                break;
            case WebhookRecordTypes.Disabled:
                Disable(JsonSerializer.Deserialize(entry.Payload.Span, WebhookJson.Default.WebhookDisabled)!.Reason);
                break;
            case WebhookRecordTypes.Rotated:
                var rotated = JsonSerializer.Deserialize(entry.Payload.Span, WebhookJson.Default.WebhookRotated)!;
                Secrets.RemoveAll(secret => secret.ExpiresAt <= entry.At);
                Secrets = [new SealedWebhookSecret { Sealed = rotated.Secret }, .. Secrets.Take(1).Select(secret => secret with { ExpiresAt = rotated.OldExpiresAt })];
                break;
            case WebhookRecordTypes.Accepted:
                var accepted = JsonSerializer.Deserialize(entry.Payload.Span, WebhookJson.Default.WebhookAccepted)!;
                Waiting.Add(new WebhookMessageState { DeliveryId = accepted.DeliveryId, Type = accepted.Type, Subject = accepted.Subject ?? accepted.RunId, BodyAt = entry.Sequence, CreatedAt = entry.At, NextAt = entry.At });
                break;
            case WebhookRecordTypes.Dropped:
                var dropped = JsonSerializer.Deserialize(entry.Payload.Span, WebhookJson.Default.WebhookDropped)!;
                Finish(new WebhookMessageState
                {
                    DeliveryId = dropped.DeliveryId,
                    Type = dropped.Type,
                    Subject = dropped.Subject ?? dropped.RunId,
                    CreatedAt = entry.At,
                    State = WebhookDeliveryState.Failed,
                    LastError = dropped.Reason,
                });
                break;
            case WebhookRecordTypes.Attempted:
                Take(JsonSerializer.Deserialize(entry.Payload.Span, WebhookJson.Default.WebhookAttempted)!);
                break;
            case WebhookRecordTypes.Requeued:
                Requeue(JsonSerializer.Deserialize(entry.Payload.Span, WebhookJson.Default.WebhookRequeued)!.DeliveryId, entry.At);
                break;
            case WebhookRecordTypes.Deleted:
                Deleted = true;
                Secrets.Clear();
                Waiting.Clear();
                History.Clear();
                Created = Created! with { Secret = "", Spec = new CreateWebhook { Url = "" } };
                break;
        }
    }

    private void Take(WebhookAttempted attempted)
    {
        var delivered = attempted.State == WebhookDeliveryState.Delivered;
        FailingSince = delivered ? null : FailingSince ?? attempted.At;
        DeliveredAt = delivered ? attempted.At : DeliveredAt;
        if (Waiting.Find(message => message.DeliveryId == attempted.DeliveryId) is { } message)
        {
            message.Attempts++;
            message.LastAt = attempted.At;
            message.LastStatus = attempted.Status;
            message.LastError = attempted.Error;
            message.NextAt = attempted.NextAt;
            message.State = attempted.State;
            if (attempted.State != WebhookDeliveryState.Waiting)
            {
                Waiting.Remove(message);
                Finish(message);
            }
        }

        if (attempted.Disables is { } reason)
        {
            Disable(reason);
        }
    }

    private void Requeue(string deliveryId, DateTimeOffset at)
    {
        if (Find(deliveryId) is not { } message)
        {
            return;
        }

        History.Remove(message);
        if (!Waiting.Contains(message))
        {
            Waiting.Add(message);
            message.Attempts = 0;
        }

        message.State = WebhookDeliveryState.Waiting;
        message.NextAt = at;
    }

    private void Disable(string reason)
    {
        DisabledReason = reason;
        foreach (var message in Waiting)
        {
            message.State = WebhookDeliveryState.Failed;
            message.NextAt = null;
            Finish(message);
        }

        Waiting.Clear();
    }

    private void Finish(WebhookMessageState message)
    {
        History.Add(message);
        if (History.Count > MaxHistory)
        {
            History.RemoveAt(0);
        }
    }
}

/// <summary>One message. Its body stays in the journal.</summary>
internal sealed class WebhookMessageState
{
    public required string DeliveryId { get; init; }

    public required string Type { get; init; }

    /// <summary>What it tells of.</summary>
    public string? Subject { get; init; }

    /// <summary>What it tells of, in snapshots of the time when that was always a run.</summary>
    public string? RunId { get; init; }

    /// <summary>The sequence number of the entry with the body; 0 when there is none.</summary>
    public long BodyAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public WebhookDeliveryState State { get; set; }

    /// <summary>Attempts since it came, or was asked for again.</summary>
    public int Attempts { get; set; }

    public DateTimeOffset? NextAt { get; set; }

    public DateTimeOffset? LastAt { get; set; }

    public int? LastStatus { get; set; }

    public string? LastError { get; set; }

    public WebhookDelivery ToDelivery() => new()
    {
        DeliveryId = DeliveryId,
        Type = Type,
        RunId = WebhookEventTypes.IsOfRuns(Type) ? Subject ?? RunId : null,
        Subject = Subject ?? RunId,
        State = State,
        CreatedAt = CreatedAt,
        Attempts = Attempts,
        NextAt = NextAt,
        LastAt = LastAt,
        LastStatus = LastStatus,
        LastError = LastError,
    };
}
