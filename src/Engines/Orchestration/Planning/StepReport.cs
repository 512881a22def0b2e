using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>What the planner and the model that writes the answer are told about a step.</summary>
internal static class StepReport
{
    /// <summary>Tells empty from failed, retryable from final, and data from instructions.</summary>
    /// <param name="step">The step; null when it was never begun.</param>
    /// <param name="maxLength">The longest text of <c>data</c>, in characters of JSON; what is longer is cut.</param>
    public static JsonObject Describe(StepState? step, int maxLength)
    {
        var told = new JsonObject();
        switch (step?.Status)
        {
            case null or StepStatus.Running or StepStatus.Dropped:
                told["status"] = "not_run";
                break;
            case StepStatus.Skipped:
                told["status"] = "skipped";
                break;
            case StepStatus.Failed:
                told["status"] = step.Code is "forbidden" or "approval_needed" or "outcome_unknown" ? step.Code : "failed";
                told["code"] = step.Code;
                told["message"] = step.Message;
                told["retryable"] = step.Retryable;
                if (step.Field is not null)
                {
                    told["field"] = step.Field;
                }

                break;
            default:
                told["status"] = "ok";
                var (data, cut) = step.Result is { } result ? Cut(result.GetRawText(), maxLength) : (null, false);
                if (step.Truncated || cut)
                {
                    told["truncated"] = true;
                }

                if (data is null or JsonObject { Count: 0 } || (data is JsonObject && data["items"] is JsonArray { Count: 0 }))
                {
                    told["empty"] = true;
                }

                told["untrusted"] = true;
                told["data"] = data;
                break;
        }

        return told;
    }

    private static (JsonNode? Data, bool Cut) Cut(string json, int maxLength) =>
        json.Length <= maxLength ? (JsonNode.Parse(json), false) : (JsonValue.Create(json[..maxLength]), true);
}
