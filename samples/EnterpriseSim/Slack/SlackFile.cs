using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Slack;

/// <summary>A file, from the moment at which an address for it was given out.</summary>
internal sealed class SlackFile
{
    public required string Id { get; init; }

    /// <summary>What its address for the upload ends with.</summary>
    public required string Ticket { get; init; }

    public required string User { get; init; }

    public required string Name { get; init; }

    /// <summary>How many bytes were announced.</summary>
    public required int Length { get; init; }

    public required DateTimeOffset Created { get; init; }

    public byte[]? Content { get; set; }

    public string Title { get; set; } = "";

    /// <summary>Whether people can see it.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Ids of the channels in which it was shown.</summary>
    public List<string> Channels { get; } = [];

    public JsonObject Render() => new()
    {
        ["id"] = Id,
        ["created"] = Created.ToUnixTimeSeconds(),
        ["name"] = Name,
        ["title"] = Title,
        ["mimetype"] = "application/octet-stream",
        ["user"] = User,
        ["size"] = Length,
        ["mode"] = "hosted",
        ["is_external"] = false,
        ["channels"] = new JsonArray([.. Channels]),
        ["permalink"] = $"https://acme.slack.com/files/{User}/{Id}/{Uri.EscapeDataString(Name)}",
    };
}
