using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Caching;

/// <summary>An answer that can be given again. Immutable.</summary>
internal sealed class CachedAnswer
{
    private const int LargestDelta = 200;
    private const int BytesAround = 320;
    private const int BytesOfDelta = 56;

    private CachedAnswer(string text, IReadOnlyList<ChatDelta> deltas, ChatUsage? usage, string model) =>
        (Text, Replay, Usage, Model, Bytes) = (text, new ModelStageAnswer(deltas), usage, model, BytesAround + (4L * text.Length) + (BytesOfDelta * deltas.Count));

    /// <summary>The whole text.</summary>
    public string Text { get; }

    /// <summary>What is delivered, in pieces as a model would.</summary>
    public ModelStageAnswer Replay { get; }

    /// <summary>What the first call used, and each further one would.</summary>
    public ChatUsage? Usage { get; }

    /// <summary>The tier that answered, or <c>provider/model</c>.</summary>
    public string Model { get; }

    /// <summary>The memory that it takes, about.</summary>
    public long Bytes { get; }

    /// <summary>Notes how a call was answered by it: where from, and by which tier where that was left open.</summary>
    public ModelStageAnswer Give(ModelCall call, string how)
    {
        call.Cache = how;
        call.Model = call.Model == ModelCall.Auto ? Model : call.Model;
        return Replay;
    }

    /// <summary>The answer of a call that ended.</summary>
    /// <returns>Null for what is never given again: failures, what was cut off or filtered, calls of tools, answers without a word, and what the ladder made short.</returns>
    public static CachedAnswer? Of(ModelCall call, ModelCallOutcome outcome)
    {
        if (!outcome.WasAsked || outcome.Failure is not null || outcome.IsAborted || outcome.Finished is not { Reason: "stop" } finished || outcome.ToolCalls.Count > 0
            || string.IsNullOrWhiteSpace(outcome.Text) || call.Degradation != "full")
        {
            return null;
        }

        var deltas = new List<ChatDelta>((outcome.Text.Length / LargestDelta) + 2);
        for (var at = 0; at < outcome.Text.Length;)
        {
            var length = PieceAt(outcome.Text, at);
            deltas.Add(new ChatText(outcome.Text.Substring(at, length)));
            at += length;
        }

        // Nothing was used this time, and nothing is to be paid.
        deltas.Add(finished with { Usage = new ChatUsage(0, 0, 0, 0m), FirstToken = TimeSpan.Zero, Attempts = 0 });
        return new CachedAnswer(outcome.Text, deltas, finished.Usage, call.Model);
    }

    // Up to the last space, and never through the middle of a character.
    private static int PieceAt(string text, int at)
    {
        if (text.Length - at <= LargestDelta)
        {
            return text.Length - at;
        }

        var space = text.LastIndexOf(' ', at + LargestDelta - 1, LargestDelta);
        return space >= at ? space - at + 1 : char.IsHighSurrogate(text[at + LargestDelta - 1]) ? LargestDelta - 1 : LargestDelta;
    }
}
