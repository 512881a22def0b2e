using Microsoft.Extensions.Options;

namespace Steward.Engines.Models.Admission;

/// <summary>How many model calls of one process are under way at a time, and how the others wait. Configuration section <c>Steward:Models:Admission</c>.</summary>
public sealed class ModelAdmissionOptions
{
    /// <summary>The most calls under way. Default 256.</summary>
    public int MaxConcurrent { get; set; } = 256;

    /// <summary>The most calls that wait; more are refused with <c>model_overloaded</c>, the newest of the tenant with the longest queue first. Default 1,024.</summary>
    public int MaxWaiting { get; set; } = 1024;

    /// <summary>The most calls of one tenant that wait. Default 256.</summary>
    public int MaxWaitingPerTenant { get; set; } = 256;

    /// <summary>The longest wait of a call that somebody waits for. Default 10 s.</summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest wait of a call in the background. Default 60 s.</summary>
    public TimeSpan MaxBackgroundWait { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>After how many interactive calls that entered while background calls waited one of those enters. Default 8.</summary>
    public int InteractivePerBackground { get; set; } = 8;

    /// <summary>The weight of tenants of the tier <c>enterprise</c> together. Default 8.</summary>
    public int EnterpriseWeight { get; set; } = 8;

    /// <summary>The weight of tenants of the tier <c>pro</c> together. Default 4.</summary>
    public int ProWeight { get; set; } = 4;

    /// <summary>The weight of tenants of the tier <c>free</c>, and of those with an unknown one, together. Default 1.</summary>
    public int FreeWeight { get; set; } = 1;

    internal IReadOnlyList<int> Weights => [EnterpriseWeight, ProWeight, FreeWeight];
}

internal sealed class ModelAdmissionOptionsValidator : IValidateOptions<ModelAdmissionOptions>
{
    public ValidateOptionsResult Validate(string? name, ModelAdmissionOptions options)
    {
        var failures = new List<string>();
        void Demand(bool condition, string message)
        {
            if (!condition)
            {
                failures.Add("Steward:Models:Admission:" + message);
            }
        }

        Demand(options.MaxConcurrent is >= 1 and <= 100_000, "MaxConcurrent: set 1 to 100,000.");
        Demand(options.MaxWaiting is >= 0 and <= 1_000_000, "MaxWaiting: set 0, which refuses at once, to 1,000,000.");
        Demand(options.MaxWaitingPerTenant is >= 0 and <= 1_000_000, "MaxWaitingPerTenant: set 0 to 1,000,000.");
        Demand(options.MaxWait > TimeSpan.Zero && options.MaxWait <= TimeSpan.FromMinutes(10), "MaxWait: set more than zero and at most 10 minutes.");
        Demand(options.MaxBackgroundWait > TimeSpan.Zero && options.MaxBackgroundWait <= TimeSpan.FromHours(1), "MaxBackgroundWait: set more than zero and at most one hour.");
        Demand(options.InteractivePerBackground is >= 1 and <= 1_000_000, "InteractivePerBackground: set 1 to 1,000,000.");
        Demand(options.Weights.All(weight => weight is >= 1 and <= 1000), "EnterpriseWeight, ProWeight, FreeWeight: set 1 to 1,000.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
