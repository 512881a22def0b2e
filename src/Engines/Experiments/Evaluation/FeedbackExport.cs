using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Experiments.Evaluation;

/// <summary>What somebody said of an answer.</summary>
public sealed record LabelledAnswer
{
    /// <summary>The instructions; null for none.</summary>
    public string? System { get; init; }

    /// <summary>What was asked.</summary>
    public required string Input { get; init; }

    /// <summary>What was answered.</summary>
    public required string Answer { get; init; }

    /// <summary>Whether the person liked it; null when they said nothing of that.</summary>
    public bool? IsGood { get; init; }

    /// <summary>What the person made of it; null when they changed nothing.</summary>
    public string? Edited { get; init; }

    /// <summary>Whether a person had to take over.</summary>
    public bool IsEscalated { get; init; }

    /// <summary>Whether the person allowed that it is learnt from.</summary>
    public bool MayBeLearnt { get; init; }
}

/// <summary>Writes labelled answers as examples for fine-tuning: only with consent, only good ones, and masked. Pure but for the masking that it is given.</summary>
public static class FeedbackExport
{
    /// <summary>One line of JSON for each example, in the form of chat messages; what was edited stands for what was answered.</summary>
    /// <param name="answers">The labelled answers.</param>
    /// <param name="mask">Removes what is personal or secret from a text; null for one that must not be exported at all.</param>
    public static IEnumerable<string> Lines(IEnumerable<LabelledAnswer> answers, Func<string, string?> mask)
    {
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentNullException.ThrowIfNull(mask);
        foreach (var answer in answers.Where(answer => answer.MayBeLearnt && !answer.IsEscalated && (answer.Edited is not null || answer.IsGood == true)))
        {
            if (mask(answer.Input) is not { } input || mask(answer.Edited ?? answer.Answer) is not { } good || (answer.System is not null && mask(answer.System) is null))
            {
                continue;
            }

            var messages = new JsonArray();
            if (answer.System is { } system)
            {
                messages.Add(Message("system", mask(system)!));
            }

            messages.Add(Message("user", input));
            messages.Add(Message("assistant", good));
            yield return new JsonObject { ["messages"] = messages }.ToJsonString(JsonSerializerOptions.Default);
        }
    }

    private static JsonObject Message(string role, string content) => new JsonObject { ["role"] = role, ["content"] = content };
}
