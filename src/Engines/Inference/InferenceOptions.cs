using Microsoft.Extensions.Options;
using Steward.Engines.Inference.Batching;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference;

/// <summary>Where models lie, what computes them and how much may wait.</summary>
public sealed class InferenceOptions
{
    /// <summary>The folder whose subfolders are models. Default <c>models</c>.</summary>
    public string ModelDirectory { get; set; } = "models";

    /// <summary>How often the folder of models is looked at for other versions; zero for never. Default 10 seconds.</summary>
    public TimeSpan FollowModelsEvery { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What computes. Default: CUDA where it works, else the processor.</summary>
    public InferenceProvider Provider { get; set; } = InferenceProvider.Auto;

    /// <summary>The GPU's number. Default 0.</summary>
    public int CudaDevice { get; set; }

    /// <summary>Threads that compute on the processor, each one text at a time. Default: one for each core.</summary>
    public int Threads { get; set; } = Environment.ProcessorCount;

    /// <summary>Texts of one batch on the processor. Default 1: more only pad each other.</summary>
    public int ProcessorBatchSize { get; set; } = 1;

    /// <summary>Tokens of one batch on the processor, padding among them. Default 512.</summary>
    public int ProcessorTokenBudget { get; set; } = 512;

    /// <summary>Texts of one batch on a GPU. Default 256.</summary>
    public int GpuBatchSize { get; set; } = 256;

    /// <summary>Tokens of one batch on a GPU, padding among them. Default 16,384.</summary>
    public int GpuTokenBudget { get; set; } = 16_384;

    /// <summary>The longest wait for company on a GPU, where it pays. Default 2 ms.</summary>
    public TimeSpan GpuMaxDelay { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Tokens that may wait in each lane before more is refused; at least one text of the longest model, 8,192. Default 262,144.</summary>
    public int MaxQueuedTokens { get; set; } = 262_144;

    /// <summary>Texts that may wait in each lane before more is refused. Default 4,096.</summary>
    public int MaxQueuedTexts { get; set; } = 4_096;

    /// <summary>After this wait background work gets a part of the time though interactive work waits. Default 500 ms.</summary>
    public TimeSpan StarvationLimit { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Memory for models, by estimate. Default 1 GiB.</summary>
    public long MemoryBytes { get; set; } = 1L << 30;

    /// <summary>The largest <c>model.onnx</c>. Default 512 MiB.</summary>
    public long MaxModelBytes { get; set; } = 512L << 20;

    /// <summary>The longest text of a request, in characters. Default 1,000,000; models cut them to their tokens.</summary>
    public int MaxTextLength { get; set; } = 1_000_000;

    /// <summary>Texts of one request. Default 1,024.</summary>
    public int MaxTexts { get; set; } = 1_024;

    // One request never fills a lane: a quarter of it keeps the device busy and leaves room for others.
    internal int RequestTexts => Math.Max(1, MaxQueuedTexts / 4);

    internal long RequestTokens => Math.Max(1, MaxQueuedTokens / 4);

    internal BatchPolicy ProcessorPolicy() => new() { MaxBatchSize = ProcessorBatchSize, TokenBudget = ProcessorTokenBudget };

    internal BatchPolicy GpuPolicy() => new() { MaxBatchSize = GpuBatchSize, TokenBudget = GpuTokenBudget, MaxDelay = GpuMaxDelay, MaxPadding = 0.5 };

    internal SchedulerLimits Limits(bool usesCuda) => new()
    {
        MaxQueuedTokens = MaxQueuedTokens,
        MaxQueuedTexts = MaxQueuedTexts,
        Workers = usesCuda ? 1 : Threads,
        StarvationLimit = StarvationLimit,
    };
}

internal sealed class InferenceOptionsValidator : IValidateOptions<InferenceOptions>
{
    public ValidateOptionsResult Validate(string? name, InferenceOptions options)
    {
        var failures = new List<string>();
        foreach (var (field, value, least, most) in new (string, long, long, long)[]
        {
            (nameof(options.CudaDevice), options.CudaDevice, 0, 63),
            (nameof(options.Threads), options.Threads, 1, 256),
            (nameof(options.ProcessorBatchSize), options.ProcessorBatchSize, 1, 256),
            (nameof(options.ProcessorTokenBudget), options.ProcessorTokenBudget, 16, 65_536),
            (nameof(options.GpuBatchSize), options.GpuBatchSize, 1, 4_096),
            (nameof(options.GpuTokenBudget), options.GpuTokenBudget, 16, 1_048_576),
            (nameof(options.MaxQueuedTokens), options.MaxQueuedTokens, ModelManifest.MostTokens, 100_000_000),
            (nameof(options.MaxQueuedTexts), options.MaxQueuedTexts, 1, 1_000_000),
            (nameof(options.MemoryBytes), options.MemoryBytes, 1 << 20, 1L << 40),
            (nameof(options.MaxModelBytes), options.MaxModelBytes, 1 << 10, 1L << 31),
            (nameof(options.MaxTextLength), options.MaxTextLength, 1_000, 100_000_000),
            (nameof(options.MaxTexts), options.MaxTexts, 1, 100_000),
        })
        {
            if (value < least || value > most)
            {
                failures.Add($"Inference:{field} must be {least} to {most}.");
            }
        }

        if (options.GpuMaxDelay < TimeSpan.Zero || options.GpuMaxDelay > TimeSpan.FromMilliseconds(100))
        {
            failures.Add("Inference:GpuMaxDelay must be 0 to 100 ms.");
        }

        if (options.FollowModelsEvery != TimeSpan.Zero && (options.FollowModelsEvery < TimeSpan.FromSeconds(1) || options.FollowModelsEvery > TimeSpan.FromDays(1)))
        {
            failures.Add("Inference:FollowModelsEvery must be 1 second to 1 day, or 0 for never.");
        }

        if (options.StarvationLimit <= TimeSpan.Zero)
        {
            failures.Add("Inference:StarvationLimit must be more than zero.");
        }

        if (string.IsNullOrWhiteSpace(options.ModelDirectory))
        {
            failures.Add("Inference:ModelDirectory must name a folder.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
