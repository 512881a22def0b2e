using Steward.Engines.Triage.Learning;
using Steward.Engines.Triage.Monitoring;

namespace Steward.Triage;

/// <summary>Finds out what <see cref="TriageHealth"/> says. Pure.</summary>
internal static class LearningHealth
{
    private const int MostPeople = 20;
    private static readonly TimeSpan New = TimeSpan.FromDays(7);

    /// <summary>Looks at labels as they stand.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="before">What was known; noise stays until the next training.</param>
    /// <param name="now">Now.</param>
    public static TriageHealth Look(LearningLabels labels, TriageHealth? before, DateTimeOffset now)
    {
        var older = labels.Guarded.Tickets.Where(ticket => ticket.At < now - New).ToList();
        var newer = labels.Guarded.Tickets.Where(ticket => ticket.At >= now - New).ToList();
        var words = PopulationShift.OfWords(older.ConvertAll(ticket => ticket.Ticket), newer.ConvertAll(ticket => ticket.Ticket));
        var groups = PopulationShift.OfLabels(older.ConvertAll(ticket => ticket.Label), newer.ConvertAll(ticket => ticket.Label));
        return (before ?? new TriageHealth()) with
        {
            InputDrift = words?.Index,
            IsInputDrifting = words is { IsShifted: true },
            LabelDrift = groups?.Index,
            IsLabelDrifting = groups is { IsShifted: true },
            HeldBackPeople = [.. labels.Guarded.HeldBack.Take(MostPeople).Select(held => held.Person)],
            At = now.ToMilliseconds(),
        };
    }

    /// <summary>Adds which groups are misrouted. How many of those that somebody spoke about were routed without a person is not told; it is taken to be their share.</summary>
    public static TriageHealth Add(TriageHealth health, TriageReport report, double wantedPrecision)
    {
        var groups = report.Groups.Where(group => group is { MisrouteRate: not null, AutoRouted: > 0 }).Select(group =>
        {
            var said = group.Said * group.AutoRouted / (group.AutoRouted + group.Reviewed);
            return new RoutedGroup(group.Label, said, (long)Math.Round(said * group.MisrouteRate!.Value));
        });
        return health with { MisroutedGroups = PrecisionWatch.Below([.. groups], wantedPrecision) };
    }

    /// <summary>Adds which labels are probably wrong.</summary>
    public static TriageHealth Add(TriageHealth? health, LearningLabels labels, Challenger challenger)
    {
        var noise = LabelNoise.Estimate(labels.Split.Training, challenger.Scores[0].Answers);
        return (health ?? new TriageHealth()) with { LabelNoise = noise?.Share, SuspectTickets = noise?.Suspects ?? [] };
    }
}
