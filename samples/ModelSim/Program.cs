using System.Globalization;
using System.Runtime.InteropServices;
using Steward.ModelSim;

var options = new ModelSimOptions();
try
{
    for (var i = 0; i < args.Length; i += 2)
    {
        var value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{args[i]} needs a value.");
        options = args[i] switch
        {
            "--script" => options with { Script = ScriptFile.Parse(await File.ReadAllTextAsync(value)) },
            "--key" => options with { ApiKey = value },
            "--port" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65_535 => options with { Port = port },
            _ => throw new FormatException($"{args[i]} {value} is not valid."),
        };
    }
}
catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(
        """
        A simulated model with an OpenAI-compatible API on loopback.
          --script FILE   what it answers, YAML or JSON (without one every chat is an error)
          --port N        the port (default: any free one)
          --key KEY       the key that clients must send (default: random; printed as the second line)
        """);
    return 2;
}

var stop = new TaskCompletionSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
await using var simulation = await ModelSimulation.StartAsync(options);
Console.WriteLine(simulation.Url);
Console.WriteLine(simulation.ApiKey);
await stop.Task;
return 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.TrySetResult();
}
