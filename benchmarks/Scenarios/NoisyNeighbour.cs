using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Steward.Benchmarks.Measuring;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// The noisy tenant's people: a process of its own at a lower priority, since they would sit at machines of their own. It is told over its
/// standard input what to send and answers with one line for each load.
/// </summary>
internal sealed class NoisyNeighbour : IAsyncDisposable
{
    private const string CommandName = "noisy-neighbour";
    private const string Nice = "/usr/bin/nice";
    private const string SetSid = "/usr/bin/setsid";
    private const string SessionPriority = "/proc/self/autogroup";
    private const string Steps = "10";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    private readonly Process _process;

    private NoisyNeighbour(Process process) => _process = process;

    /// <summary>The command that the process runs; not for people.</summary>
    public static Command Create()
    {
        var command = new Command(CommandName, "The noisy tenant of the fairness scenario.") { Hidden = true };
        command.SetAction((_, cancellationToken) => ServeAsync(Console.In, Console.Out, cancellationToken));
        return command;
    }

    /// <summary>Starts the process and opens its sessions.</summary>
    public static async Task<NoisyNeighbour> StartAsync(Uri server, string question, IReadOnlyList<string> tokens, CancellationToken cancellationToken)
    {
        // Ten steps below this process and the server, whatever they have. A kernel that groups processes by their session compares such steps within a session only, so it gets one of its own, which is put below the others as a whole.
        List<string> command = [Environment.ProcessPath!];
        if (File.Exists(Nice))
        {
            command = [Nice, "-n", Steps, .. command];
        }

        if (File.Exists(SetSid))
        {
            command = [SetSid, .. command];
        }

        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(NoisyNeighbour).Assembly.Location);
        }

        start.ArgumentList.Add(CommandName);
        var neighbour = new NoisyNeighbour(Process.Start(start)!);
        await neighbour.AskAsync<string>(new Setup(server, question, tokens), cancellationToken);
        return neighbour;
    }

    /// <summary>Lets them send turns for a time; returns when all of these have ended.</summary>
    public Task<LoadOutcome> SendAsync(double rate, TimeSpan duration, CancellationToken cancellationToken) =>
        AskAsync<LoadOutcome>(new Phase(rate, duration), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<int> ServeAsync(TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        if (File.Exists(SetSid) && File.Exists(SessionPriority))
        {
            await File.WriteAllTextAsync(SessionPriority, Steps, cancellationToken);
        }

        var setup = JsonSerializer.Deserialize<Setup>(await input.ReadLineAsync(cancellationToken) ?? "null", Format)!;
        await using var connections = LoadConnections.Create(setup.Server);
        using var http = connections.CreateClient();
        var clients = setup.Tokens.Select(token => new TurnClient(http, token)).ToArray();
        foreach (var batch in clients.Chunk(20))
        {
            await Task.WhenAll(batch.Select(client => client.OpenAsync(cancellationToken)));
        }

        await AnswerAsync("ready");
        var load = new OpenLoad(clients, setup.Question);
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            var phase = JsonSerializer.Deserialize<Phase>(line, Format)!;
            await AnswerAsync(await load.RunAsync(phase.Rate, phase.Duration, cancellationToken));
        }

        return 0;

        async Task AnswerAsync<T>(T answer)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(answer, Format));
            await output.FlushAsync(cancellationToken);
        }
    }

    private async Task<T> AskAsync<T>(object question, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(question, Format));
        await _process.StandardInput.FlushAsync(cancellationToken);
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The noisy tenant's process ended; see its output above.");
        return JsonSerializer.Deserialize<T>(line, Format)!;
    }

    private sealed record Setup(Uri Server, string Question, IReadOnlyList<string> Tokens);

    private sealed record Phase(double Rate, TimeSpan Duration);
}
