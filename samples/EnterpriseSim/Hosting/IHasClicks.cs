using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>A chat whose messages have buttons.</summary>
internal interface IHasClicks
{
    /// <summary>Where clicks are sent; null for nowhere yet.</summary>
    Uri? ClicksUrl { get; set; }

    /// <summary>Presses a button, and waits for the answer.</summary>
    Task<SimClickAnswer> ClickAsync(SimClick click, CancellationToken cancellationToken);

    /// <summary>What a person sees in the direct messages with the app, oldest first.</summary>
    IReadOnlyList<JsonObject> MessagesTo(string user);
}
