using Microsoft.Extensions.Options;

namespace Steward.Client;

/// <summary>How the client behaves when the cluster does not answer.</summary>
public sealed class StewardClientOptions
{
    /// <summary>How long an idempotent call is repeated before its failure is reported. Default 45 s: longer than a cluster needs to notice a lost silo.</summary>
    public TimeSpan RetryBudget { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>The upper bound of the first wait; each further one doubles. The wait itself is drawn evenly between zero and the bound. Default 100 ms.</summary>
    public TimeSpan RetryBaseDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The largest upper bound of a wait. Default 5 s.</summary>
    public TimeSpan RetryMaxDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a watched run may stay unreachable before watching ends with an error. Default 2 min.</summary>
    public TimeSpan WatchPatience { get; set; } = TimeSpan.FromMinutes(2);
}

internal sealed class StewardClientOptionsValidator : IValidateOptions<StewardClientOptions>
{
    public ValidateOptionsResult Validate(string? name, StewardClientOptions options)
    {
        var failures = new List<string>();
        if (options.RetryBudget < TimeSpan.Zero)
        {
            failures.Add("RetryBudget: set zero (never repeat) or a positive time.");
        }

        if (options.RetryBaseDelay <= TimeSpan.Zero || options.RetryMaxDelay < options.RetryBaseDelay)
        {
            failures.Add("RetryBaseDelay, RetryMaxDelay: set positive times, the first not larger than the second.");
        }

        if (options.WatchPatience <= TimeSpan.Zero)
        {
            failures.Add("WatchPatience: set a positive time.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
