using System.Text.Json;

namespace Steward.Engines.Orchestration.Actions;

/// <summary>
/// What becomes of a read's result: secrets are masked; a short one stands in the journal, a long one is stored whole by its hash, and what the journal and models see of it is its
/// beginning and its counts. Expressions see the whole.
/// </summary>
internal static class ReadResult
{
    public static CallResult Of(string stepId, JsonElement result, OrchestrationOptions options, string? vendorRequestId = null)
    {
        var (whole, cut) = ResultShaper.Shape(result, options.MaxStoredResult);
        var text = whole.GetRawText();
        if (text.Length <= options.MaxInlineResult)
        {
            return new CallResult { Result = whole, Facts = [new StepCompleted { StepId = stepId, Status = "done", Result = whole, Truncated = cut, VendorRequestId = vendorRequestId }] };
        }

        var content = RunContent.Of(System.Text.Encoding.UTF8.GetBytes(text));
        return new CallResult
        {
            Result = whole,
            Facts =
            [
                new StepCompleted
                {
                    StepId = stepId,
                    Status = "done",
                    Result = ResultShaper.Summarize(whole, text.Length, options.MaxInlineResult),
                    Truncated = true,
                    ResultHash = content.Hash,
                    ResultLength = text.Length,
                    VendorRequestId = vendorRequestId,
                },
            ],
            Contents = [content],
        };
    }

    /// <summary>The whole result of a step; what the journal has of it when retention has removed the rest.</summary>
    public static async ValueTask<JsonElement?> LoadAsync(StepState step, Func<string, ValueTask<ReadOnlyMemory<byte>?>> load)
    {
        if (step.ResultHash is not { } hash || await load(hash) is not { } bytes)
        {
            return step.Result;
        }

        return JsonSerializer.Deserialize(bytes.Span, RunFactJson.Default.JsonElement);
    }
}
