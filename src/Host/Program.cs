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

// Hosts end themselves on a signal, after they have drained; the command line must not cut that short.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
