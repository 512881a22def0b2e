using System.CommandLine;

namespace Steward.Host.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommandOptions
{
    public static Option<string> Data() => new("--data")
    {
        Description = "Directory of the local data.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("STEWARD_DATA") is { Length: > 0 } directory ? directory : "data",
    };
}
