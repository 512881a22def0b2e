using Microsoft.Extensions.Options;

namespace Steward.Engines.Models.Degradation;

/// <summary>When and how the ladder is gone down. Configuration section <c>Steward:Models:Degradation</c>; <see cref="Forced"/> and <see cref="ReducedOutputTokens"/> are read again when it changes.</summary>
public sealed class DegradationOptions
{
    /// <summary>The step that an operator forces in this process: <c>full</c>, <c>reduced</c>, <c>cached</c> or <c>queue</c>. It goes before the cluster's switch (<see cref="DegradationSwitch"/>); null lets that one decide, and without it the signals. A tenant's own forced step holds if it is lower.</summary>
    public string? Forced { get; set; }

    /// <summary>The fullness of admission from which the steps <c>reduced</c>, <c>cached</c> and <c>queue</c> are taken. Default 0.5, 0.8, 0.95.</summary>
    public StepThresholds Pressure { get; set; } = new() { Reduced = 0.5, Cached = 0.8, Queue = 0.95 };

    /// <summary>The share of models left alone by their breakers from which they are. Default 0.34, 0.67, 1.</summary>
    public StepThresholds OpenShare { get; set; } = new() { Reduced = 0.34, Cached = 0.67, Queue = 1 };

    /// <summary>The share of calls that fail from which they are. Default 0.1, 0.3, 0.6.</summary>
    public StepThresholds ErrorRate { get; set; } = new() { Reduced = 0.1, Cached = 0.3, Queue = 0.6 };

    /// <summary>The fewest calls in 10 s that say something about the share that fails. Default 20.</summary>
    public int LeastCalls { get; set; } = 20;

    /// <summary>All signals have to be below this part of a step's thresholds before it is left. Default 0.7.</summary>
    public double LeaveBelow { get; set; } = 0.7;

    /// <summary>How long they have to be, for each step up. Doubled, up to eight times, each time when a step up is followed by one down within twice the time. Default 15 s.</summary>
    public TimeSpan Hold { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>At <c>cached</c> and <c>queue</c>: how often one call is let through to see whether models answer again. Default 2 s.</summary>
    public TimeSpan ProbeEvery { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The most tokens of an answer at <c>reduced</c>. Default 1,024.</summary>
    public int ReducedOutputTokens { get; set; } = 1024;
}

/// <summary>From which value of a signal each step is taken; above 1 is never.</summary>
public sealed class StepThresholds
{
    /// <summary>For <c>reduced</c>.</summary>
    public double Reduced { get; set; }

    /// <summary>For <c>cached</c>.</summary>
    public double Cached { get; set; }

    /// <summary>For <c>queue</c>.</summary>
    public double Queue { get; set; }

    internal double At(DegradationStep step) => step switch
    {
        DegradationStep.Reduced => Reduced,
        DegradationStep.Cached => Cached,
        _ => Queue,
    };
}

internal sealed class DegradationOptionsValidator : IValidateOptions<DegradationOptions>
{
    public ValidateOptionsResult Validate(string? name, DegradationOptions options)
    {
        var failures = new List<string>();
        void Demand(bool condition, string message)
        {
            if (!condition)
            {
                failures.Add("Steward:Models:Degradation:" + message);
            }
        }

        static bool Rise(StepThresholds values) => values.Reduced > 0 && values.Reduced <= values.Cached && values.Cached <= values.Queue;
        Demand(options.Forced is null || DegradationSteps.Parse(options.Forced) is not null, "Forced: set full, reduced, cached or queue, or nothing.");
        Demand(Rise(options.Pressure) && Rise(options.OpenShare) && Rise(options.ErrorRate), "Pressure, OpenShare, ErrorRate: set three rising numbers above 0; above 1 is never.");
        Demand(options.LeastCalls is >= 1 and <= 1_000_000, "LeastCalls: set 1 to 1,000,000.");
        Demand(options.LeaveBelow is > 0 and < 1, "LeaveBelow: set more than 0 and less than 1.");
        Demand(options.Hold > TimeSpan.Zero && options.Hold <= TimeSpan.FromHours(1), "Hold: set more than zero and at most one hour.");
        Demand(options.ProbeEvery > TimeSpan.Zero && options.ProbeEvery <= TimeSpan.FromMinutes(5), "ProbeEvery: set more than zero and at most 5 minutes.");
        Demand(options.ReducedOutputTokens is >= 16 and <= 1_000_000, "ReducedOutputTokens: set 16 to 1,000,000.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
