using System.Text.Json;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Actions;

/// <summary>What those who are asked for an approval, and the rules that find them, are told besides the action itself. Pure.</summary>
internal static class ApprovalDetails
{
    private const int MaxTextLength = 900;

    /// <summary>How risky an operation is, as far as its effect tells.</summary>
    public static string RiskOf(ConnectorOperation operation) => operation.Effect switch
    {
        OperationEffect.Read => "low",
        OperationEffect.Write => "medium",
        _ => "high",
    };

    /// <summary>What an action costs, where its arguments say so with their usual names.</summary>
    public static (decimal? Amount, string? Currency) AmountOf(JsonElement arguments) =>
        arguments.ValueKind == JsonValueKind.Object
        && arguments.TryGetProperty("amount", out var amount) && amount.ValueKind == JsonValueKind.Number && amount.TryGetDecimal(out var value)
        && arguments.TryGetProperty("currency", out var currency) && currency.ValueKind == JsonValueKind.String && IsCurrency(currency.GetString()!)
            ? (value, currency.GetString())
            : (null, null);

    /// <summary>Where an action takes effect, where its arguments say so.</summary>
    public static string? EnvironmentOf(JsonElement arguments) =>
        arguments.ValueKind == JsonValueKind.Object
        && arguments.TryGetProperty("environment", out var environment) && environment.ValueKind == JsonValueKind.String && environment.GetString() is { Length: > 0 and <= 64 } name
            ? name
            : null;

    /// <summary>Why a step is wanted: what the model wrote when it asked for it, or which playbook or plan it belongs to, and what the person had asked.</summary>
    public static string WhyOf(RunSnapshot snapshot, RunInput input, string stepId)
    {
        var asked = $"Asked for: \"{Cut(input.Text)}\"";
        var why = OfModel(snapshot, stepId) ?? OfDefinition(snapshot);
        return why is null ? asked : $"{why}\n{asked}";
    }

    // A hand-off's steps are called STEP/…, and so may be a plan's inside it: the nearest model call that asked for a part of the path says why.
    private static string? OfModel(RunSnapshot snapshot, string stepId)
    {
        for (var id = stepId; ;)
        {
            if (snapshot.ModelCalls.LastOrDefault(call => call.ToolCalls.Any(tool => tool.StepId == id)) is { } call)
            {
                var text = Cut(call.Text ?? AnswerOf(snapshot.Answer, call));
                return text.Length > 0 ? text : null;
            }

            var slash = id.LastIndexOf('/');
            if (slash < 0)
            {
                return null;
            }

            id = id[..slash];
        }
    }

    private static string AnswerOf(string answer, ModelCalled call) =>
        call.AnswerFrom >= 0 && call.AnswerLength >= 0 && call.AnswerFrom + call.AnswerLength <= answer.Length ? answer.Substring(call.AnswerFrom, call.AnswerLength) : "";

    private static string? OfDefinition(RunSnapshot snapshot)
    {
        if (snapshot.Choice is { Strategy: "playbook" } choice)
        {
            return $"Part of the playbook \"{choice.Title ?? choice.Playbook}\".";
        }

        return snapshot.Plans.LastOrDefault(plan => plan.IsAccepted) is { Plan: { ValueKind: JsonValueKind.Object } plan }
            && plan.TryGetProperty("goal", out var goal) && goal.ValueKind == JsonValueKind.String
                ? $"Part of a plan: {Cut(goal.GetString()!)}"
                : null;
    }

    private static bool IsCurrency(string text) => text.Length == 3 && text.All(char.IsAsciiLetterUpper);

    private static string Cut(string text)
    {
        var shown = SecretText.Hide(text.Trim());
        if (shown.Length <= MaxTextLength)
        {
            return shown;
        }

        // Not between the halves of one character.
        var end = char.IsHighSurrogate(shown[MaxTextLength - 1]) ? MaxTextLength - 1 : MaxTextLength;
        return string.Concat(shown.AsSpan(0, end), "…");
    }
}
