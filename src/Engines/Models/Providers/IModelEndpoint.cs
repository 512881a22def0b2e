namespace Steward.Engines.Models.Providers;

/// <summary>One model of one provider with one key. Asks once and knows no clocks: attempts, time limits and fallback are <see cref="Routing.ModelChain"/>'s. Safe for concurrent use.</summary>
internal interface IModelEndpoint
{
    /// <summary>The provider by OpenTelemetry's names, <c>openai</c> or <c>anthropic</c>.</summary>
    string ProviderKind { get; }

    /// <summary>Where the requests go.</summary>
    Uri Server { get; }

    /// <summary>Asks. What the provider's package throws comes out as it is, for <see cref="Explain"/>.</summary>
    /// <returns>Deltas; a <see cref="ChatProgress"/> where the provider sent a part of the answer that is not a delta yet. Ends with <see cref="ChatFinished"/>, or the answer broke off.</returns>
    IAsyncEnumerable<ChatDelta> AskAsync(ChatRequest request, CancellationToken cancellationToken);

    /// <summary>What an exception of <see cref="AskAsync"/> means; null for a defect of ours.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="hasBegun">Whether a part of the answer had arrived.</param>
    ModelException? Explain(Exception exception, bool hasBegun);
}

/// <summary>A part of an answer arrived that is not a delta yet, such as a piece of a tool call. Never leaves the engine.</summary>
internal sealed record ChatProgress : ChatDelta
{
    public static ChatProgress Instance { get; } = new();
}

/// <summary>The model thinks, and sends its thoughts, which nobody gets: it is not silent, and nothing of its answer is there yet. Never leaves the engine.</summary>
internal sealed record ChatThought : ChatDelta
{
    public static ChatThought Instance { get; } = new();
}
