using System.Numerics.Tensors;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference;

/// <summary>Makes calibrated probabilities and an answer of scores, by the rules of training/README.md.</summary>
internal static class ClassificationHead
{
    // Halvings of the range of temperatures: far finer than a probability is ever printed.
    private const int Halvings = 40;
    private const double Sharpest = 1e-3;
    private const double Softest = 1e3;

    /// <param name="model">Labels and calibration.</param>
    /// <param name="encoder">The encoder's scores.</param>
    /// <param name="linear">The linear part's scores, empty where there is none.</param>
    /// <param name="top">How many labels to name.</param>
    /// <param name="isTruncated">Whether the model saw only the text's beginning.</param>
    public static Classification Decide(LoadedModel model, ReadOnlySpan<float> encoder, ReadOnlySpan<double> linear, int top, bool isTruncated)
    {
        var calibration = model.Calibration;
        var scaled = new double[encoder.Length];
        for (var label = 0; label < scaled.Length; label++)
        {
            var sum = (calibration.EncoderWeight * encoder[label]) + (linear.Length > 0 ? calibration.LinearWeight * linear[label] : 0);
            scaled[label] = sum / calibration.Temperature;
        }

        var probabilities = new double[scaled.Length];
        Softmax(scaled, 1, probabilities);
        if (calibration.Confidence is { } curve)
        {
            Reach(scaled, curve.At(TensorPrimitives.Max<double>(probabilities)), probabilities);
        }

        var (answer, confidence, isOutOfScope) = Answer(model, scaled, probabilities);
        var order = Enumerable.Range(0, probabilities.Length).OrderByDescending(label => probabilities[label]).Take(top);
        return new Classification
        {
            Version = model.Manifest.Version,
            Label = model.Labels[answer],
            Confidence = confidence,
            IsOutOfScope = isOutOfScope,
            OutOfScopeLabel = model.OutOfScopeLabel is { } outside ? model.Labels[outside] : null,
            Top = [.. order.Select(label => new ScoredLabel(model.Labels[label], probabilities[label]))],
            Probabilities = probabilities,
            IsTruncated = isTruncated,
            Thresholds = calibration.Thresholds,
        };
    }

    private static (int Label, double Confidence, bool IsOutOfScope) Answer(LoadedModel model, double[] scaled, double[] probabilities)
    {
        if (model.OutOfScopeLabel is not { } outside)
        {
            var best = TensorPrimitives.IndexOfMax<double>(probabilities);
            return (best, probabilities[best], false);
        }

        var rule = model.Calibration.OutOfScope!;
        var soft = new double[scaled.Length];
        Softmax(scaled, rule.Softness, soft);
        var inside = -1;
        for (var label = 0; label < probabilities.Length; label++)
        {
            if (label != outside && (inside < 0 || probabilities[label] > probabilities[inside]))
            {
                inside = label;
            }
        }

        return soft[inside] - soft[outside] < rule.Minimum
            ? (outside, rule.Confidence?.At(probabilities[outside]) ?? (1 - probabilities[inside]), true)
            : (inside, probabilities[inside], false);
    }

    // The temperature of this one text with which its best class gets the wanted probability. So the order of the classes stays and they add up to one.
    private static void Reach(double[] scores, double wanted, Span<double> probabilities)
    {
        var (low, high) = (Math.Log(Sharpest), Math.Log(Softest));
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            Softmax(scores, Math.Exp(middle), probabilities);
            (low, high) = TensorPrimitives.Max<double>(probabilities) > wanted ? (middle, high) : (low, middle);
        }
    }

    private static void Softmax(double[] scores, double softness, Span<double> target)
    {
        TensorPrimitives.Divide(scores, softness, target);
        TensorPrimitives.Subtract(target, TensorPrimitives.Max<double>(target), target);
        TensorPrimitives.Exp<double>(target, target);
        TensorPrimitives.Divide(target, TensorPrimitives.Sum<double>(target), target);
    }
}
