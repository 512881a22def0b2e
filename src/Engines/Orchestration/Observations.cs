using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration;

/// <summary>What a model is told about a step: tells empty from failed, retryable from final, and data from instructions.</summary>
internal static class Observations
{
    /// <summary>The step as a JSON object with <c>status</c>. Null is a step that was not run.</summary>
    public static string Tell(StepState? step)
    {
        var told = new JsonObject();
        if (step is null || step.Status == StepStatus.Running)
        {
            told["status"] = "failed";
            told["code"] = "not_run";
            told["retryable"] = true;
        }
        else if (step.Status == StepStatus.Failed)
        {
            told["status"] = step.Code is "forbidden" or "approval_needed" or "outcome_unknown" ? step.Code : "failed";
            told["code"] = step.Code;
            told["message"] = step.Message;
            told["retryable"] = step.Retryable;
            if (step.Field is not null)
            {
                told["field"] = step.Field;
            }
        }
        else
        {
            told["status"] = "ok";
            var notice = step.SameAs is null ? "" : "You have made this call before; this is the same result. Do not repeat it.";
            if (step.ResultHash is not null)
            {
                notice += $" This is only a summary. The whole result has {step.ResultLength} characters; read parts of it with results_read and step \"{step.StepId}\".";
            }

            if (notice.Length > 0)
            {
                told["notice"] = notice.TrimStart();
            }

            if (step.Truncated)
            {
                told["truncated"] = true;
            }

            var data = Values.Node(step.Result);
            if (IsEmpty(data))
            {
                told["empty"] = true;
            }

            told["untrusted"] = true;
            told["data"] = data?.DeepClone();
        }

        return told.ToJsonString();
    }

    /// <summary>Whether a result says that there is nothing.</summary>
    public static bool IsEmpty(JsonNode? data) => data is null or JsonObject { Count: 0 } || (data is JsonObject fields && fields["items"] is JsonArray { Count: 0 });
}
