using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim;

/// <summary>A button that a person presses in a simulated chat.</summary>
public sealed record SimClick
{
    /// <summary>Who presses it: login, mail address or the product's own id.</summary>
    public required string User { get; init; }

    /// <summary>The conversation's id.</summary>
    public required string Conversation { get; init; }

    /// <summary>The message: its time stamp in Slack, its activity id in Teams.</summary>
    public required string Message { get; init; }

    /// <summary>The button: its action id in Slack, its verb in Teams.</summary>
    public required string Action { get; init; }

    /// <summary>What the button carried when it was shown, for clicks on a message that has changed since; null for the button as it is now, which must be there then.</summary>
    public JsonNode? Value { get; init; }
}

/// <summary>What the receiver of a click answered.</summary>
/// <param name="Status">The status; 0 when there was no answer in time.</param>
/// <param name="Body">The body.</param>
/// <param name="Problem">Why the click could not be sent; null when it was.</param>
public sealed record SimClickAnswer(int Status, string Body, string? Problem = null);

/// <summary>What one person alone sees in a conversation of the simulated Slack.</summary>
/// <param name="User">The person's id.</param>
/// <param name="Conversation">The conversation's id.</param>
/// <param name="Text">The text.</param>
/// <param name="At">When it came.</param>
public sealed record SimEphemeral(string User, string Conversation, string Text, DateTimeOffset At);
