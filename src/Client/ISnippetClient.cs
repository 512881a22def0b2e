using Steward.Errors;
using Steward.Sandbox;

namespace Steward.Client;

/// <summary>Code that worked, as examples for the tenant's agents. Reached through <see cref="ISandboxClient.Snippets"/>.</summary>
public interface ISnippetClient
{
    /// <summary>Whether snippets may be proposed and are given to agents; off until an admin switches it on.</summary>
    Task<bool> IsEnabledAsync(CancellationToken cancellationToken = default);

    /// <summary>Switches it on or off. For admins.</summary>
    /// <exception cref="StewardException"><c>forbidden</c>.</exception>
    Task<bool> ConfigureAsync(bool isEnabled, CancellationToken cancellationToken = default);

    /// <summary>All of them for admins, for others what they have proposed themselves; newest first.</summary>
    Task<IReadOnlyList<SandboxSnippet>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Proposes the code of one of the caller's executions that finished. Idempotent.</summary>
    /// <exception cref="StewardException"><c>conflict</c> when it is off; <c>not_found</c>; <c>invalid_argument</c> names the field.</exception>
    Task<SandboxSnippet> ProposeAsync(string executionId, string title, CancellationToken cancellationToken = default);

    /// <summary>Accepts or refuses one. For admins, and nobody decides on their own. Idempotent.</summary>
    /// <exception cref="StewardException"><c>forbidden</c>, <c>not_found</c>.</exception>
    Task<SandboxSnippet> DecideAsync(string snippetId, bool isAccepted, CancellationToken cancellationToken = default);

    /// <summary>Removes one: admins, and whoever proposed it. Idempotent.</summary>
    /// <exception cref="StewardException"><c>forbidden</c>.</exception>
    Task RemoveAsync(string snippetId, CancellationToken cancellationToken = default);
}
