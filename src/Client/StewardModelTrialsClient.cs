using Steward.Errors;
using Steward.Identity;
using Steward.Models.Experiments;
using Steward.Models.Prompts;

namespace Steward.Client;

/// <summary>An admin's view of prompts and experiments, over grain calls.</summary>
internal sealed class StewardModelTrialsClient(IGrainFactory grains, SignedCaller calls, CallerIdentity identity) : IModelTrialsClient
{
    /// <inheritdoc/>
    public Task<ExperimentInfo> StartExperimentAsync(string name, ExperimentSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return calls.CallAsync("experiment.start", idempotent: false, changes: true, Experiment(name), spec, static (experiment, spec, token) => experiment.Start(spec, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ExperimentInfo> GetExperimentAsync(string name, CancellationToken cancellationToken = default) =>
        await calls.CallAsync("experiment.get-info", idempotent: true, changes: false, Experiment(name), 0, static (experiment, _, token) => experiment.GetInfo(token), cancellationToken)
        ?? throw StewardException.NotFound("The experiment");

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListExperimentsAsync(CancellationToken cancellationToken = default) => calls.CallAsync(
        "experiment-index.list", idempotent: true, changes: false, grains.GetGrain<IExperimentIndexGrain>(GrainKeys.Experiments(identity.TenantId)), 0, static (index, _, token) => index.List(token), cancellationToken);

    /// <inheritdoc/>
    public Task<ExperimentInfo> StopExperimentAsync(string name, string reason, CancellationToken cancellationToken = default) =>
        calls.CallAsync("experiment.stop", idempotent: true, changes: true, Experiment(name), reason, static (experiment, reason, token) => experiment.Stop(reason, token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ExperimentStep>> ListDecisionsAsync(string name, CancellationToken cancellationToken = default) =>
        calls.CallAsync("experiment.list-decisions", idempotent: true, changes: false, Experiment(name), 0, static (experiment, _, token) => experiment.ListDecisions(token), cancellationToken);

    /// <inheritdoc/>
    public Task<ExperimentReplay> ReplayDecisionAsync(string name, int step, CancellationToken cancellationToken = default) =>
        calls.CallAsync("experiment.replay", idempotent: true, changes: false, Experiment(name), step, static (experiment, step, token) => experiment.Replay(step, token), cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> AddPromptVersionAsync(string name, PromptDraft draft, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return calls.CallAsync("prompt.add-version", idempotent: true, changes: true, Prompt(name), draft, static (prompt, draft, token) => prompt.AddVersion(draft, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<PromptInfo> GetPromptAsync(string name, CancellationToken cancellationToken = default) =>
        await calls.CallAsync("prompt.get-info", idempotent: true, changes: false, Prompt(name), 0, static (prompt, _, token) => prompt.GetInfo(token), cancellationToken)
        ?? throw StewardException.NotFound("The prompt");

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListPromptsAsync(CancellationToken cancellationToken = default) => calls.CallAsync(
        "prompt-index.list", idempotent: true, changes: false, grains.GetGrain<IPromptIndexGrain>(GrainKeys.Prompts(identity.TenantId)), 0, static (index, _, token) => index.List(token), cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> ApprovePromptAsync(string name, int version, CancellationToken cancellationToken = default) =>
        calls.CallAsync("prompt.approve", idempotent: true, changes: true, Prompt(name), version, static (prompt, version, token) => prompt.Approve(version, token), cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> StartPromptCanaryAsync(string name, int version, CancellationToken cancellationToken = default) =>
        calls.CallAsync("prompt.start-canary", idempotent: true, changes: true, Prompt(name), version, static (prompt, version, token) => prompt.StartCanary(version, token), cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> PublishPromptAsync(string name, int version, CancellationToken cancellationToken = default) =>
        calls.CallAsync("prompt.publish", idempotent: true, changes: true, Prompt(name), version, static (prompt, version, token) => prompt.Publish(version, token), cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> RollBackPromptAsync(string name, CancellationToken cancellationToken = default) =>
        calls.CallAsync("prompt.roll-back", idempotent: false, changes: true, Prompt(name), 0, static (prompt, _, token) => prompt.RollBack(token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PromptLine>> DiffPromptAsync(string name, int from, int to, CancellationToken cancellationToken = default) =>
        calls.CallAsync("prompt.diff", idempotent: true, changes: false, Prompt(name), (Old: from, New: to), static (prompt, both, token) => prompt.Diff(both.Old, both.New, token), cancellationToken);

    /// <inheritdoc/>
    public Task<string> PreviewPromptAsync(string name, int version, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(variables);
        return calls.CallAsync(
            "prompt.preview", idempotent: true, changes: false, Prompt(name), (Version: version, Variables: variables), static (prompt, both, token) => prompt.Preview(both.Version, both.Variables, token), cancellationToken);
    }

    private IExperimentGrain Experiment(string name) => grains.GetGrain<IExperimentGrain>(GrainKeys.Experiment(identity.TenantId, name));

    private IPromptGrain Prompt(string name) => grains.GetGrain<IPromptGrain>(GrainKeys.Prompt(identity.TenantId, name));
}
