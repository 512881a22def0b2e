using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Identity;
using Steward.Runs;

namespace Steward.Webhooks;

/// <summary>What is sent: the type, the time and the facts. Pure.</summary>
internal static class WebhookBody
{
    /// <summary>The message about something that happened to a run.</summary>
    public static string Of(WebhookEvent happened, bool includeAnswer, Uri? publicAddress)
    {
        var run = happened.Run;
        var path = $"/v1/runs/{run.RunId}";
        return JsonSerializer.Serialize(
            new WebhookPayload
            {
                Type = happened.Type,
                Timestamp = happened.At,
                Data = new WebhookPayloadData
                {
                    RunId = run.RunId,
                    SessionId = GrainKeys.LastPart(run.SessionKey),
                    UserId = GrainKeys.UserOf(run.SessionKey),
                    State = JsonNamingPolicy.CamelCase.ConvertName(run.State.ToString()),
                    Attempt = run.Attempt,
                    ErrorCode = run.ErrorCode,
                    WaitsFor = happened.Type == WebhookEventTypes.RunWaiting ? run.WaitsFor : null,
                    Url = publicAddress is null ? path : new Uri(publicAddress, path).AbsoluteUri,
                    Answer = includeAnswer && run.HasEnded ? run.Answer : null,
                },
            },
            WebhookPayloadJson.Default.WebhookPayload);
    }

    /// <summary>A message with which somebody tries a webhook out.</summary>
    public static string Test(DateTimeOffset at) =>
        JsonSerializer.Serialize(new WebhookPayload { Type = WebhookEventTypes.Test, Timestamp = at, Data = new WebhookPayloadData() }, WebhookPayloadJson.Default.WebhookPayload);

    /// <summary>The id of a message: the same however often the same thing is told.</summary>
    public static string IdOf(string webhookKey, WebhookEvent happened) =>
        "d-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{webhookKey}\n{happened.Run.RunId}\n{happened.Type}\n{happened.Occurrence}")).AsSpan(0, 12));
}

/// <summary>The body of a message.</summary>
internal sealed record WebhookPayload
{
    public required string Type { get; init; }

    public required DateTimeOffset Timestamp { get; init; }

    public required WebhookPayloadData Data { get; init; }
}

/// <summary>The facts of a message.</summary>
internal sealed record WebhookPayloadData
{
    public string? RunId { get; init; }

    public string? SessionId { get; init; }

    public string? UserId { get; init; }

    public string? State { get; init; }

    public int? Attempt { get; init; }

    public string? ErrorCode { get; init; }

    public string? WaitsFor { get; init; }

    public string? Url { get; init; }

    public string? Answer { get; init; }
}

/// <summary>JSON of messages.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WebhookPayload))]
internal sealed partial class WebhookPayloadJson : JsonSerializerContext;
