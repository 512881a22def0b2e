using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>The chat of the bot with one person.</summary>
internal sealed class BotChat
{
    public required string Id { get; init; }

    public required string UserId { get; init; }

    /// <summary>Oldest first.</summary>
    public List<BotActivity> Activities { get; } = [];
}

/// <summary>One message of the bot.</summary>
internal sealed class BotActivity
{
    public required string Id { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>As the bot sent it, or as it was replaced.</summary>
    public required JsonObject Content { get; set; }

    public int Updates { get; set; }

    public JsonObject Render(string conversation) => new()
    {
        ["id"] = Id,
        ["conversation"] = conversation,
        ["createdAt"] = Created.Iso(),
        ["updates"] = Updates,
        ["text"] = Content.Text("text"),
        ["summary"] = Content.Text("summary"),
        ["card"] = Content.Array("attachments") is [JsonObject attachment, ..] ? attachment["content"]?.DeepClone() : null,
    };
}
