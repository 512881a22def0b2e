using Orleans.Concurrency;

namespace Steward.Models.Experiments;

/// <summary>
/// One experiment or canary on a tenant's model calls. Key: <c>t-acme/e-NAME</c>. It decides by itself, after each batch of observations, by sequential methods only; every decision is kept with all that it was made from. Admins see to it.
/// </summary>
[Alias("steward.experiment")]
public interface IExperimentGrain : IGrainWithStringKey
{
    /// <summary>Begins it. What is to be observed and decided is fixed from now on.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>conflict</c> when there is, or was, one of this name; <c>limit_reached</c> when too many run.</exception>
    [Alias("start")]
    Task<ExperimentInfo> Start(ExperimentSpec spec, CancellationToken cancellationToken = default);

    /// <summary>It as it stands, or null when there is none. Admins and auditors.</summary>
    [Alias("get-info")]
    [AlwaysInterleave] // Safe: returns what was last folded from the journal and changes nothing.
    Task<ExperimentInfo?> GetInfo(CancellationToken cancellationToken = default);

    /// <summary>Ends it at once, or takes back a canary that was promoted; the control answers everything again. Idempotent.</summary>
    /// <param name="reason">For people; up to 500 characters.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("stop")]
    Task<ExperimentInfo> Stop(string reason, CancellationToken cancellationToken = default);

    /// <summary>Takes what a silo observed; durable when it returns. Idempotent by the batch's id; the platform only.</summary>
    /// <returns>It as it stands afterwards, so that the silo can follow; null when there is none.</returns>
    [Alias("record")]
    Task<RunningExperiment?> Record(ExperimentBatch batch, CancellationToken cancellationToken = default);

    /// <summary>What was decided, oldest first, with everything that it was decided from. Admins and auditors.</summary>
    [Alias("list-decisions")]
    Task<IReadOnlyList<ExperimentStep>> ListDecisions(CancellationToken cancellationToken = default);

    /// <summary>Decides again from a decision's record alone. Admins and auditors.</summary>
    /// <param name="step">The decision's number, from 1.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.StewardException"><c>not_found</c>.</exception>
    [Alias("replay")]
    Task<ExperimentReplay> Replay(int step, CancellationToken cancellationToken = default);
}

/// <summary>Which experiments a tenant has. Key: <c>t-acme/i-experiments</c>.</summary>
[Alias("steward.experiment-index")]
public interface IExperimentIndexGrain : IGrainWithStringKey
{
    /// <summary>Notes an experiment as it stands. Older news than what is noted is passed over; the platform only.</summary>
    /// <exception cref="Errors.StewardException"><c>limit_reached</c>.</exception>
    [Alias("put")]
    Task Put(RunningExperiment experiment, CancellationToken cancellationToken = default);

    /// <summary>Those that run, canaries that were promoted and answer everything, and canaries of prompts that do not know of their end yet; the platform only.</summary>
    [Alias("list-running")]
    Task<IReadOnlyList<RunningExperiment>> ListRunning(CancellationToken cancellationToken = default);

    /// <summary>The names of all, newest first. Admins and auditors.</summary>
    [Alias("list")]
    Task<IReadOnlyList<string>> List(CancellationToken cancellationToken = default);

    /// <summary>What waited for an experiment's end has been done. Idempotent; the platform only.</summary>
    [Alias("settled")]
    Task Settled(string name, CancellationToken cancellationToken = default);
}
