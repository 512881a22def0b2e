using System.Diagnostics;
using Steward.Engines.Triage.Evaluation;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Learning;
using Steward.Engines.Triage.Monitoring;
using Steward.Engines.Triage.Tickets;

namespace Steward.Benchmarks.Scenarios;

/// <summary>What a whole night costs, and how good heads are by how many labels there are: the tickets come as an admin's import.</summary>
internal static class HeadsNight
{
    private static readonly int[] Sizes = [50, 200, 1_000, 10_000];

    /// <summary>One night: who is believed, what is kept away, candidates by cross-validation, the head, the thresholds, drift and noise.</summary>
    public static NightCost Measure(IReadOnlyList<LabelledTicket> tickets, IReadOnlyList<float[]>? vectors = null)
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        var (cpu, wall, before, allocated) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp(), GC.GetTotalMemory(forceFullCollection: true), GC.GetTotalAllocatedBytes());
        var peak = 0L;
        var split = FrozenSet.Split(LabelGuard.Guard(Statements(tickets)).Tickets);
        var byText = vectors is null ? null : tickets.Zip(vectors).DistinctBy(one => one.First.Ticket.Text, StringComparer.Ordinal).ToDictionary(one => one.First.Ticket.Text, one => one.Second, StringComparer.Ordinal);
        var challenger = HeadTraining.Train(
            split.Training, byText is null ? null : [.. split.Training.Select(ticket => byText[ticket.Ticket.Text])], 0.95, [.. split.Frozen.Select(ticket => (ticket, byText?[ticket.Ticket.Text]))], () => peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false)));
        var half = split.Training.Count / 2;
        _ = PopulationShift.OfWords([.. split.Training.Take(half).Select(ticket => ticket.Ticket)], [.. split.Training.Skip(half).Select(ticket => ticket.Ticket)]);
        var noise = LabelNoise.Estimate(split.Training, challenger.Scores[0].Answers);
        process.Refresh();
        return new NightCost(
            tickets.Count, split.Training.Count, split.Frozen.Count, challenger.Scores[0].Candidate.ToString(), challenger.Scores[0].Accuracy, noise?.Share,
            (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, Stopwatch.GetElapsedTime(wall).TotalSeconds,
            (peak - before) / 1e6, (GC.GetTotalAllocatedBytes() - allocated) / 1e6, process.PeakWorkingSet64 / 1e6);
    }

    /// <summary>Heads of the first 50, 200, 1,000 and 10,000 labels, judged on tickets that none of them saw; beside them always answering the commonest label.</summary>
    public static IReadOnlyList<HeadBySize> Curve(IReadOnlyList<LabelledTicket> known, IReadOnlyList<LabelledTicket> unseen)
    {
        var curve = new List<HeadBySize>();
        foreach (var size in Sizes.Where(size => size <= known.Count).Append(Math.Min(known.Count, Sizes[^1])).Distinct())
        {
            var split = known.Take(size).Select((ticket, i) => new BelievedTicket($"t:{i}", ticket.Ticket, ticket.Label, 1, "u-admin", default, i)).ToList();
            var challenger = HeadTraining.Train(split, null, 0.95, []);
            var (head, right, routed, routedRight) = (challenger.Trained.Head, 0, 0, 0);
            foreach (var ticket in unseen)
            {
                var answer = head.Classify(TicketFeatures.Of(ticket.Ticket));
                var isRight = string.Equals(head.Labels[answer.Label], ticket.Label, StringComparison.Ordinal);
                right += isRight ? 1 : 0;
                routed += answer.Confidence >= challenger.AutoRouteAt ? 1 : 0;
                routedRight += isRight && answer.Confidence >= challenger.AutoRouteAt ? 1 : 0;
            }

            var commonest = known.Take(size).CountBy(ticket => ticket.Label).MaxBy(label => label.Value).Key;
            curve.Add(new HeadBySize(
                size, head.Labels.Count, (double)right / unseen.Count, unseen.Count(ticket => ticket.Label == commonest) / (double)unseen.Count,
                (double)routed / unseen.Count, routed == 0 ? null : (double)routedRight / routed));
        }

        return curve;
    }

    private static IEnumerable<LabelStatement> Statements(IReadOnlyList<LabelledTicket> tickets) => tickets.Select((ticket, i) => new LabelStatement
    {
        Sequence = i + 1,
        TicketId = $"import:{i}",
        Ticket = ticket.Ticket,
        Label = ticket.Label,
        Origin = LabelOrigin.Import,
        By = "u-admin",
        At = DateTimeOffset.UnixEpoch.AddMinutes(i),
    });
}

/// <summary>What a night cost.</summary>
internal sealed record NightCost(
    int Tickets, int Learnt, int KeptAway, string Chosen, double CrossValidated, double? LabelNoise, double CpuSeconds, double WallSeconds, double HeldMegaBytes, double AllocatedMegaBytes, double PeakProcessMegaBytes)
{
    public override string ToString() =>
        FormattableString.Invariant($"night of {Tickets} tickets ({KeptAway} kept away): {CpuSeconds:0.0} s of processor time, {WallSeconds:0.0} s, {HeldMegaBytes:0} MB held, {AllocatedMegaBytes:0} MB allocated, process at most {PeakProcessMegaBytes:0} MB; {Chosen}, cross-validated {CrossValidated:0.000}, noise {LabelNoise:0.000}");
}

/// <summary>How good the head of so many labels is.</summary>
internal sealed record HeadBySize(int Labels, int Groups, double Accuracy, double CommonestAccuracy, double AutoRouted, double? AutoRoutedPrecision)
{
    public override string ToString() =>
        FormattableString.Invariant($"{Labels,6} labels of {Groups} groups: accuracy {Accuracy:0.000} (always the commonest: {CommonestAccuracy:0.000}), routes {AutoRouted:0.000} by itself at {AutoRoutedPrecision ?? double.NaN:0.000}");
}
