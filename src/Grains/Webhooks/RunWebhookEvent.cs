using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Identity;
using Steward.Runs;

namespace Steward.Webhooks;

/// <summary>What webhooks are told of a run. Pure.</summary>
internal static class RunWebhookEvent
{
    /// <summary>The event.</summary>
    /// <param name="type">One of the types of runs.</param>
    /// <param name="occurrence">Tells it from others of this type and run.</param>
    /// <param name="at">When it happened.</param>
    /// <param name="run">The run's state then.</param>
    public static WebhookEvent Of(string type, string occurrence, DateTimeOffset at, RunStatus run) => new()
    {
        Type = type,
        Occurrence = occurrence,
        At = at,
        Subject = run.RunId,
        DataJson = JsonSerializer.Serialize(
            new RunWebhookEventData
            {
                RunId = run.RunId,
                SessionId = GrainKeys.LastPart(run.SessionKey),
                UserId = GrainKeys.UserOf(run.SessionKey),
                State = JsonNamingPolicy.CamelCase.ConvertName(run.State.ToString()),
                Attempt = run.Attempt,
                ErrorCode = run.ErrorCode,
                WaitsFor = type == WebhookEventTypes.RunWaiting ? run.WaitsFor : null,
            },
            RunWebhookEventJson.Default.RunWebhookEventData),
        Path = $"/v1/runs/{run.RunId}",
        Answer = run.HasEnded ? run.Answer : null,
    };
}

/// <summary>The facts about a run.</summary>
internal sealed record RunWebhookEventData
{
    public required string RunId { get; init; }

    public required string SessionId { get; init; }

    public required string? UserId { get; init; }

    public required string State { get; init; }

    public required int Attempt { get; init; }

    public string? ErrorCode { get; init; }

    public string? WaitsFor { get; init; }
}

/// <summary>JSON of events about runs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunWebhookEventData))]
internal sealed partial class RunWebhookEventJson : JsonSerializerContext;
