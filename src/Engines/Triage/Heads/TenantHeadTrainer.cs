using System.Runtime.InteropServices;
using Steward.Engines.Triage.Calibration;

namespace Steward.Engines.Triage.Heads;

/// <summary>A ticket to learn from.</summary>
/// <param name="Features">What is seen of it.</param>
/// <param name="Label">Where it belongs.</param>
/// <param name="Weight">How much it counts, above 0; 1 for one that is as good as any other.</param>
/// <param name="Key">Tells which tickets stay together when some are held back, the text for example.</param>
public readonly record struct TrainingTicket(TicketFeatures Features, string Label, float Weight, string Key);

/// <summary>A trained head and how good heads of its kind are.</summary>
/// <param name="Head">The head, trained on all tickets.</param>
/// <param name="Judged">Confidence and truth of the answer to each ticket by a head that was trained without it, calibrated.</param>
/// <param name="LeftOut">Labels with too few tickets: fewer than asked for, or fewer than the <see cref="TenantHead.MostLabels"/> that have most.</param>
public sealed record TrainedHead(TenantHead Head, IReadOnlyList<(double Confidence, bool IsRight)> Judged, IReadOnlyList<string> LeftOut);

/// <summary>
/// Trains a linear support vector machine per label against the rest with squared hinge loss, by dual coordinate descent (Hsieh et al., A Dual Coordinate Descent Method for Large-scale Linear SVM, 2008), all labels in
/// one pass over a ticket. First heads without a part of the tickets each, on which the temperature is fitted, then the one with everything. Deterministic. One thread.
/// </summary>
public static class TenantHeadTrainer
{
    /// <summary>From how many judged answers on confidences are put right by a step function besides the temperature.</summary>
    public const int FewestForConfidence = 300;

    /// <summary>Trains a head.</summary>
    /// <param name="tickets">One tenant's tickets.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Stops within a pass.</param>
    /// <exception cref="ArgumentException">There are fewer than two labels with enough tickets, or embeddings of several lengths.</exception>
    public static TrainedHead Train(IReadOnlyList<TrainingTicket> tickets, TenantHeadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        options ??= new TenantHeadOptions();
        var counts = tickets.CountBy(ticket => ticket.Label, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        string[] labels = [.. counts.Where(count => count.Value >= options.FewestPerLabel).OrderByDescending(count => count.Value).ThenBy(count => count.Key, StringComparer.Ordinal)
            .Take(TenantHead.MostLabels).Select(count => count.Key).Order(StringComparer.Ordinal)];
        if (labels.Length < 2)
        {
            throw new ArgumentException($"There are {labels.Length} labels with at least {options.FewestPerLabel} tickets; there have to be 2.", nameof(tickets));
        }

        var indexes = labels.Index().ToDictionary(label => label.Item, label => label.Index, StringComparer.Ordinal);
        var usable = tickets.Where(ticket => indexes.ContainsKey(ticket.Label)).ToList();
        if (usable.Select(ticket => ticket.Features.Embedding.Length).Distinct().Count() > 1)
        {
            throw new ArgumentException("The embeddings are not all of one length.", nameof(tickets));
        }

        var (scores, truths) = (new List<float[]>(), new List<int>());
        foreach (var part in Enumerable.Range(0, options.Folds < 2 ? 0 : options.Folds))
        {
            var others = usable.Where(ticket => Place(ticket.Key) % (uint)options.Folds != part).ToList();
            if (others.Select(ticket => ticket.Label).Distinct(StringComparer.Ordinal).Count() > 1)
            {
                var judge = Fit(others, labels, indexes, (1, null), options, cancellationToken);
                foreach (var ticket in usable.Where(ticket => Place(ticket.Key) % (uint)options.Folds == part))
                {
                    scores.Add(judge.Scores(ticket.Features));
                    truths.Add(indexes[ticket.Label]);
                }
            }
        }

        var temperature = TemperatureScaling.Fit(scores, truths);
        var judged = scores.Zip(truths, (score, truth) => Judge(score, truth, temperature)).ToList();
        var confidence = judged.Count < FewestForConfidence ? null : IsotonicCalibration.Fit(judged);
        return new TrainedHead(
            Fit(usable, labels, indexes, (temperature, confidence), options, cancellationToken),
            confidence is null ? judged : judged.ConvertAll(answer => (confidence.Apply(answer.Confidence), answer.IsRight)),
            [.. counts.Keys.Where(label => !indexes.ContainsKey(label)).Order(StringComparer.Ordinal)]);
    }

    private static (double Confidence, bool IsRight) Judge(float[] scores, int truth, double temperature)
    {
        var probabilities = new double[scores.Length];
        TemperatureScaling.Softmax(scores, temperature, probabilities);
        var best = Array.IndexOf(probabilities, probabilities.Max());
        return (probabilities[best], best == truth);
    }

    private static TenantHead Fit(
        List<TrainingTicket> tickets, string[] labels, Dictionary<string, int> indexes, (double Temperature, IsotonicCalibration? Confidence) calibration, TenantHeadOptions options, CancellationToken cancellationToken)
    {
        var mostFeatures = Math.Min(Math.Min(options.MostFeatures, options.MostWeights / labels.Length), TenantHead.MostRowsIn(options.MostBytes, labels, tickets[0].Features.Embedding.Length, calibration.Confidence?.Shares.Count ?? 0));
        var (keys, idf) = Vocabulary(tickets, mostFeatures, options.FewestTickets);
        var rows = keys.Index().ToDictionary(key => key.Item, key => key.Index);
        var examples = tickets.ConvertAll(ticket => Example.Of(ticket, rows, idf, indexes[ticket.Label], options.EmbeddingWeight));
        var (classes, dimensions) = (labels.Length, tickets[0].Features.Embedding.Length);
        var weights = new float[(keys.Length + dimensions + 1) * classes];
        Descend(examples, weights, keys.Length, classes, options, cancellationToken);
        return Pack(labels, keys, idf, weights, dimensions, options.EmbeddingWeight, calibration);
    }

    private static (uint[] Keys, float[] Idf) Vocabulary(List<TrainingTicket> tickets, int mostFeatures, int fewestTickets)
    {
        var occurrences = new Dictionary<uint, int>();
        foreach (var ticket in tickets)
        {
            foreach (var key in ticket.Features.Keys)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(occurrences, key, out _)++;
            }
        }

        uint[] keys = [.. occurrences.Where(pair => pair.Value >= fewestTickets).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(mostFeatures).Select(pair => pair.Key).Order()];
        return (keys, [.. keys.Select(key => 1 + MathF.Log((1f + tickets.Count) / (1 + occurrences[key])))]);
    }

    /// <summary>
    /// Weights lie feature by feature, the labels of one beside each other, so that all labels of a ticket are worked on at once. Each ticket has a dual variable per label, at least 0.
    /// </summary>
    private static void Descend(List<Example> examples, float[] weights, int rows, int classes, TenantHeadOptions options, CancellationToken cancellationToken)
    {
        var duals = new float[examples.Count * classes];
        var order = Enumerable.Range(0, examples.Count).ToArray();
#pragma warning disable CA5394 // The order of examples is no secret.
        var random = new Random(options.Seed);
        var (scores, steps) = (new float[classes], new float[classes]);
        var firstViolation = 0f;
        for (var pass = 0; pass < options.Passes; pass++)
        {
            random.Shuffle(order);
#pragma warning restore CA5394
            var violation = 0f;
            foreach (var index in order)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var example = examples[index];
                Array.Clear(scores);
                example.Score(weights, rows, classes, scores);
                var slack = 1 / (2 * options.Cost * example.Weight);
                var curvature = example.SquaredNorm + slack;
                var dual = duals.AsSpan(index * classes, classes);
                for (var label = 0; label < classes; label++)
                {
                    var sign = label == example.Label ? 1f : -1f;
                    var gradient = (sign * scores[label]) - 1 + (slack * dual[label]);
                    if (dual[label] == 0 && gradient >= 0)
                    {
                        steps[label] = 0;
                        continue;
                    }

                    violation = Math.Max(violation, Math.Abs(gradient));
                    var next = Math.Max(0, dual[label] - (gradient / curvature));
                    steps[label] = sign * (next - dual[label]);
                    dual[label] = next;
                }

                example.Move(weights, rows, classes, steps);
            }

            firstViolation = pass == 0 ? violation : firstViolation;
            if (violation < 0.05f * firstViolation)
            {
                return;
            }
        }
    }

    private static TenantHead Pack(string[] labels, uint[] keys, float[] idf, float[] weights, int dimensions, float embeddingWeight, (double Temperature, IsotonicCalibration? Confidence) calibration)
    {
        var classes = labels.Length;
        var (levels, scales) = (new sbyte[keys.Length * classes], new float[keys.Length]);
        for (var row = 0; row < keys.Length; row++)
        {
            var from = weights.AsSpan(row * classes, classes);
            var largest = 0f;
            foreach (var weight in from)
            {
                largest = Math.Max(largest, Math.Abs(weight));
            }

            scales[row] = largest / sbyte.MaxValue;
            for (var label = 0; label < classes && largest > 0; label++)
            {
                levels[(row * classes) + label] = (sbyte)MathF.Round(from[label] / scales[row]);
            }
        }

        var dense = weights[(keys.Length * classes)..((keys.Length + dimensions) * classes)];
        foreach (ref var weight in dense.AsSpan())
        {
            weight *= embeddingWeight;
        }

        return new TenantHead(labels, keys, idf, levels, scales, dense, weights[^classes..], calibration.Temperature, calibration.Confidence);
    }

    // The same text is always in the same part.
    private static uint Place(string key) => StableHash.Of("part", key);

    /// <summary>A ticket as rows of the weights and their values.</summary>
    private sealed record Example(int[] Rows, float[] Values, float[] Embedding, int Label, float Weight, float SquaredNorm)
    {
        public static Example Of(TrainingTicket ticket, Dictionary<uint, int> rows, float[] idf, int label, float embeddingWeight)
        {
            var (known, values, squares) = (new List<int>(), new List<float>(), 0f);
            for (var i = 0; i < ticket.Features.Keys.Length; i++)
            {
                if (rows.TryGetValue(ticket.Features.Keys[i], out var row))
                {
                    var value = ticket.Features.Counts[i] * idf[row];
                    known.Add(row);
                    values.Add(value);
                    squares += value * value;
                }
            }

            var norm = MathF.Sqrt(squares);
            float[] embedding = [.. ticket.Features.Embedding.Select(value => value * embeddingWeight)];
            return new Example(
                [.. known],
                [.. values.Select(value => value / norm)],
                embedding,
                label,
                ticket.Weight > 0 ? ticket.Weight : throw new ArgumentException("A weight is above 0.", nameof(ticket)),
                1 + (norm > 0 ? 1 : 0) + embedding.Sum(value => value * value));
        }

        public void Score(float[] weights, int rows, int classes, Span<float> scores)
        {
            for (var i = 0; i < Rows.Length; i++)
            {
                TenantHead.AddScaled(weights.AsSpan(Rows[i] * classes, classes), Values[i], scores);
            }

            for (var i = 0; i < Embedding.Length; i++)
            {
                TenantHead.AddScaled(weights.AsSpan((rows + i) * classes, classes), Embedding[i], scores);
            }

            TenantHead.AddScaled(weights.AsSpan((rows + Embedding.Length) * classes, classes), 1, scores);
        }

        public void Move(float[] weights, int rows, int classes, ReadOnlySpan<float> steps)
        {
            for (var i = 0; i < Rows.Length; i++)
            {
                TenantHead.AddScaled(steps, Values[i], weights.AsSpan(Rows[i] * classes, classes));
            }

            for (var i = 0; i < Embedding.Length; i++)
            {
                TenantHead.AddScaled(steps, Embedding[i], weights.AsSpan((rows + i) * classes, classes));
            }

            TenantHead.AddScaled(steps, 1, weights.AsSpan((rows + Embedding.Length) * classes, classes));
        }
    }
}
