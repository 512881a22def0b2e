using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>A person in the directory.</summary>
internal sealed class GraphUser
{
    public required string Id { get; init; }

    public required string Login { get; init; }

    public required JsonObject Properties { get; init; }

    public string? ManagerId { get; init; }

    public string DisplayName => Properties.Text("displayName") ?? "";

    public bool Enabled => Properties.Text("accountEnabled") == "true";

    /// <summary>From when to when the mailbox says that the person is out of office; null when it does not. An open end is null.</summary>
    public (DateTimeOffset From, DateTimeOffset? Until)? Away { get; set; }

    /// <summary>Sign-in methods beside the password: id, type and what identifies it.</summary>
    public List<JsonObject> Methods { get; } = [];

    /// <summary>Ids of licences.</summary>
    public List<string> Skus { get; } = [];
}

internal sealed class GraphGroup
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    /// <summary>User ids in the order of joining.</summary>
    public List<string> Members { get; } = [];

    public JsonObject Render(string domain) => new()
    {
        ["id"] = Id,
        ["displayName"] = Name,
        ["description"] = Description,
        ["mail"] = $"{Name.Replace(' ', '-').ToLowerInvariant()}@{domain}",
        ["mailEnabled"] = false,
        ["securityEnabled"] = true,
        ["groupTypes"] = new JsonArray(),
    };
}

internal sealed record GraphSku(string Id, string Name, int Enabled);

internal sealed class GraphMessage
{
    public required string Id { get; init; }

    public required string FromId { get; init; }

    public required string FromName { get; init; }

    public required string ContentType { get; init; }

    public required string Content { get; init; }

    public required DateTimeOffset Created { get; init; }

    public string? ReplyTo { get; init; }

    public JsonObject Render(string? teamId, string place) => new()
    {
        ["id"] = Id,
        ["replyToId"] = ReplyTo,
        ["etag"] = Id,
        ["messageType"] = "message",
        ["createdDateTime"] = Created.Iso(),
        ["lastModifiedDateTime"] = Created.Iso(),
        ["deletedDateTime"] = null,
        ["subject"] = null,
        ["importance"] = "normal",
        ["webUrl"] = teamId is null ? null : $"https://teams.microsoft.com/l/message/{Uri.EscapeDataString(place)}/{Id}?groupId={teamId}",
        ["from"] = new JsonObject
        {
            ["application"] = null, ["device"] = null,
            ["user"] = new JsonObject { ["id"] = FromId, ["displayName"] = FromName, ["userIdentityType"] = "aadUser" },
        },
        ["body"] = new JsonObject { ["contentType"] = ContentType, ["content"] = Content },
        ["attachments"] = new JsonArray(),
        ["mentions"] = new JsonArray(),
        ["reactions"] = new JsonArray(),
    };
}

internal sealed class GraphChannel
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>Oldest first.</summary>
    public List<GraphMessage> Messages { get; } = [];

    public JsonObject Render(string teamId) => new()
    {
        ["id"] = Id,
        ["displayName"] = Name,
        ["description"] = Description,
        ["isFavoriteByDefault"] = null,
        ["email"] = "",
        ["webUrl"] = $"https://teams.microsoft.com/l/channel/{Uri.EscapeDataString(Id)}/{Uri.EscapeDataString(Name)}?groupId={teamId}",
        ["membershipType"] = "standard",
    };
}

internal sealed class GraphTeam
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public required string OwnerId { get; init; }

    public List<string> Members { get; } = [];

    public List<GraphChannel> Channels { get; } = [];
}

internal sealed class GraphChat
{
    public required string Id { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required IReadOnlyList<string> Members { get; init; }

    public List<GraphMessage> Messages { get; } = [];
}

internal sealed class GraphMeeting
{
    public required string Id { get; init; }

    public required string OrganizerId { get; init; }

    public required string ExternalId { get; init; }

    public required JsonObject Properties { get; init; }
}

internal sealed class GraphSubscription
{
    public required string Id { get; init; }

    public required string Resource { get; init; }

    public required IReadOnlyList<string> ChangeTypes { get; init; }

    public required Uri Url { get; init; }

    public string? ClientState { get; init; }

    public required DateTimeOffset Expires { get; set; }

    public JsonObject Render() => new()
    {
        ["id"] = Id,
        ["resource"] = Resource,
        ["changeType"] = string.Join(',', ChangeTypes),
        ["notificationUrl"] = Url.ToString(),
        ["clientState"] = ClientState,
        ["expirationDateTime"] = Expires.Iso(),
        ["latestSupportedTlsVersion"] = "v1_2",
    };
}
