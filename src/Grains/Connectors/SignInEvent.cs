using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Notifications;
using Steward.Webhooks;

namespace Steward.Connectors;

/// <summary>What webhooks are told of a connector's sign-in. Pure.</summary>
internal static class SignInEvent
{
    /// <summary>The event.</summary>
    /// <param name="instance">The connector.</param>
    /// <param name="createdAt">When it was created: another one of this name, made after its deletion, has changes of its own.</param>
    /// <param name="change">What changed.</param>
    public static WebhookEvent Of(ConnectorInstance instance, DateTimeOffset createdAt, SignInChange change) => new()
    {
        Type = change.State switch
        {
            SignInHistory.Broken => WebhookEventTypes.ConnectorSignInBroken,
            SignInHistory.Expiring => WebhookEventTypes.ConnectorSignInExpiring,
            _ => WebhookEventTypes.ConnectorSignInRestored,
        },
        Occurrence = string.Create(CultureInfo.InvariantCulture, $"{createdAt.ToUnixTimeMilliseconds()}.{change.Number}"),
        At = change.At,
        Subject = $"connectors/{instance.Name}",
        DataJson = JsonSerializer.Serialize(
            new SignInEventData
            {
                Connector = instance.Name,
                Title = instance.Title,
                TemplateId = instance.TemplateId,
                State = change.State,
                Before = change.Before,
                Code = change.Code,
                Reason = change.Reason,
            },
            SignInEventJson.Default.SignInEventData),
        Path = $"/v1/connectors/{instance.Name}",
    };

    /// <summary>What admins are told of a change, the data of a notice; null when it needs nobody.</summary>
    public static string? NoticeOf(ConnectorInstance instance, SignInChange change) => change.State == SignInHistory.Active
        ? null
        : NoticeData.Write(new SignInNoticeData { Instance = instance.Name, Title = instance.Title, Problem = change.Reason, State = change.State }).GetRawText();
}

/// <summary>The facts about a sign-in.</summary>
internal sealed record SignInEventData
{
    public required string Connector { get; init; }

    public required string Title { get; init; }

    public required string TemplateId { get; init; }

    public required string State { get; init; }

    public required string Before { get; init; }

    public string? Code { get; init; }

    public string? Reason { get; init; }
}

/// <summary>JSON of events about sign-ins.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SignInEventData))]
internal sealed partial class SignInEventJson : JsonSerializerContext;
