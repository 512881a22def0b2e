namespace Steward.ModelSim;

/// <summary>What a simulated model has done so far, counted by itself.</summary>
public sealed record ModelSimCounts
{
    /// <summary>Chats that were answered to the end, with their usage.</summary>
    public required long Answered { get; init; }

    /// <summary>The tokens that these answers said to have read.</summary>
    public required long PromptTokens { get; init; }

    /// <summary>The tokens that these answers said to have written.</summary>
    public required long CompletionTokens { get; init; }

    /// <summary>Requests that were refused with a status of 400 or more.</summary>
    public required long Refused { get; init; }

    /// <summary>Answers that were cut as the script said.</summary>
    public required long Cut { get; init; }

    /// <summary>Answers whose client hung up before the end.</summary>
    public required long Aborted { get; init; }
}
