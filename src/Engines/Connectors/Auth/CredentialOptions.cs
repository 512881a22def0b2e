using Microsoft.Extensions.Options;

namespace Steward.Engines.Connectors.Auth;

/// <summary>How credentials are renewed; bound from <c>Steward:Connectors:Credentials</c>.</summary>
public sealed class CredentialOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Steward:Connectors:Credentials";

    /// <summary>The longest time for one request to a token endpoint; 10 seconds by default.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long, beyond <see cref="RequestTimeout"/>, others keep away from a refresh token that a process said it is about to use; 2 seconds by default. The sum should stay below the time in which the
    /// systems in use accept a refresh token a second time.
    /// </summary>
    public TimeSpan AttemptSlack { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest pause between failed attempts; 5 minutes by default.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest time an access token stays in memory, however long it is valid; 12 hours by default.</summary>
    public TimeSpan LongestCache { get; set; } = TimeSpan.FromHours(12);

    /// <summary>How old a grant with a refresh token gets before it is renewed although nobody used it; 20 hours by default, so that a look once a day never comes too early.</summary>
    public TimeSpan RenewIdleAfter { get; set; } = TimeSpan.FromHours(20);

    /// <summary>The people of one instance whose tokens are kept in memory at once; 1,000 by default.</summary>
    public int UsersInMemory { get; set; } = 1_000;
}

/// <summary>Says what is wrong with the options and how to mend it.</summary>
internal sealed class CredentialOptionsValidator : IValidateOptions<CredentialOptions>
{
    public ValidateOptionsResult Validate(string? name, CredentialOptions options)
    {
        var problems = new List<string>();
        Check(nameof(options.RequestTimeout), options.RequestTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(2));
        Check(nameof(options.AttemptSlack), options.AttemptSlack, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Check(nameof(options.LongestPause), options.LongestPause, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Check(nameof(options.LongestCache), options.LongestCache, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7));
        Check(nameof(options.RenewIdleAfter), options.RenewIdleAfter, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30));
        if (options.UsersInMemory is < 1 or > 100_000)
        {
            problems.Add($"{CredentialOptions.Section}:UsersInMemory must be between 1 and 100,000.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Check(string setting, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most)
            {
                problems.Add($"{CredentialOptions.Section}:{setting} must be between {least} and {most}.");
            }
        }
    }
}
