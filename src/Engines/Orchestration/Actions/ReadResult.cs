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

    /// <summary>The code of steps whose whole result is not kept any more, so that nothing may be computed with it.</summary>
    public const string MissingCode = "result_missing";

    /// <summary>What is said of such a step.</summary>
    public const string MissingMessage = "It was done, but the whole of its result is not kept any more.";

    /// <summary>What is said of a step that wants such a result.</summary>
    public const string LostInput = "The result of an earlier step that it wants is not kept any more.";

    /// <summary>The whole of a result that may be stored apart.</summary>
    /// <returns>The result, and whether it should be there but is not kept any more; what stands in the journal then is only a part, which nobody may take for the whole.</returns>
    public static async ValueTask<(JsonElement? Whole, bool IsMissing)> LoadAsync(JsonElement? shown, string? hash, Func<string, ValueTask<ReadOnlyMemory<byte>?>> load) =>
        hash is null ? (shown, false)
        : await load(hash) is { } bytes ? (JsonSerializer.Deserialize(bytes.Span, RunFactJson.Default.JsonElement), false)
        : (null, true);
}
