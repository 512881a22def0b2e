namespace Steward.Host;

/// <summary>Where a local Steward keeps its files.</summary>
internal sealed class DataDirectory
{
    public DataDirectory(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path);
        }
        else
        {
            Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public string Path { get; }

    /// <summary>Grain state, reminders and journals.</summary>
    public string Database => File("steward.db");

    /// <summary>The key with which the processes of a cluster trust each other.</summary>
    public string ClusterKey => File("cluster.key");

    /// <summary>The key of the issuer of development tokens.</summary>
    public string DevelopmentTokenKey => File("development-token.key");

    /// <summary>The master keys of the embedded vault.</summary>
    public string VaultKey => File("vault.key");

    /// <summary>Written by a running Steward: the address of its gateway.</summary>
    public string UrlFile => File("gateway.url");

    /// <summary>Written by a running Steward with simulated systems: their addresses, and what to sign in to them with.</summary>
    public string SimulatorsFile => File("simulators.json");

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
