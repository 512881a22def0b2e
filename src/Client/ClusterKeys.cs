using Microsoft.Extensions.Configuration;
using Steward.Engines.Security;

namespace Steward.Client;

/// <summary>Finds the key that front ends share with the silos.</summary>
internal static class ClusterKeys
{
    private const string FileSetting = "Steward:ClusterKeyFile";

    public static ClusterKeyRing FromConfiguration(IConfiguration? configuration)
    {
        if (configuration?[ClusterKeyRing.EnvironmentVariable] is { Length: > 0 } keys)
        {
            return ClusterKeyRing.Parse(keys.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), ClusterKeyRing.EnvironmentVariable);
        }

        if (configuration?[FileSetting] is { Length: > 0 } path)
        {
            // A front end that made its own key would be refused by every silo.
            return File.Exists(path) ? ClusterKeyRing.FromFile(path) : throw new InvalidOperationException($"{FileSetting} names '{path}', which does not exist. Copy the silos' key file there.");
        }

        throw new InvalidOperationException(
            $"The front end has no cluster key, so silos would refuse its calls. Set the environment variable {ClusterKeyRing.EnvironmentVariable} or the setting {FileSetting} to the key of the silos.");
    }
}
