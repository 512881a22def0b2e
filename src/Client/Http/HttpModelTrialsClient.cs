using System.Globalization;
using Steward.Models.Experiments;
using Steward.Models.Prompts;

namespace Steward.Client.Http;

/// <summary>Prompts, experiments and canaries over a gateway's HTTP API.</summary>
internal sealed class HttpModelTrialsClient(HttpStewardUserClient http) : IModelTrialsClient
{
    private static ModelTrialsWireJson Json => ModelTrialsWireJson.Forgiving;

    /// <inheritdoc/>
    public Task<ExperimentInfo> StartExperimentAsync(string name, ExperimentSpec spec, CancellationToken cancellationToken = default) => http.SendAsync(
        "experiment.start",
        changes: true,
        () => new HttpRequestMessage(HttpMethod.Post, "v1/experiments") { Content = HttpStewardUserClient.Body(new StartExperimentRequest { Name = name, Spec = spec }, Json.StartExperimentRequest) },
        Json.ExperimentInfo,
        cancellationToken,
        idempotent: false);

    /// <inheritdoc/>
    public Task<ExperimentInfo> GetExperimentAsync(string name, CancellationToken cancellationToken = default) =>
        http.SendAsync("experiment.get-info", changes: false, () => new HttpRequestMessage(HttpMethod.Get, Experiment(name)), Json.ExperimentInfo, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListExperimentsAsync(CancellationToken cancellationToken = default) => NamesAsync("experiment-index.list", "v1/experiments", cancellationToken);

    /// <inheritdoc/>
    public Task<ExperimentInfo> StopExperimentAsync(string name, string reason, CancellationToken cancellationToken = default) => http.SendAsync(
        "experiment.stop",
        changes: true,
        () => new HttpRequestMessage(HttpMethod.Post, Experiment(name) + "/stop") { Content = HttpStewardUserClient.Body(new StopExperimentRequest { Reason = reason }, Json.StopExperimentRequest) },
        Json.ExperimentInfo,
        cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ExperimentStep>> ListDecisionsAsync(string name, CancellationToken cancellationToken = default) =>
        (await http.SendAsync("experiment.list-decisions", changes: false, () => new HttpRequestMessage(HttpMethod.Get, Experiment(name) + "/decisions"), Json.ExperimentDecisionListResource, cancellationToken)).Decisions;

    /// <inheritdoc/>
    public Task<ExperimentReplay> ReplayDecisionAsync(string name, int step, CancellationToken cancellationToken = default) => http.SendAsync(
        "experiment.replay", changes: false, () => new HttpRequestMessage(HttpMethod.Post, $"{Experiment(name)}/decisions/{Text(step)}/replay"), Json.ExperimentReplay, cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> AddPromptVersionAsync(string name, PromptDraft draft, CancellationToken cancellationToken = default) => http.SendAsync(
        "prompt.add-version", changes: true, () => new HttpRequestMessage(HttpMethod.Post, Prompt(name) + "/versions") { Content = HttpStewardUserClient.Body(draft, Json.PromptDraft) }, Json.PromptInfo, cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> GetPromptAsync(string name, CancellationToken cancellationToken = default) =>
        http.SendAsync("prompt.get-info", changes: false, () => new HttpRequestMessage(HttpMethod.Get, Prompt(name)), Json.PromptInfo, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListPromptsAsync(CancellationToken cancellationToken = default) => NamesAsync("prompt-index.list", "v1/prompts", cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> ApprovePromptAsync(string name, int version, CancellationToken cancellationToken = default) => ChangeAsync(name, version, "approve", cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> StartPromptCanaryAsync(string name, int version, CancellationToken cancellationToken = default) => ChangeAsync(name, version, "canary", cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> PublishPromptAsync(string name, int version, CancellationToken cancellationToken = default) => ChangeAsync(name, version, "publish", cancellationToken);

    /// <inheritdoc/>
    public Task<PromptInfo> RollBackPromptAsync(string name, CancellationToken cancellationToken = default) =>
        http.SendAsync("prompt.roll-back", changes: true, () => new HttpRequestMessage(HttpMethod.Post, Prompt(name) + "/rollback"), Json.PromptInfo, cancellationToken, idempotent: false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PromptLine>> DiffPromptAsync(string name, int from, int to, CancellationToken cancellationToken = default) =>
        (await http.SendAsync("prompt.diff", changes: false, () => new HttpRequestMessage(HttpMethod.Get, $"{Prompt(name)}/diff/{Text(from)}/{Text(to)}"), Json.PromptDiffResource, cancellationToken)).Lines;

    /// <inheritdoc/>
    public async Task<string> PreviewPromptAsync(string name, int version, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken = default) => (await http.SendAsync(
        "prompt.preview",
        changes: false,
        () => new HttpRequestMessage(HttpMethod.Post, $"{Prompt(name)}/versions/{Text(version)}/preview") { Content = HttpStewardUserClient.Body(new PreviewPromptRequest { Variables = variables }, Json.PreviewPromptRequest) },
        Json.PromptPreviewResource,
        cancellationToken)).Text;

    private Task<PromptInfo> ChangeAsync(string name, int version, string verb, CancellationToken cancellationToken) =>
        http.SendAsync("prompt." + verb, changes: true, () => new HttpRequestMessage(HttpMethod.Post, $"{Prompt(name)}/versions/{Text(version)}/{verb}"), Json.PromptInfo, cancellationToken);

    private async Task<IReadOnlyList<string>> NamesAsync(string operation, string path, CancellationToken cancellationToken) =>
        (await http.SendAsync(operation, changes: false, () => new HttpRequestMessage(HttpMethod.Get, path), Json.NameListResource, cancellationToken)).Names;

    private static string Experiment(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return "v1/experiments/" + Uri.EscapeDataString(name);
    }

    private static string Prompt(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return "v1/prompts/" + Uri.EscapeDataString(name);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
