using System.Runtime.InteropServices;
using Steward.EnterpriseSim;

SimArguments arguments;
try
{
    arguments = SimArguments.Parse(args);
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(SimArguments.Usage);
    return 2;
}

var stop = new TaskCompletionSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
await using var simulation = await EnterpriseSimulation.StartAsync(arguments.Options);
if (arguments.UrlsFile is { } file)
{
    SimArguments.WriteUrls(simulation, file);
}

Console.WriteLine($"okta {simulation.Okta}");
Console.WriteLine($"servicenow {simulation.ServiceNow}");
Console.WriteLine($"jira {simulation.Jira}");
Console.WriteLine($"salesforce {simulation.Salesforce}");
Console.WriteLine($"slack {simulation.Slack}");
Console.WriteLine($"graph {simulation.Graph}");
Console.WriteLine($"workday {simulation.Workday}");
Console.WriteLine($"smtp 127.0.0.1:{simulation.SmtpPort}");
await stop.Task;
return 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.TrySetResult();
}
