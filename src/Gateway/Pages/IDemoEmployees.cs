namespace Steward.Gateway;

/// <summary>
/// People that the page offers to sign in as without a token. Asked only when <c>Steward:Development:DemoTokens</c> is on and the request
/// comes from this machine.
/// </summary>
public interface IDemoEmployees
{
    /// <summary>The people, each with a token that works now.</summary>
    IReadOnlyList<DemoEmployee> List();
}

/// <summary>A person of the demo tenant.</summary>
public sealed record DemoEmployee
{
    /// <summary>The name to show.</summary>
    public required string Name { get; init; }

    /// <summary>What the person does.</summary>
    public string? Title { get; init; }

    /// <summary>A bearer token.</summary>
    public required string Token { get; init; }
}
