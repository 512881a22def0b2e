namespace Steward.Engines.Connectors.Mcp;

/// <summary>How servers of the Model Context Protocol are reached. Bound from <c>Steward:Connectors:Mcp</c>.</summary>
public sealed class McpOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Connectors:Mcp";

    /// <summary>
    /// The programs that templates may have started, each as the whole command line with its arguments, for example <c>/opt/mcp/files --read-only</c>; a <c>*</c> as the last word
    /// stands for any further arguments. None by default: whoever may write templates could otherwise run anything here.
    /// </summary>
    public IList<string> AllowedCommands { get; } = [];

    /// <summary>
    /// The environment variables in which programs may get an instance's fields and secrets, by the names of the fields, for example <c>GITHUB_TOKEN</c>. None by default: templates choose
    /// the names, and variables such as <c>NODE_OPTIONS</c> or <c>LD_PRELOAD</c> would make another program of an allowed one.
    /// </summary>
    public IList<string> AllowedVariables { get; } = [];

    /// <summary>How many sessions are open at most in this process. Default 64.</summary>
    public int MaxSessions { get; set; } = 64;

    /// <summary>How long a session stays open without a call. Default 5 minutes.</summary>
    public TimeSpan CloseAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a server may take to open a session. Default 15 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How old a server's list of tools may be when it is compared with what was accepted; a server that says that its tools changed is asked at once. Default 1 minute.</summary>
    public TimeSpan ListAgainAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether a template's command may be started.</summary>
    internal bool Allows(IReadOnlyList<string> command) => command.Count > 0 && AllowedCommands.Any(allowed =>
    {
        var words = allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [.. var beginning, "*"]
            ? beginning.Length > 0 && command.Count >= beginning.Length && command.Take(beginning.Length).SequenceEqual(beginning, StringComparer.Ordinal)
            : command.SequenceEqual(words, StringComparer.Ordinal);
    });
}
