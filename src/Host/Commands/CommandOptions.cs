using System.CommandLine;

namespace Steward.Host.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommandOptions
{
    public static Option<int> Port(int preferred)
    {
        var port = new Option<int>("--port") { Description = "Port of the gateway on loopback; 0 takes any.", DefaultValueFactory = _ => preferred };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 65535)
            {
                result.AddError("--port must be 0 to 65535.");
            }
        });
        return port;
    }

    public static Option<string> Data() => new("--data")
    {
        Description = "Directory of the local data.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("STEWARD_DATA") is { Length: > 0 } directory ? directory : "data",
    };
}
