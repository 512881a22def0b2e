using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Models.Experiments;

/// <summary>Owns the list of a tenant's experiments, from which silos take their copies. Persists: the list. Woken by: experiments, silos, admins.</summary>
internal sealed class ExperimentIndexGrain([PersistentState("experiments", StorageNames.GrainState)] IPersistentState<ExperimentIndexState> state) : StewardGrain, IExperimentIndexGrain
{
    private const int MaxRunning = 20;
    private const int MaxKept = 200;

    /// <inheritdoc/>
    public async Task Put(RunningExperiment experiment, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var known = state.State.Experiments.GetValueOrDefault(experiment.Name);
        if (known is not null && known.Version > experiment.Version)
        {
            return;
        }

        if (known is null && state.State.Experiments.Values.Count(other => other.Status == ExperimentStatus.Running) >= MaxRunning)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"{MaxRunning} experiments run already; stop one first.");
        }

        state.State.Experiments[experiment.Name] = experiment;
        if (experiment.Status != ExperimentStatus.Running && experiment.Spec is { Prompt: not null, Type: ExperimentType.Canary })
        {
            state.State.Unsettled.Add(experiment.Name);
        }

        foreach (var old in state.State.Experiments.Values.Where(other => other.Status != ExperimentStatus.Running && !Answers(other)).OrderByDescending(other => other.StartedAt).Skip(MaxKept).ToList())
        {
            state.State.Experiments.Remove(old.Name);
        }

        await Write();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunningExperiment>> ListRunning(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult<IReadOnlyList<RunningExperiment>>(
        [
            .. state.State.Experiments.Values.Where(experiment => experiment.Status == ExperimentStatus.Running || Answers(experiment) || state.State.Unsettled.Contains(experiment.Name))
                .OrderBy(experiment => experiment.Name, StringComparer.Ordinal),
        ]);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> List(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        return Task.FromResult<IReadOnlyList<string>>([.. state.State.Experiments.Values.OrderByDescending(experiment => experiment.StartedAt).Select(experiment => experiment.Name)]);
    }

    /// <inheritdoc/>
    public async Task Settled(string name, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (state.State.Unsettled.Remove(name))
        {
            await Write();
        }
    }

    // A canary that passed answers everything; that of a prompt by the prompt's own version.
    private static bool Answers(RunningExperiment experiment) => experiment is { Status: ExperimentStatus.Promoted, Spec: { Type: ExperimentType.Canary, Prompt: null } };

    private async Task Write()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }
}

/// <summary>What the list of experiments persists.</summary>
[GenerateSerializer]
[Alias("steward.experiment-index-state")]
internal sealed class ExperimentIndexState
{
    /// <summary>The experiments by name.</summary>
    [Id(0)]
    public Dictionary<string, RunningExperiment> Experiments { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Canaries of prompts that have ended and whose prompts do not know it yet.</summary>
    [Id(1)]
    public HashSet<string> Unsettled { get; set; } = new(StringComparer.Ordinal);
}
