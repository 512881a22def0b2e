namespace Steward.Engines.Inference.Batching;

/// <summary>How large batches of one model on one device become.</summary>
internal sealed record BatchPolicy
{
    /// <summary>The most texts of a batch.</summary>
    public required int MaxBatchSize { get; init; }

    /// <summary>The most tokens of a batch, padding among them. One text alone may be longer.</summary>
    public required int TokenBudget { get; init; }

    /// <summary>The longest wait for company.</summary>
    public TimeSpan MaxDelay { get; init; }

    /// <summary>A text joins a batch when at most this part of its row is padding.</summary>
    public double MaxPadding { get; init; } = 0.25;

    /// <summary>
    /// A processor computes one text as fast as several: batches there only add padding (measured with ONNX Runtime 1.30: 854 texts a second one by one, 725 in length-sorted
    /// batches of 256 tokens, 204 in first-come batches of 32).
    /// </summary>
    public static BatchPolicy Processor { get; } = new() { MaxBatchSize = 1, TokenBudget = 512 };

    /// <summary>A GPU wants much at once, and a short wait pays where runs are cheap and requests dense.</summary>
    public static BatchPolicy Gpu { get; } = new() { MaxBatchSize = 256, TokenBudget = 16_384, MaxDelay = TimeSpan.FromMilliseconds(2) };
}

/// <summary>How much may wait on one device.</summary>
internal sealed record SchedulerLimits
{
    /// <summary>Tokens that may wait in each lane.</summary>
    public int MaxQueuedTokens { get; init; } = 262_144;

    /// <summary>Texts that may wait in each lane.</summary>
    public int MaxQueuedTexts { get; init; } = 4_096;

    /// <summary>Threads that run batches.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>After this wait a background text gets its turn though interactive ones wait.</summary>
    public TimeSpan StarvationLimit { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>While interactive texts wait, at most one of this many batches is begun for starved background texts.</summary>
    public int StarvationShare { get; init; } = 4;
}
