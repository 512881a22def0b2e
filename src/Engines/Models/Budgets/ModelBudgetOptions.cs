using Microsoft.Extensions.Options;

namespace Steward.Engines.Models.Budgets;

/// <summary>How budgets are kept. Bound from <c>Steward:Models:Budgets</c>.</summary>
public sealed class ModelBudgetOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Models:Budgets";

    /// <summary>How often a silo tells what was used. What is reserved within it is not counted when the silo dies. Default 100 ms.</summary>
    public TimeSpan FlushEvery { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a call waits for what other silos hold and do not need, before it is refused. Default 300 ms.</summary>
    public TimeSpan RecallWait { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>How long a call waits for the budgets' owner when this silo holds nothing for it. Default 5 s.</summary>
    public TimeSpan OwnerWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a silo may spend what it was given without a word from the owner; what a lost silo holds comes back a little later. Default 30 s.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a silo keeps what nobody spends. Default 1 s.</summary>
    public TimeSpan IdleReturn { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How late a silo whose tenant is at work learns of new limits at most. Default 5 s.</summary>
    public TimeSpan Refresh { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest answer, in tokens, of a call that a budget of tokens or money counts and that names no limit of its own. Default 4096.</summary>
    public int DefaultMaxOutputTokens { get; set; } = 4096;
}

internal sealed class ModelBudgetOptionsValidator : IValidateOptions<ModelBudgetOptions>
{
    public ValidateOptionsResult Validate(string? name, ModelBudgetOptions options)
    {
        var failures = new List<string>();
        foreach (var (field, value, most) in new[]
        {
            (nameof(options.FlushEvery), options.FlushEvery, TimeSpan.FromSeconds(5)),
            (nameof(options.RecallWait), options.RecallWait, TimeSpan.FromSeconds(10)),
            (nameof(options.OwnerWait), options.OwnerWait, TimeSpan.FromMinutes(1)),
            (nameof(options.Lease), options.Lease, TimeSpan.FromMinutes(10)),
            (nameof(options.IdleReturn), options.IdleReturn, TimeSpan.FromMinutes(10)),
            (nameof(options.Refresh), options.Refresh, TimeSpan.FromMinutes(10)),
        })
        {
            if (value < TimeSpan.FromMilliseconds(10) || value > most)
            {
                failures.Add($"Models:Budgets:{field} must be 10 ms to {most}.");
            }
        }

        if (options.Lease < options.FlushEvery * 10)
        {
            failures.Add("Models:Budgets:Lease must be at least ten times FlushEvery.");
        }

        if (options.DefaultMaxOutputTokens is < 1 or > 1_000_000)
        {
            failures.Add("Models:Budgets:DefaultMaxOutputTokens must be 1 to 1,000,000.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
