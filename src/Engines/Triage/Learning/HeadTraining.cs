using Steward.Engines.Triage.Calibration;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Routing;

namespace Steward.Engines.Triage.Learning;

/// <summary>A head that may take the champion's place.</summary>
/// <param name="Trained">The head, and what heads of its kind said of tickets that they were trained without.</param>
/// <param name="Scores">All ways that were tried; the chosen one first.</param>
/// <param name="AutoRouteAt">The confidence from which answers are as often right as wanted, with a certainty of 90 %; null when there is none.</param>
/// <param name="ReviewAt">The confidence from which tickets are routed and marked, where that has to be below the default; else null.</param>
/// <param name="AutoRouted">What was judged at that threshold: precision and coverage on tickets that the head, or heads of its kind, had not seen.</param>
public sealed record Challenger(TrainedHead Trained, IReadOnlyList<CandidateScore> Scores, double? AutoRouteAt, double? ReviewAt, TunedThreshold AutoRouted);

/// <summary>Trains a tenant's next head: tries several ways by cross-validation, takes the simplest of those that the data cannot tell from the best one, and trains it on everything. Deterministic. One thread.</summary>
public static class HeadTraining
{
    /// <summary>How sure the precision of what is routed by itself has to be.</summary>
    public const double Certainty = 0.9;

    /// <summary>The fewest believed tickets that something can be learnt from.</summary>
    public const int FewestTickets = 50;

    private const int Folds = 3;

    /// <summary>Trains.</summary>
    /// <param name="tickets">The tenant's tickets without the frozen ones.</param>
    /// <param name="embeddings">The vector of each one's text; null when there are none.</param>
    /// <param name="wantedPrecision">The share of right answers that is wanted where no person looks.</param>
    /// <param name="frozen">The frozen tickets with their vectors: the thresholds are tuned on them, too.</param>
    /// <param name="pause">Called between steps of some seconds at most; it may take its time.</param>
    /// <param name="cancellationToken">Stops soon.</param>
    /// <exception cref="ArgumentException">There are fewer than two labels with at least two tickets.</exception>
    public static Challenger Train(
        IReadOnlyList<BelievedTicket> tickets,
        IReadOnlyList<float[]>? embeddings,
        double wantedPrecision,
        IReadOnlyList<(BelievedTicket Ticket, float[]? Embedding)> frozen,
        Action? pause = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        ArgumentNullException.ThrowIfNull(frozen);
        TicketFeatures[] words = [.. tickets.Select(ticket => TicketFeatures.Of(ticket.Ticket))];
        string[] keys = [.. tickets.Select(ticket => FrozenSet.TextKey(ticket.Ticket.Text))];
        var scores = new List<CandidateScore>();
        foreach (var candidate in HeadCandidate.All.Where(candidate => embeddings is not null || !candidate.UsesEmbedding))
        {
            scores.Add(Judge(Of(candidate), candidate, pause, cancellationToken));
        }

        var chosen = Choose(scores);
        pause?.Invoke();
        var trained = TenantHeadTrainer.Train(Of(chosen.Candidate), chosen.Candidate.Options(Folds), cancellationToken);
        var judged = trained.Judged.ToList();
        foreach (var (ticket, embedding) in frozen)
        {
            var (label, confidence) = Answer(trained.Head, ticket, embedding);
            judged.Add((confidence, string.Equals(label, ticket.Label, StringComparison.Ordinal)));
        }

        var tuned = ThresholdTuner.Tune(judged, wantedPrecision, Certainty);
        var autoRoute = tuned.Threshold;
        return new Challenger(
            trained,
            [chosen, .. scores.Where(score => score != chosen).OrderByDescending(score => score.Accuracy)],
            autoRoute is > 0 ? autoRoute : null,
            autoRoute < BandThresholds.Default.Review && autoRoute > 0 ? autoRoute : null,
            autoRoute is > 0 ? tuned : new TunedThreshold(null, null, 0));

        List<TrainingTicket> Of(HeadCandidate candidate) =>
            [.. tickets.Select((ticket, i) => new TrainingTicket(candidate.UsesEmbedding ? words[i].With(embeddings![i]) : words[i], ticket.Label, ticket.Weight, keys[i]))];
    }

    /// <summary>What a head says of a ticket.</summary>
    /// <param name="head">The head.</param>
    /// <param name="ticket">The ticket.</param>
    /// <param name="embedding">The vector of its text; used when the head reads one.</param>
    public static (string Label, double Confidence) Answer(TenantHead head, BelievedTicket ticket, float[]? embedding)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(ticket);
        var answer = head.Classify(TicketFeatures.Of(ticket.Ticket, head.Dimensions > 0 ? embedding : null));
        return (head.Labels[answer.Label], answer.Confidence);
    }

    /// <summary>The simplest way that is not worse than the best one by more than the standard error of that one's accuracy (Breiman et al., Classification and Regression Trees, 1984).</summary>
    internal static CandidateScore Choose(IReadOnlyList<CandidateScore> scores)
    {
        var best = scores.MaxBy(score => score.Accuracy)!;
        var error = Math.Sqrt(best.Accuracy * (1 - best.Accuracy) / Math.Max(1, best.Answers.Count));

        // Embeddings cost a model's time for each ticket; among those that cost the same, the best is the best.
        var cheapest = scores.Where(score => score.Accuracy >= best.Accuracy - error).Min(score => score.Candidate.UsesEmbedding);
        return scores.Where(score => score.Candidate.UsesEmbedding == cheapest).MaxBy(score => score.Accuracy)!;
    }

    private static CandidateScore Judge(List<TrainingTicket> tickets, HeadCandidate candidate, Action? pause, CancellationToken cancellationToken)
    {
        var answers = new HeldOutAnswer[tickets.Count];
        for (uint part = 0; part < Folds; part++)
        {
            pause?.Invoke();
            var others = tickets.Where(ticket => Place(ticket) != part).ToList();
            if (others.CountBy(ticket => ticket.Label, StringComparer.Ordinal).Count(label => label.Value >= 2) < 2)
            {
                continue;
            }

            var head = TenantHeadTrainer.Train(others, candidate.Options(folds: 0), cancellationToken).Head;
            var own = head.Labels.Index().ToDictionary(label => label.Item, label => label.Index, StringComparer.Ordinal);
            var (places, scores, truths) = (new List<int>(), new List<float[]>(), new List<int>());
            foreach (var (place, ticket) in tickets.Index().Where(ticket => Place(ticket.Item) == part))
            {
                places.Add(place);
                scores.Add(head.Scores(ticket.Features));
                truths.Add(own.GetValueOrDefault(ticket.Label, -1));
            }

            var known = truths.Index().Where(truth => truth.Item >= 0).Select(truth => truth.Index).ToList();
            var temperature = TemperatureScaling.Fit([.. known.Select(i => scores[i])], [.. known.Select(i => truths[i])]);
            var probabilities = new double[head.Labels.Count];
            foreach (var (i, place) in places.Index())
            {
                TemperatureScaling.Softmax(scores[i], temperature, probabilities);
                var best = Array.IndexOf(probabilities, probabilities.Max());
                answers[place] = new HeldOutAnswer(head.Labels[best], probabilities[best], truths[i] < 0 ? 0 : probabilities[truths[i]]);
            }
        }

        var (right, all) = (0d, 0d);
        foreach (var (answer, ticket) in answers.Zip(tickets))
        {
            right += string.Equals(answer.Answer, ticket.Label, StringComparison.Ordinal) ? ticket.Weight : 0;
            all += ticket.Weight;
        }

        return new CandidateScore(candidate, all == 0 ? 0 : right / all, answers);
    }

    // Tickets of one text are in one part.
    private static uint Place(TrainingTicket ticket) => StableHash.Of("candidate", ticket.Key) % Folds;
}
