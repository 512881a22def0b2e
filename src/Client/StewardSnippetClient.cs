using Steward.Identity;
using Steward.Sandbox;

namespace Steward.Client;

/// <summary>A tenant's snippets over grain calls.</summary>
internal sealed class StewardSnippetClient(IGrainFactory grains, SignedCaller calls, CallerIdentity identity) : ISnippetClient
{
    private ISandboxSnippetsGrain Grain => grains.GetGrain<ISandboxSnippetsGrain>(GrainKeys.SandboxSnippets(identity.TenantId));

    /// <inheritdoc/>
    public Task<bool> IsEnabledAsync(CancellationToken cancellationToken = default) =>
        CallAsync("snippets.is-enabled", changes: false, 0, static (grain, _, token) => grain.IsEnabled(token), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ConfigureAsync(bool isEnabled, CancellationToken cancellationToken = default) =>
        CallAsync("snippets.configure", changes: true, isEnabled, static (grain, on, token) => grain.Configure(on, token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SandboxSnippet>> ListAsync(CancellationToken cancellationToken = default) =>
        CallAsync("snippets.list", changes: false, 0, static (grain, _, token) => grain.List(token), cancellationToken);

    /// <inheritdoc/>
    public Task<SandboxSnippet> ProposeAsync(string executionId, string title, CancellationToken cancellationToken = default) =>
        CallAsync("snippets.propose", changes: true, new ProposeSandboxSnippet { ExecutionId = executionId, Title = title }, static (grain, command, token) => grain.Propose(command, token), cancellationToken);

    /// <inheritdoc/>
    public Task<SandboxSnippet> DecideAsync(string snippetId, bool isAccepted, CancellationToken cancellationToken = default) =>
        CallAsync("snippets.decide", changes: true, new DecideSandboxSnippet { SnippetId = snippetId, IsAccepted = isAccepted }, static (grain, command, token) => grain.Decide(command, token), cancellationToken);

    /// <inheritdoc/>
    public Task RemoveAsync(string snippetId, CancellationToken cancellationToken = default) =>
        CallAsync(
            "snippets.remove",
            changes: true,
            snippetId,
            static async (grain, id, token) =>
            {
                await grain.Remove(id, token);
                return true;
            },
            cancellationToken);

    private Task<TResult> CallAsync<TState, TResult>(
        string name, bool changes, TState state, Func<ISandboxSnippetsGrain, TState, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken) =>
        calls.CallAsync(name, idempotent: true, changes, Grain, state, call, cancellationToken);
}
