using System.CommandLine;
using System.Globalization;
using System.Text;
using Steward.Benchmarks.Measuring;
using Steward.EnterpriseSim;
using Steward.Host.Capabilities;
using Steward.Host.Demo;
using Steward.Identity;
using Steward.Runs;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench journal</c>: whether what a run writes grows with its steps and not with their square.</summary>
internal static class JournalScenario
{
    private static readonly int[] Lengths = [1, 10, 32, 100];

    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("journal", "Bytes journaled per step of runs of several lengths.") { check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool check, string? json, CancellationToken cancellationToken)
    {
        var playbooks = Directory.CreateTempSubdirectory("steward-bench-playbooks-");
        try
        {
            foreach (var length in Lengths)
            {
                await File.WriteAllTextAsync(Path.Combine(playbooks.FullName, $"chain-{length}.yaml"), Chain(length), cancellationToken);
            }

            await using var simulation = await EnterpriseSimulation.StartAsync(cancellationToken: cancellationToken);
            var settings = SimulatedSystems.Connectors(DemoTenant.Id, simulation)
                .Append(new("Steward:Orchestration:PlaybookDirectory", playbooks.FullName));
            await using var steward = await InProcessSteward.StartAsync(settings, cancellationToken);
            var person = simulation.Company.People.First(candidate => candidate.Status == "ACTIVE");
            var runs = new List<RunSize>();
            foreach (var length in Lengths)
            {
                runs.Add(await MeasureAsync(steward, person.Email, length, cancellationToken));
            }

            // What the first ten steps and the last 68 add, each: a run that writes its history again would show here.
            var early = PerStep(runs[0], runs[1]);
            var late = PerStep(runs[2], runs[3]);
            var result = new JournalResult(
                Machine.Read(),
                TimeProvider.System.GetUtcNow(),
                "steward bench journal",
                Machine.Orleans,
                "Payload bytes in the journal of one run of a playbook whose steps follow one another, each a read of a simulated system that needs the result before it.",
                runs,
                early,
                late);
            Console.Out.WriteLine($"commit {result.Machine.Commit}, Orleans {result.Orleans}");
            foreach (var run in runs)
            {
                Console.Out.WriteLine($"{run.Steps,4} steps {run.Bytes,8} bytes in {run.Records} records");
            }

            Console.Out.WriteLine($"each of steps 2 to 10 adds {early:0.0} bytes, each of steps 33 to 100 adds {late:0.0} bytes");
            return await ResultOptions.FinishAsync(
                result,
                [new Target("bytes of a late step as a part of an early one's", late / early, "", 1.05, AtLeast: false)],
                check,
                json,
                cancellationToken);
        }
        finally
        {
            playbooks.Delete(recursive: true);
        }
    }

    private static double PerStep(RunSize shorter, RunSize longer) => (longer.Bytes - shorter.Bytes) / (double)(longer.Steps - shorter.Steps);

    private static async Task<RunSize> MeasureAsync(InProcessSteward steward, string email, int length, CancellationToken cancellationToken)
    {
        var employee = steward.Employee("u-journal", email);
        var session = await employee.CreateSessionAsync(cancellationToken: cancellationToken);
        var submitted = await employee.SubmitAsync(session.SessionId, $"please walk the chain of {Word(length)}", cancellationToken: cancellationToken);
        await foreach (var runEvent in employee.WatchOwnRunAsync(submitted.RunId!, cancellationToken: cancellationToken))
        {
            _ = runEvent;
        }

        var status = await employee.GetRunAsync(submitted.RunId!, cancellationToken);
        if (status.State != RunState.Completed)
        {
            throw new InvalidOperationException($"The run of {length} steps ended as {status.State}: {status.Answer}");
        }

        var entries = await steward.Journals.ReadAsync(GrainKeys.Run(DemoTenant.Id, submitted.RunId!), 0, 1000, cancellationToken);
        return new RunSize(length, entries.Count, entries.Sum(entry => (long)entry.Payload.Length));
    }

    private static string Word(int length) => length switch
    {
        1 => "one",
        10 => "ten",
        32 => "thirty",
        _ => "hundred",
    };

    private static string Chain(int length)
    {
        var yaml = new StringBuilder();
        yaml.AppendLine(CultureInfo.InvariantCulture, $"id: chain-{length}");
        yaml.AppendLine("version: 1");
        yaml.AppendLine(CultureInfo.InvariantCulture, $"title: Walk a chain of {length} steps");
        yaml.AppendLine("description: Reads the same person again and again, each step with the result of the one before.");
        yaml.AppendLine("examples:");
        yaml.AppendLine(CultureInfo.InvariantCulture, $"  - please walk the chain of {Word(length)}");
        yaml.AppendLine("match:");
        yaml.AppendLine("  - all:");
        yaml.AppendLine(CultureInfo.InvariantCulture, $"      - [chain of {Word(length)}]");
        yaml.AppendLine("    score: 0.9");
        yaml.AppendLine("steps:");
        for (var step = 1; step <= length; step++)
        {
            yaml.AppendLine(CultureInfo.InvariantCulture, $"  - id: s{step:000}");
            yaml.AppendLine("    title: Read the person");
            yaml.AppendLine("    call: okta.users.find");
            yaml.AppendLine("    with:");
            yaml.AppendLine(step == 1
                ? "      email: \"${requester.email}\""
                : string.Create(CultureInfo.InvariantCulture, $"      email: \"${{steps.s{step - 1:000}.result.items[0].email}}\""));
        }

        yaml.AppendLine("answer: Done.");
        return yaml.ToString();
    }

    private sealed record RunSize(int Steps, int Records, long Bytes);

    private sealed record JournalResult(
        Machine Machine,
        DateTimeOffset At,
        string Command,
        string Orleans,
        string Method,
        IReadOnlyList<RunSize> Runs,
        double BytesPerEarlyStep,
        double BytesPerLateStep);
}
