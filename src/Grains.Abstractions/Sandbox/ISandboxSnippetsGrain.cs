namespace Steward.Sandbox;

/// <summary>
/// Code that worked and that people of a tenant propose as examples for its agents. Key: <c>t-acme/i-sandbox-snippets</c>. Off until an admin switches it on. Nothing reaches an agent before an admin, who is not the one
/// that proposed it, has accepted it.
/// </summary>
[Alias("steward.sandbox-snippets")]
public interface ISandboxSnippetsGrain : IGrainWithStringKey
{
    /// <summary>Whether snippets may be proposed and are given to agents. Everybody of the tenant.</summary>
    [Alias("is-enabled")]
    Task<bool> IsEnabled(CancellationToken cancellationToken = default);

    /// <summary>Switches it on or off. Off keeps what there is, and gives agents none of it. Admins only.</summary>
    [Alias("configure")]
    Task<bool> Configure(bool isEnabled, CancellationToken cancellationToken = default);

    /// <summary>Proposes the code of one of the caller's own executions. Secrets and personal data are masked by their shape first; what is kept is the masked code alone. Idempotent: an execution is proposed once.</summary>
    /// <exception cref="Errors.StewardException"><c>conflict</c> when it is off; <c>not_found</c> when the caller has no such execution; <c>invalid_argument</c> when it did not finish, or is too long, or there are too many.</exception>
    [Alias("propose")]
    Task<SandboxSnippet> Propose(ProposeSandboxSnippet command, CancellationToken cancellationToken = default);

    /// <summary>All of them, newest first, for admins; for others what they have proposed themselves.</summary>
    [Alias("list")]
    Task<IReadOnlyList<SandboxSnippet>> List(CancellationToken cancellationToken = default);

    /// <summary>Accepts or refuses one; a later decision takes the place of an earlier one. Admins only, and nobody their own.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>; <c>forbidden</c> for one's own; <c>invalid_argument</c> when 200 are accepted already.</exception>
    [Alias("decide")]
    Task<SandboxSnippet> Decide(DecideSandboxSnippet command, CancellationToken cancellationToken = default);

    /// <summary>Removes one with its code; admins, and whoever proposed it. Idempotent.</summary>
    [Alias("remove")]
    Task Remove(string snippetId, CancellationToken cancellationToken = default);

    /// <summary>What agents are given: accepted ones, the last accepted first, at most three; none while it is off. The platform only.</summary>
    [Alias("examples")]
    Task<IReadOnlyList<SandboxSnippet>> Examples(CancellationToken cancellationToken = default);
}
