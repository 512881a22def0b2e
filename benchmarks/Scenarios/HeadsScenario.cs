using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Triage.Evaluation;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Tickets;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench heads</c>: trains a tenant's own classifier on labelled tickets, words and attributes only, and asks it about those that were kept away from it.</summary>
internal static class HeadsScenario
{
    private const int Target = 10_000;

    // About 15 of 100, by the text: what is measured on is the same in every run, and no text is on both sides.
    private const byte KeptAway = 38;

    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var file = new Option<string>("--file") { Description = "Labelled tickets: columns text, or short_description and description, and label.", DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "tickets", "it-topic.train.csv") };
        var tickets = new Option<int>("--tickets") { Description = "The most tickets to learn from.", DefaultValueFactory = _ => Target };
        var command = new Command("heads", "Processor time of training a tenant's own classifier, and how good it is.") { file, tickets, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(file), parsed.GetRequiredValue(tickets), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string path, int most, bool check, string? json, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            await Console.Error.WriteLineAsync($"There is no file {path}; name one with --file.");
            return 1;
        }

        var (known, unseen) = await ReadAsync(path, most, cancellationToken);
        var before = Environment.CpuUsage.TotalTime;
        var trained = TenantHeadTrainer.Train(known, cancellationToken: cancellationToken);
        var seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        var report = Judge(trained.Head, unseen);
        var (labels, megaBytes) = (trained.Head.Labels.Count, trained.Head.ToBytes().Length / 1e6);
        Console.Out.WriteLine($"{Path.GetFileName(path)}: {known.Count} tickets of {labels} labels in {seconds:0.0} s of processor time, {megaBytes:0.0} MB");
        Console.Out.WriteLine($"{unseen.Count} others: accuracy {report.Accuracy:0.000}, top-3 {report.TopThree:0.000}, calibration error {report.CalibrationError:0.000}");
        var result = new HeadsResult(
            Machine.Read(), TimeProvider.System.GetUtcNow(), $"steward bench heads --file {Path.GetFileName(path)} --tickets {most}",
            "One head on words and attributes, without an encoder; the heads that it is calibrated on are in the processor time. Tickets whose text has a hash in the lowest 15 % are kept away and judged afterwards.",
            known.Count, labels, seconds, megaBytes, report);
        return await ResultOptions.FinishAsync(result, [new Target($"processor time for {known.Count} tickets", seconds, "s", 5d * Math.Max(known.Count, Target) / Target, AtLeast: false)], check, json, cancellationToken);
    }

    private static async Task<(List<TrainingTicket> Known, List<LabelledTicket> Unseen)> ReadAsync(string path, int most, CancellationToken cancellationToken)
    {
        var (known, unseen) = (new List<TrainingTicket>(), new List<LabelledTicket>());
        using var file = TicketFile.Open(new StreamReader(path));
        await foreach (var row in file.ReadAsync(cancellationToken: cancellationToken))
        {
            var text = row.Ticket.Text;
            if (SHA256.HashData(Encoding.UTF8.GetBytes(text))[0] < KeptAway)
            {
                unseen.Add(row);
            }
            else if (known.Count < most)
            {
                known.Add(new TrainingTicket(TicketFeatures.Of(row.Ticket), row.Label, 1, text));
            }
        }

        return (known, unseen);
    }

    private static ClassificationReport Judge(TenantHead head, List<LabelledTicket> tickets)
    {
        var meter = new ClassificationMeter();
        foreach (var ticket in tickets)
        {
            var answer = head.Classify(TicketFeatures.Of(ticket.Ticket));
            var top = answer.Probabilities.Index().OrderByDescending(one => one.Item).Take(3).Select(one => head.Labels[one.Index]);
            meter.Add(new Judgement(ticket.Label, head.Labels[answer.Label], answer.Confidence, [.. top]));
        }

        return meter.Report();
    }

    private sealed record HeadsResult(
        Machine Machine, DateTimeOffset At, string Command, string Method, int Tickets, int Labels, double CpuSeconds, double MegaBytes, ClassificationReport Unseen);
}
