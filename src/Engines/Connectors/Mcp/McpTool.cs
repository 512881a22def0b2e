using System.Text.Json;

namespace Steward.Engines.Connectors.Mcp;

/// <summary>
/// A server's tool as an administrator accepted it. What agents see is this and not what the server says today; a tool that is another by now is not called.
/// </summary>
public sealed record McpTool
{
    /// <summary>The operation's id, for example <c>get_sum</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The server's own name of it, for example <c>get-sum</c>.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of name, description and schema as the server gave them.</summary>
    public required string Hash { get; init; }

    /// <summary>What it does: the server's text, shortened and without control characters. Untrusted.</summary>
    public required string Description { get; init; }

    /// <summary>JSON Schema of the arguments, an object.</summary>
    public required JsonElement Input { get; init; }

    /// <summary>Whether the administrator says that it only reads; the server's own hints do not count.</summary>
    public bool Reads { get; init; }
}

/// <summary>A tool that a server offers, or offered.</summary>
public sealed record McpOffer
{
    /// <summary>The server's name of it, cut to what is allowed.</summary>
    public required string Name { get; init; }

    /// <summary><c>new</c>, <c>accepted</c>, <c>changed</c> since it was accepted, <c>gone</c>, or <c>refused</c> because it cannot be used.</summary>
    public required string State { get; init; }

    /// <summary>Why it is refused, or what changed.</summary>
    public string? Note { get; init; }

    /// <summary>What would be accepted; null when it is refused or gone.</summary>
    public McpTool? Tool { get; init; }
}
