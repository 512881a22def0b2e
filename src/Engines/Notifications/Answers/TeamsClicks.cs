using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Notifications.Teams;

namespace Steward.Engines.Notifications.Answers;

/// <summary>The invoke activity <c>adaptiveCard/action</c> of a bot, and the answers to it.</summary>
/// <remarks>Source: https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model. The answer is the body of a 200 answer to the request itself.</remarks>
public static partial class TeamsClicks
{
    /// <summary>Reads an activity.</summary>
    /// <param name="activity">The body of a verified request.</param>
    public static ClickReading Read(JsonElement activity)
    {
        try
        {
            return ReadObject(activity);
        }
        catch (InvalidOperationException)
        {
            return new ClickMalformed("The activity holds a text that is no valid Unicode.");
        }
    }

    /// <summary>Shows a card in the place of the one that was clicked.</summary>
    /// <param name="card">The card, as <see cref="RenderedNotice.Payload"/> has it.</param>
    public static string WithCard(string card) => new JsonObject { ["statusCode"] = 200, ["type"] = AdaptiveCard.ContentType, ["value"] = JsonNode.Parse(card) }.ToJsonString();

    /// <summary>Says something for a moment and leaves the card as it is.</summary>
    /// <param name="text">Plain text.</param>
    public static string WithMessage(string text) =>
        new JsonObject { ["statusCode"] = 200, ["type"] = "application/vnd.microsoft.activity.message", ["value"] = PlainText.Line(text, 500) }.ToJsonString();

    /// <summary>Says that it did not work, in the card's own place for errors.</summary>
    /// <param name="outcome">What went wrong.</param>
    /// <param name="text">The same for the person, plain text.</param>
    public static string WithError(ClickOutcome outcome, string text)
    {
        var (status, code) = outcome switch
        {
            ClickOutcome.Unavailable => (503, "Unavailable"),
            ClickOutcome.Malformed => (400, "BadRequest"),
            ClickOutcome.NotFound => (404, "NotFound"),
            ClickOutcome.NotYours or ClickOutcome.OwnRequest or ClickOutcome.UnknownPerson => (403, "Forbidden"),
            _ => (409, "Conflict"),
        };
        return new JsonObject
        {
            ["statusCode"] = status,
            ["type"] = "application/vnd.microsoft.error",
            ["value"] = new JsonObject { ["code"] = code, ["message"] = PlainText.Line(text, 500) },
        }.ToJsonString();
    }

    private static ClickReading ReadObject(JsonElement activity)
    {
        if (activity.ValueKind != JsonValueKind.Object)
        {
            return new ClickMalformed("The activity must be an object.");
        }

        if (Text(activity, "type", 40) != "invoke" || Text(activity, "name", 60) != "adaptiveCard/action")
        {
            return new ClickIgnored();
        }

        // A bot's other channels, such as its web chat, carry what their clients say of themselves.
        if (Text(activity, "channelId", 40) != "msteams")
        {
            return new ClickMalformed("channelId must be msteams.");
        }

        var action = Member(Member(activity, "value"), "action");
        ClickVerb verb;
        switch (Text(action, "verb", 40))
        {
            case AdaptiveCard.ApproveVerb:
                verb = ClickVerb.Approve;
                break;
            case AdaptiveCard.RejectVerb:
                verb = ClickVerb.Reject;
                break;
            case AdaptiveCard.RefreshVerb:
                verb = ClickVerb.Refresh;
                break;
            default:
                return new ClickMalformed("value.action.verb must be approve, reject or refresh.");
        }

        if (ButtonValue.Read(Member(action, "data")) is not { } value)
        {
            return new ClickMalformed("value.action.data must name an approval and a hash.");
        }

        if (Text(Member(activity, "from"), "aadObjectId", 36) is not { } user || !Guid.TryParseExact(user, "D", out var person))
        {
            return new ClickMalformed("from.aadObjectId must be a GUID.");
        }

        var conversation = Member(activity, "conversation");
        var directory = Text(conversation, "tenantId", 36) ?? Text(Member(Member(activity, "channelData"), "tenant"), "id", 36);
        if (!Guid.TryParseExact(directory, "D", out var tenant))
        {
            return new ClickMalformed("conversation.tenantId must be a GUID.");
        }

        if (Text(activity, "id", 200) is not { } id || !ActivityId().IsMatch(id))
        {
            return new ClickMalformed("id must be an activity's id.");
        }

        var reference = TeamsReference.Format(Text(conversation, "id", 300) ?? "", Text(activity, "replyToId", 200) ?? "");
        return new ClickFound(new ChannelClick
        {
            Channel = "teams",
            Verb = verb,
            ApprovalId = value.ApprovalId,
            SubjectHash = value.SubjectHash,
            ExternalUserId = person.ToString("D"),
            ExternalTenantId = tenant.ToString("D"),
            Reference = TeamsReference.TryParse(reference, out _, out _) ? reference : null,
            OperationId = $"teams-{id}",
        });
    }

    private static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : default;

    private static string? Text(JsonElement json, string name, int max) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String && member.GetString() is { Length: > 0 } text && text.Length <= max ? text : null;

    [GeneratedRegex(@"\A[A-Za-z0-9:|._=+/-]{1,200}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ActivityId();
}
