using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Notifications.Slack;

namespace Steward.Engines.Notifications.Answers;

/// <summary>Slack's <c>block_actions</c>, and the answers to them.</summary>
/// <remarks>Source: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload. The request itself is to be answered with 200 and an empty body within 3 seconds.</remarks>
public static partial class SlackClicks
{
    /// <summary>Reads the JSON of the form's field <c>payload</c>.</summary>
    /// <param name="payload">The payload of a verified request.</param>
    /// <param name="instanceAddress">Where the connector instance's calls go: an instance on this machine is answered on this machine, all others at Slack's own host.</param>
    public static ClickReading Read(JsonElement payload, Uri? instanceAddress)
    {
        try
        {
            return ReadObject(payload, instanceAddress);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair in a text.
            return new ClickMalformed("The payload holds a text that is no valid Unicode.");
        }
    }

    /// <summary>The body to post to <see cref="ChannelClick.ResponseUrl"/>: only the person who clicked sees it, and the message stays as it is.</summary>
    /// <param name="text">Plain text.</param>
    public static string Ephemeral(string text) => new JsonObject
    {
        ["response_type"] = "ephemeral",
        ["replace_original"] = false,
        ["text"] = SlackBlocks.Escape(PlainText.Lines(text, 3_000)),
    }.ToJsonString();

    /// <summary>Whether answers may be posted to an address: Slack's own host, or the machine of a simulated Slack.</summary>
    internal static bool IsResponseUrl(Uri url, Uri? instanceAddress)
    {
        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            return false;
        }

        return instanceAddress is { IsLoopback: true, Scheme: "http" }
            ? Uri.Compare(url, instanceAddress, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0
            : url is { Scheme: "https", IsDefaultPort: true } && url.IdnHost.ToLowerInvariant() is "hooks.slack.com" or "hooks.slack-gov.com";
    }

    private static ClickReading ReadObject(JsonElement payload, Uri? instanceAddress)
    {
        if (payload.ValueKind != JsonValueKind.Object)
        {
            return new ClickMalformed("The payload must be an object.");
        }

        if (Text(payload, "type", 40) is not { } type)
        {
            return new ClickMalformed("type must be a text.");
        }

        if (type != "block_actions")
        {
            return new ClickIgnored();
        }

        Uri? responseUrl = null;
        if (Text(payload, "response_url", 500) is { } address && (!Uri.TryCreate(address, UriKind.Absolute, out responseUrl) || !IsResponseUrl(responseUrl, instanceAddress)))
        {
            return new ClickMalformed("response_url must lead to hooks.slack.com.");
        }

        if (!payload.TryGetProperty("actions", out var actions) || actions.ValueKind != JsonValueKind.Array || actions.GetArrayLength() != 1 || actions[0] is not { ValueKind: JsonValueKind.Object } action)
        {
            return new ClickMalformed("actions must hold exactly one action.", responseUrl);
        }

        ClickVerb verb;
        switch (Text(action, "action_id", 255))
        {
            case SlackBlocks.ApproveAction:
                verb = ClickVerb.Approve;
                break;
            case SlackBlocks.RejectAction:
                verb = ClickVerb.Reject;
                break;
            default:
                return new ClickIgnored();
        }

        if (ButtonValue.Read(Text(action, "value", 2_000)) is not { } value)
        {
            return new ClickMalformed("actions.0.value must name an approval and a hash.", responseUrl);
        }

        if (Text(action, "action_ts", 20) is not { } at || !Timestamp().IsMatch(at))
        {
            return new ClickMalformed("actions.0.action_ts must be a time stamp.", responseUrl);
        }

        if (Text(Member(payload, "user"), "id", 20) is not { } user || !UserId().IsMatch(user))
        {
            return new ClickMalformed("user.id must be a user id.", responseUrl);
        }

        // An app that is installed for a whole Enterprise Grid names that instead of a workspace.
        if ((Text(Member(payload, "team"), "id", 20) ?? Text(Member(payload, "enterprise"), "id", 20)) is not { } team || !TeamId().IsMatch(team))
        {
            return new ClickMalformed("team.id must be a team id.", responseUrl);
        }

        var container = Member(payload, "container");
        var (channel, message) = (Text(container, "channel_id", 20), Text(container, "message_ts", 20));
        return new ClickFound(new ChannelClick
        {
            Channel = "slack",
            Verb = verb,
            ApprovalId = value.ApprovalId,
            SubjectHash = value.SubjectHash,
            ExternalUserId = user,
            ExternalTenantId = team,
            Reference = channel is not null && message is not null && SlackReference.Format(channel, message) is var reference && SlackReference.TryParse(reference, out _, out _) ? reference : null,
            OperationId = $"slack-{team}-{user}-{at}",
            ResponseUrl = responseUrl,
        });
    }

    private static JsonElement Member(JsonElement json, string name) => json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : default;

    private static string? Text(JsonElement json, string name, int max) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String && member.GetString() is { Length: > 0 } text && text.Length <= max ? text : null;

    [GeneratedRegex(@"\A[UW][A-Z0-9]{6,19}\z", RegexOptions.CultureInvariant)]
    private static partial Regex UserId();

    [GeneratedRegex(@"\A[TE][A-Z0-9]{6,19}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TeamId();

    [GeneratedRegex(@"\A[0-9]{1,12}\.[0-9]{1,6}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Timestamp();
}
