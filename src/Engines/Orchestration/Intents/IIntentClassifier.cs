namespace Steward.Engines.Orchestration.Intents;

/// <summary>
/// Says what a message is about, by a model that was trained on messages of many people. The playbooks' own rules stay in charge: what it says only keeps back an offer, or moves an
/// estimate of how much work a message is.
/// </summary>
public interface IIntentClassifier
{
    /// <summary>
    /// Judges a message, in milliseconds; null where there is no such model, where it is busy, or where it takes too long: then everything goes on as without it. Never throws but for a
    /// cancellation.
    /// </summary>
    ValueTask<IntentJudgement?> JudgeAsync(string tenantId, string text, CancellationToken cancellationToken = default);
}

/// <summary>What a message is about.</summary>
public sealed record IntentJudgement
{
    /// <summary>The intent's name as the model knows it, or its name for what is none of its intents.</summary>
    public required string Intent { get; init; }

    /// <summary>How probable it is, calibrated; 0 to 1.</summary>
    public required double Confidence { get; init; }

    /// <summary>The model and its version, for example <c>clinc150/1.0.0</c>.</summary>
    public required string Version { get; init; }

    /// <summary>Whether the model is sure of <see cref="Intent"/>: then strategy rules may name it.</summary>
    public bool IsSure { get; init; }

    /// <summary>Whether the message is for sure about something that no company's playbook is for: a greeting, the weather, a joke.</summary>
    public required bool IsOutOfScope { get; init; }

    /// <summary><c>conversation</c>, <c>simple</c> or <c>complex</c>; null where it is not known for sure.</summary>
    public string? Complexity { get; init; }
}
