using System.Collections.Concurrent;
using System.Text.Json;
using Steward.Engines.Sandboxing;

namespace Steward.Grains.Tests.Sandbox;

/// <summary>
/// A pool that does what the code says, line after line: <c>say TEXT</c>, <c>hold NAME</c> waits for the test or for being stopped, <c>stubborn NAME</c> waits for the test alone, <c>chart</c>, <c>file NAME TEXT</c>,
/// <c>table</c>, <c>sql STATEMENT</c>, <c>connector OPERATION JSON</c>, <c>open NAME</c>, <c>fail TEXT</c>, <c>lose TEXT</c> loses the sandbox, <c>refuse</c>, <c>throw</c>, <c>unstarted</c> ends before it is handed over.
/// </summary>
internal sealed class ScriptedPool : ISandboxPool
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();

    public IReadOnlyList<ISandboxProvider> Providers { get; } = [new Provider()];

    public SandboxPoolLoad Load => new(0, 0, 1, 1);

    public ConcurrentQueue<SandboxJob> Jobs { get; } = new();

    public ConcurrentDictionary<string, bool> Stopped { get; } = new();

    public void Release(string name) => Gate(name).TrySetResult();

    public async Task<SandboxOutcome> ExecuteAsync(SandboxJob job, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken)
    {
        Jobs.Enqueue(job);
        var text = "";
        var outcome = new SandboxOutcome { Status = SandboxStatus.Finished, Code = SandboxCodes.Finished, Reason = "It ran to its end.", ExitCode = 0, Provider = "scripted" };
        if (job.Code == "unstarted")
        {
            return outcome with { Status = SandboxStatus.Refused, Code = SandboxCodes.Busy, Reason = "The queue is full." };
        }

        if (job.Code == "refuse")
        {
            return outcome with { Status = SandboxStatus.Refused, Code = SandboxCodes.Refused, Reason = "The validator refused it.", Findings = [new CodeFinding(3, "import", "The module os is not allowed.")] };
        }

        output.Queued(1);
        output.Started("scripted");
        foreach (var line in job.Code.Split('\n'))
        {
            var words = line.Split(' ', 3);
            switch (words[0])
            {
                case "say":
                    text += line[4..] + "\n";
                    output.Text(line[4..] + "\n");
                    break;
                case "hold" or "stubborn":
                    try
                    {
                        await Gate(words[1]).Task.WaitAsync(words[0] == "hold" ? cancellationToken : CancellationToken.None);
                    }
                    catch (OperationCanceledException)
                    {
                        Stopped[words[1]] = true;
                        return outcome with { Status = SandboxStatus.Cancelled, Code = SandboxCodes.Cancelled, Reason = "It was stopped.", Text = text };
                    }

                    break;
                case "chart":
                    outcome = outcome with { Charts = [.. outcome.Charts, new SandboxChart("Tickets per week", new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G', (byte)outcome.Charts.Count })] };
                    break;
                case "file":
                    outcome = outcome with { Files = [.. outcome.Files, new SandboxFile(words[1], System.Text.Encoding.UTF8.GetBytes(words[2]))] };
                    break;
                case "table":
                    outcome = outcome with { Tables = [new SandboxTable { Title = "Weeks", Columns = [new SandboxColumn("week", "string"), new SandboxColumn("tickets", "integer")], Rows = JsonElement.Parse("""[["2026-W10",3],["2026-W11",5]]"""), TotalRows = 2 }] };
                    break;
                case "sql":
                    text += Told(await data.SqlAsync(job, line[4..], default, cancellationToken));
                    break;
                case "connector":
                    text += Told(await data.ConnectorAsync(job, words[1], JsonElement.Parse(words[2]), cancellationToken));
                    break;
                case "open":
                    text += Told(await data.FileAsync(job, words[1], cancellationToken));
                    break;
                case "fail":
                    return outcome with { Status = SandboxStatus.Failed, Code = SandboxCodes.CodeFailed, Reason = "The code failed.", ExitCode = 1, Text = text, Error = new SandboxError("KeyError", line[5..], 2) };
                case "lose":
                    return outcome with { Status = SandboxStatus.Failed, Code = SandboxCodes.Lost, Reason = "The sandbox was lost while the code ran; it may have run in part.", Text = text };
                case "throw":
                    throw new InvalidOperationException("An error that nobody foresaw.");
            }
        }

        return outcome with { Text = text };
    }

    private static string Told(SandboxDataResult result) => result switch
    {
        { ErrorCode: { } code } => code + "\n",
        { Table: { } table } => table.Rows.GetRawText() + "\n",
        { Content: { } content } => System.Text.Encoding.UTF8.GetString(content.Span) + "\n",
        _ => result.Value + "\n",
    };

    private TaskCompletionSource Gate(string name) => _gates.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private sealed class Provider : ISandboxProvider
    {
        public string Name => "scripted";

        public SandboxTier Tier => SandboxTier.Namespaces;

        public SandboxAvailability Availability { get; } = new() { IsAvailable = true, MultiTenant = true };

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void KeepWarm(SandboxProfile profile, int count)
        {
        }

        public int Warm(SandboxProfile profile) => 1;

        public Task<SandboxOutcome> RunAsync(SandboxJob job, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
