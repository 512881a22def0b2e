using System.CommandLine;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Triage.Evaluation;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Tickets;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench heads</c>: trains a tenant's own classifier on labelled tickets, by words and attributes, and with --vectors by the embedder's vectors as well, and asks it about those that were kept away from it.</summary>
internal static class HeadsScenario
{
    private const int Target = 10_000;
    private const int Seed = 20261;

    // About 15 of 100, by the text: what is measured on is the same in every run, and no text is on both sides.
    private const byte KeptAway = 38;

    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var file = new Option<string>("--file") { Description = "Labelled tickets: columns text, or short_description and description, and label.", DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "tickets", "it-topic.train.csv") };
        var tickets = new Option<int>("--tickets") { Description = "The most tickets to learn from.", DefaultValueFactory = _ => Target };
        var night = new Option<bool>("--night") { Description = "Measure a whole night's training instead, and heads by how many labels there are." };
        var vectors = new Option<bool>("--vectors") { Description = "With the embedder's vectors, too." };
        var models = new Option<string>("--models") { Description = "Folder of models, for --vectors.", DefaultValueFactory = _ => "models" };
        var command = new Command("heads", "Processor time of training a tenant's own classifier, and how good it is.") { file, tickets, night, vectors, models, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(file), parsed.GetRequiredValue(tickets), parsed.GetValue(night), parsed.GetValue(vectors) ? parsed.GetRequiredValue(models) : null, parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string path, int most, bool night, string? models, bool check, string? json, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            await Console.Error.WriteLineAsync($"There is no file {path}; name one with --file.");
            return 1;
        }

        var (rows, unseen) = await ReadAsync(path, most, cancellationToken);
        var vectors = models is null ? null : await HeadVectors.EmbedAsync(models, rows, unseen, cancellationToken);
        if (vectors is not null)
        {
            Console.Out.WriteLine(vectors.Cost);
        }

        if (night)
        {
            return await RunNightAsync(path, rows, unseen, vectors, check, json, cancellationToken);
        }

        var known = rows.Select((row, i) => new TrainingTicket(TicketFeatures.Of(row.Ticket, vectors?.Known[i]), row.Label, 1, row.Ticket.Text)).ToList();
        var before = Environment.CpuUsage.TotalTime;
        var trained = TenantHeadTrainer.Train(known, cancellationToken: cancellationToken);
        var seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        var report = Judge(trained.Head, unseen, vectors?.Unseen);
        var (labels, megaBytes) = (trained.Head.Labels.Count, trained.Head.ToBytes().Length / 1e6);
        Console.Out.WriteLine($"{Path.GetFileName(path)}: {known.Count} tickets of {labels} labels in {seconds:0.0} s of processor time, {megaBytes:0.0} MB");
        Console.Out.WriteLine($"{unseen.Count} others: accuracy {report.Accuracy:0.000}, top-3 {report.TopThree:0.000}, calibration error {report.CalibrationError:0.000}");
        var result = new HeadsResult(
            Machine.Read(), TimeProvider.System.GetUtcNow(), $"steward bench heads{(vectors is null ? "" : " --vectors")} --file {Path.GetFileName(path)} --tickets {most}",
            $"One head on words and attributes, {(vectors is null ? "without an encoder" : "and on the embedder's vectors, which were computed before and are not in the head's processor time")}; the heads that it is calibrated on are in the processor time. Tickets whose text has a hash in the lowest 15 % are kept away and judged afterwards.",
            known.Count, labels, seconds, megaBytes, report, vectors?.Cost);
        return await ResultOptions.FinishAsync(result, [new Target($"processor time for {known.Count} tickets", seconds, "s", 5d * Math.Max(known.Count, Target) / Target, AtLeast: false)], check, json, cancellationToken);
    }

    private static async Task<int> RunNightAsync(string path, List<LabelledTicket> known, List<LabelledTicket> unseen, HeadVectors? vectors, bool check, string? json, CancellationToken cancellationToken)
    {
        var cost = HeadsNight.Measure(known, vectors?.Known);
        var curve = vectors is null ? HeadsNight.Curve(known, unseen) : [];
        Console.Out.WriteLine($"{Path.GetFileName(path)}: {cost}");
        foreach (var head in curve)
        {
            Console.Out.WriteLine(head);
        }

        var result = new NightResult(
            Machine.Read(), TimeProvider.System.GetUtcNow(), $"steward bench heads --night{(vectors is null ? "" : " --vectors")} --file {Path.GetFileName(path)} --tickets {known.Count}",
            vectors is null
                ? "A night: import by an admin, guard, frozen set, three ways to train by cross-validation, the chosen head, thresholds, drift and noise; words only, in this process. By number of labels: the first ones in an order of a fixed seed. Judged on the tickets whose text has a hash in the lowest 15 %."
                : "A night as with words only, but with six ways to train, three of them on the embedder's vectors, which were computed before and are not in the night's processor time.",
            cost, curve, vectors?.Cost);
        return await ResultOptions.FinishAsync(result, [new Target($"processor time of a night of {known.Count} tickets", cost.CpuSeconds, "s", 15d * Math.Max(known.Count, Target) / Target, AtLeast: false)], check, json, cancellationToken);
    }

    [SuppressMessage("Security", "CA5394", Justification = "An order of a seed.")]
    private static async Task<(List<LabelledTicket> Known, List<LabelledTicket> Unseen)> ReadAsync(string path, int most, CancellationToken cancellationToken)
    {
        var (known, unseen) = (new List<LabelledTicket>(), new List<LabelledTicket>());
        using var file = TicketFile.Open(new StreamReader(path));
        await foreach (var row in file.ReadAsync(cancellationToken: cancellationToken))
        {
            var text = row.Ticket.Text;
            if (SHA256.HashData(Encoding.UTF8.GetBytes(text))[0] < KeptAway)
            {
                unseen.Add(row);
            }
            else
            {
                known.Add(row);
            }
        }

        // Files are often sorted by something; the first rows of one would be few kinds of tickets.
        new Random(Seed).Shuffle(CollectionsMarshal.AsSpan(known));
        return (known[..Math.Min(most, known.Count)], unseen);
    }

    private static ClassificationReport Judge(TenantHead head, List<LabelledTicket> tickets, IReadOnlyList<float[]>? vectors)
    {
        var meter = new ClassificationMeter();
        foreach (var (i, ticket) in tickets.Index())
        {
            var answer = head.Classify(TicketFeatures.Of(ticket.Ticket, vectors?[i]));
            var top = answer.Probabilities.Index().OrderByDescending(one => one.Item).Take(3).Select(one => head.Labels[one.Index]);
            meter.Add(new Judgement(ticket.Label, head.Labels[answer.Label], answer.Confidence, [.. top]));
        }

        return meter.Report();
    }

    private sealed record NightResult(Machine Machine, DateTimeOffset At, string Command, string Method, NightCost Night, IReadOnlyList<HeadBySize> BySize, EmbeddingCost? Embedding);

    private sealed record HeadsResult(
        Machine Machine, DateTimeOffset At, string Command, string Method, int Tickets, int Labels, double CpuSeconds, double MegaBytes, ClassificationReport Unseen, EmbeddingCost? Embedding);
}
