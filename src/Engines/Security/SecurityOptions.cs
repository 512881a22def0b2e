using Microsoft.Extensions.Options;
using Steward.Engines.Security.Jwt;

namespace Steward.Engines.Security;

/// <summary>How processes of a cluster trust each other and their callers; bound from <c>Steward:Security</c>.</summary>
public sealed class SecurityOptions
{
    /// <summary>The current cluster key in base64, at least 32 bytes. Goes before the environment variable and the file.</summary>
    public SecretText? ClusterKey { get; set; }

    /// <summary>Older cluster keys, which still verify; used with <see cref="ClusterKey"/>.</summary>
    public IList<SecretText> PreviousClusterKeys { get; init; } = [];

    /// <summary>
    /// Where the cluster key lies when neither <see cref="ClusterKey"/> nor <c>STEWARD_CLUSTER_KEY</c> is set; made if it does not exist.
    /// Processes on several machines need the same key.
    /// </summary>
    public string ClusterKeyFile { get; set; } = "data/cluster.key";

    /// <summary>Token issuers that are trusted.</summary>
    public IList<JwtIssuerOptions> Issuers { get; init; } = [];

    /// <summary>
    /// The key file of the issuer for local development and demos, for example <c>data/development-token.key</c>. When set, its tokens are
    /// accepted for every tenant; leave it empty in production.
    /// </summary>
    public string? DevelopmentTokenKeyFile { get; set; }
}

/// <summary>Says what is wrong with the options and how to mend it.</summary>
internal sealed class SecurityOptionsValidator : IValidateOptions<SecurityOptions>
{
    public ValidateOptionsResult Validate(string? name, SecurityOptions options)
    {
        var problems = new List<string>();
        if (options.ClusterKey is { IsBlank: false } key)
        {
            if (!ClusterKeyRing.TryDecode(key.Reveal(), out _))
            {
                problems.Add($"Steward:Security:ClusterKey must be base64 of at least {ClusterKeyRing.MinKeyBytes} bytes. {ClusterKeyRing.HowToMakeOne}");
            }

            if (options.PreviousClusterKeys.Any(previous => !ClusterKeyRing.TryDecode(previous.Reveal(), out _)))
            {
                problems.Add($"Each of Steward:Security:PreviousClusterKeys must be base64 of at least {ClusterKeyRing.MinKeyBytes} bytes; remove what is not.");
            }
        }
        else if (options.PreviousClusterKeys.Count > 0)
        {
            problems.Add("Steward:Security:PreviousClusterKeys is set without ClusterKey: set ClusterKey to the current key, or remove both.");
        }
        else if (string.IsNullOrWhiteSpace(options.ClusterKeyFile))
        {
            problems.Add($"Set Steward:Security:ClusterKeyFile to a path, or ClusterKey, or the environment variable {ClusterKeyRing.EnvironmentVariable}.");
        }

        problems.AddRange(options.Issuers.SelectMany(issuer => issuer.Validate()).Select(problem => "Steward:Security:Issuers: " + problem));
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
