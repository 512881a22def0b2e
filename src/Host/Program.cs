using System.CommandLine;
using Steward.Host.Commands;

var root = new RootCommand("Steward: an agent platform for enterprises.")
{
    UpCommand.Create(),
    ChatCommand.Create(),
    TokenCommand.Create(),
    DoctorCommand.Create(),
    ClusterCommand.Create(),
    ConnectorsCommand.Create(),
    TriageCommand.Create(),
    ModelsCommand.Create(),
    LadderCommand.Create(),
    EvalCommand.Create(),
    SandboxCommand.Create(),
};

// ./steward runs in the repository, where steward.json, data and models are; files that were named are those of the directory in which it was started.
var directory = Directory.GetCurrentDirectory();
if (Environment.GetEnvironmentVariable("STEWARD_STARTED_IN") is { Length: > 0 } startedIn && Directory.Exists(startedIn))
{
    Directory.SetCurrentDirectory(startedIn);
}

var parsed = root.Parse(args);
Directory.SetCurrentDirectory(directory);

// Hosts end themselves on a signal, after they have drained; the command line must not cut that short.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
