using Steward.Models.Experiments;
using Steward.Models.Prompts;

namespace Steward.Client;

/// <summary>The tenant's prompts, experiments and canaries, for its admins; reading also for auditors. Reached through <see cref="IStewardUserClient.ModelTrials"/>.</summary>
public interface IModelTrialsClient
{
    /// <summary>Begins an experiment or canary. Not repeated after a failure: read it to see whether it began.</summary>
    /// <param name="name">1 to 94 of a–z, 0–9, dot, underscore and hyphen.</param>
    /// <param name="spec">What it is.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>, <c>forbidden</c>, <c>conflict</c>, <c>limit_reached</c>.</exception>
    Task<ExperimentInfo> StartExperimentAsync(string name, ExperimentSpec spec, CancellationToken cancellationToken = default);

    /// <summary>One experiment.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>.</exception>
    Task<ExperimentInfo> GetExperimentAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The names of all, newest first.</summary>
    Task<IReadOnlyList<string>> ListExperimentsAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends an experiment, or takes back a canary that was promoted. Idempotent.</summary>
    Task<ExperimentInfo> StopExperimentAsync(string name, string reason, CancellationToken cancellationToken = default);

    /// <summary>What was decided, with everything that it was decided from.</summary>
    Task<IReadOnlyList<ExperimentStep>> ListDecisionsAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Decides again from a decision's record.</summary>
    Task<ExperimentReplay> ReplayDecisionAsync(string name, int step, CancellationToken cancellationToken = default);

    /// <summary>Adds a version of a prompt. Idempotent as long as it is the newest.</summary>
    Task<PromptInfo> AddPromptVersionAsync(string name, PromptDraft draft, CancellationToken cancellationToken = default);

    /// <summary>One prompt.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>.</exception>
    Task<PromptInfo> GetPromptAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The names of all, in ordinal order.</summary>
    Task<IReadOnlyList<string>> ListPromptsAsync(CancellationToken cancellationToken = default);

    /// <summary>Approves a version that somebody else wrote. Idempotent.</summary>
    Task<PromptInfo> ApprovePromptAsync(string name, int version, CancellationToken cancellationToken = default);

    /// <summary>Tries a version on a growing part of the conversations. Idempotent while it is tried.</summary>
    Task<PromptInfo> StartPromptCanaryAsync(string name, int version, CancellationToken cancellationToken = default);

    /// <summary>Lets a version answer at once. Idempotent.</summary>
    Task<PromptInfo> PublishPromptAsync(string name, int version, CancellationToken cancellationToken = default);

    /// <summary>Goes back to the version before. Not repeated after a failure, since a repetition would go back further.</summary>
    Task<PromptInfo> RollBackPromptAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>What changed between two versions.</summary>
    Task<IReadOnlyList<PromptLine>> DiffPromptAsync(string name, int from, int to, CancellationToken cancellationToken = default);

    /// <summary>A version with values.</summary>
    Task<string> PreviewPromptAsync(string name, int version, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken = default);
}
