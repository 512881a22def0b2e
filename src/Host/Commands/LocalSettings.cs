namespace Steward.Host.Commands;

/// <summary>The settings of a local Steward: the same for the process that runs and for the commands that change what it uses.</summary>
internal static class LocalSettings
{
    /// <summary>The operator's file, in the directory in which the command is started; need not exist.</summary>
    public const string FileName = "steward.json";

    /// <summary>Replaces what a configuration was made of. Lowest first: what the command assumes, then the operator's file, then the environment.</summary>
    public static void Use(IConfigurationBuilder configuration, params ReadOnlySpan<IEnumerable<KeyValuePair<string, string?>>> assumed)
    {
        configuration.Sources.Clear();
        foreach (var settings in assumed)
        {
            configuration.AddInMemoryCollection(settings);
        }

        configuration.AddJsonFile(Path.GetFullPath(FileName), optional: true);
        configuration.AddEnvironmentVariables();
    }
}
