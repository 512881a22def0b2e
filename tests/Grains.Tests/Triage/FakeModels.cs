using Steward.Errors;
using Steward.Inference;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>Models that answer by one word of the text: <c>label</c> or <c>label:0.8</c>.</summary>
internal sealed class FakeModels : ITriageModels
{
    /// <summary>A second model, whose answers may be acted on from 0.985 on.</summary>
    public const string OtherModel = "it-other";

    private static readonly string[] Labels = ["Access", "Hardware", "HR Support", "Storage"];

    /// <summary>What every question is answered with instead; null for an answer.</summary>
    public Func<Exception>? Failure { get; set; }

    /// <summary>How often a model was asked.</summary>
    public int Asked { get; set; }

    /// <summary>From where on the model's answers may be acted on; null for never.</summary>
    public double? AutoRouteAt { get; set; } = 0.9;

    /// <summary>The embedder's version.</summary>
    public string EmbedderVersion { get; set; } = "1";

    public Task<ClassifiedText> ClassifyAsync(string model, ClassifyText command, CancellationToken cancellationToken)
    {
        Asked++;
        if (Failure is { } failure)
        {
            throw failure();
        }

        if (model == "embedder")
        {
            throw new StewardException(ErrorCodes.InvalidArgument, "model must be one for Classification; embedder is for Embedding.") { Field = "model" };
        }

        if (model is not ("it-topic" or OtherModel))
        {
            throw StewardException.NotFound($"The model '{model}'");
        }

        var word = command.Text.Split(' ').FirstOrDefault(word => Labels.Contains(word.Split(':')[0].Replace('_', ' '))) ?? "Storage:0.3";
        var (label, confidence) = (word.Split(':')[0].Replace('_', ' '), word.Contains(':', StringComparison.Ordinal) ? double.Parse(word.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) : 0.97);
        return Task.FromResult(new ClassifiedText
        {
            Version = "7",
            Label = label,
            Confidence = confidence,
            IsOutOfScope = false,
            Reasons = [word],
            AutoRouteAt = model == OtherModel ? 0.985 : AutoRouteAt,
            HasThresholds = true,
            Top = [new LabelScore(label, confidence), .. Labels.Where(other => other != label).Select(other => new LabelScore(other, (1 - confidence) / (Labels.Length - 1)))],
        });
    }

    public Task<EmbeddedTexts> EmbedAsync(string model, EmbedTexts command, CancellationToken cancellationToken)
    {
        Asked++;
        return Failure is { } failure ? throw failure() : Task.FromResult(new EmbeddedTexts { Version = EmbedderVersion, Vectors = command.Texts.Count == 1 ? [Vector(command.Texts[0])] : Unlike(command.Texts.Count) });
    }

    /// <summary>Texts about money point one way, all others another.</summary>
    public static float[] Vector(string text) => text.Contains("money", StringComparison.Ordinal) ? [1, 0] : [0, 1];

    // No name is like another one.
    private static List<float[]> Unlike(int count) => [.. Enumerable.Range(0, count).Select(i => Enumerable.Range(0, count).Select(j => i == j ? 1f : 0f).ToArray())];

    public static StewardException Down() => new(ErrorCodes.Unavailable, "No silo can run models.") { IsRetryable = true };
}
