using Microsoft.Extensions.Options;

namespace Steward.Engines.Orchestration.Admission;

/// <summary>How many runs work at the same time in one process, and how they share. Configuration section <c>Steward:Admission</c>.</summary>
public sealed class AdmissionOptions
{
    /// <summary>The most runs that work at the same time, but for those that <see cref="InteractivePerBackground"/> lets in beside them. They mostly wait for models and systems, so that many fit on a core. Default 512.</summary>
    public int MaxConcurrentRuns { get; set; } = 512;

    /// <summary>The most of them that one tenant has, unless its profile says less. Default 256.</summary>
    public int MaxConcurrentRunsPerTenant { get; set; } = 256;

    /// <summary>The share of all slots, and of a tenant's, that background runs may hold; more than 0, at most 1. Default 0.5.</summary>
    public double BackgroundShare { get; set; } = 0.5;

    /// <summary>
    /// After how many interactive runs that entered while background runs waited one of those enters, so that they are never stuck. It gets a slot beside the others, of which there is one for 32 and at least one, so that no
    /// interactive run of another tenant waits for it; one tenant has at most half of these, and at least one. When all of these are held, one of the others is taken after four times as many. 0: background runs enter only when no interactive run waits. Default 32.
    /// </summary>
    public int InteractivePerBackground { get; set; } = 32;

    /// <summary>The most runs of one tenant and priority that wait; further messages are refused with <c>overloaded</c>. Default 256.</summary>
    public int MaxWaitingRunsPerTenant { get; set; } = 256;

    /// <summary>
    /// How long work that is ready may wait for a processor, in the mean of a tenth of a second. When it waits longer and several tenants are at work, those with the most runs get fewer slots
    /// until it does not. Zero switches this off. Default 0.5 ms.
    /// </summary>
    public TimeSpan DispatchDelayTarget { get; set; } = TimeSpan.FromMilliseconds(0.5);
}

internal sealed class AdmissionOptionsValidator : IValidateOptions<AdmissionOptions>
{
    public ValidateOptionsResult Validate(string? name, AdmissionOptions options)
    {
        var failures = new List<string>();
        void Demand(bool condition, string message)
        {
            if (!condition)
            {
                failures.Add("Steward:Admission:" + message);
            }
        }

        Demand(options.MaxConcurrentRuns is >= 1 and <= 100_000, "MaxConcurrentRuns: set 1 to 100,000.");
        Demand(
            options.MaxConcurrentRunsPerTenant >= 1 && options.MaxConcurrentRunsPerTenant <= options.MaxConcurrentRuns,
            $"MaxConcurrentRunsPerTenant: set 1 to MaxConcurrentRuns, which is {options.MaxConcurrentRuns}.");
        Demand(options.BackgroundShare is > 0 and <= 1, "BackgroundShare: set more than 0 and at most 1.");
        Demand(options.InteractivePerBackground is >= 0 and <= 1_000_000, "InteractivePerBackground: set 0 to 1,000,000.");
        Demand(options.MaxWaitingRunsPerTenant is >= 1 and <= 1_000_000, "MaxWaitingRunsPerTenant: set 1 to 1,000,000.");
        Demand(options.DispatchDelayTarget >= TimeSpan.Zero && options.DispatchDelayTarget <= TimeSpan.FromSeconds(1), "DispatchDelayTarget: set 00:00:00, which is off, to 00:00:01.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
