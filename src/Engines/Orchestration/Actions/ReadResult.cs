using System.Text.Json;

namespace Steward.Engines.Orchestration.Actions;

/// <summary>
/// What becomes of the result of a step: secrets are masked; a short one stands in the journal, a long one is stored whole by its hash, and what the journal and models see of it is its
/// beginning and its counts. Expressions see the whole.
/// </summary>
/// <param name="Whole">The whole, as far as it is kept.</param>
/// <param name="Shown">What stands in the journal.</param>
/// <param name="Truncated">Whether something is missing in <paramref name="Shown"/>.</param>
/// <param name="Stored">Where the whole is stored, when it is stored apart.</param>
/// <param name="Length">The length of the whole, in characters of JSON, when it is stored apart.</param>
internal sealed record ReadResult(JsonElement Whole, JsonElement Shown, bool Truncated, RunContent? Stored = null, int? Length = null)
{
    /// <summary>What facts that name <see cref="Stored"/> refer to.</summary>
    public IReadOnlyList<RunContent> Contents => Stored is null ? [] : [Stored];

    /// <summary>Makes a result fit for the journal.</summary>
    public static ReadResult Of(JsonElement result, OrchestrationOptions options)
    {
        var (whole, cut) = ResultShaper.Shape(result, options.MaxStoredResult);
        var text = whole.GetRawText();
        return text.Length <= options.MaxInlineResult
            ? new ReadResult(whole, whole, cut)
            : new ReadResult(whole, ResultShaper.Summarize(whole, text.Length, options.MaxInlineResult), true, RunContent.Of(System.Text.Encoding.UTF8.GetBytes(text)), text.Length);
    }

    /// <summary>The end of a step that has this result.</summary>
    public CallResult ToCall(string stepId, string? vendorRequestId = null, int attempts = 1) => new()
    {
        Result = Whole,
        Facts =
        [
            new StepCompleted
            {
                StepId = stepId,
                Status = "done",
                Result = Shown,
                Truncated = Truncated,
                ResultHash = Stored?.Hash,
                ResultLength = Length,
                VendorRequestId = vendorRequestId,
                Attempts = attempts > 1 ? attempts : null,
            },
        ],
        Contents = Contents,
    };

    /// <summary>The whole result of a step; what the journal has of it when retention has removed the rest.</summary>
    public static ValueTask<JsonElement?> LoadAsync(StepState step, Func<string, ValueTask<ReadOnlyMemory<byte>?>> load) => LoadAsync(step.Result, step.ResultHash, load);

    /// <summary>The whole of a result that may be stored apart.</summary>
    public static async ValueTask<JsonElement?> LoadAsync(JsonElement? shown, string? hash, Func<string, ValueTask<ReadOnlyMemory<byte>?>> load) =>
        hash is not null && await load(hash) is { } bytes ? JsonSerializer.Deserialize(bytes.Span, RunFactJson.Default.JsonElement) : shown;
}
