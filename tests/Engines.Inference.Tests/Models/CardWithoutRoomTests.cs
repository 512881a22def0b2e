using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Inference.Models;
using Steward.Engines.Inference.Sessions;

namespace Steward.Engines.Inference.Tests.Models;

/// <summary>A GPU whose memory is taken: sessions on it fail as the runtime says then, those on the processor are real.</summary>
public sealed class CardWithoutRoomTests : IDisposable
{
    private const string NoMemory = "[ErrorCode:Fail] CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc((void**)&p, size);";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("steward-models-");
    private readonly InferenceOptions _options;
    private readonly Lines _log = new();
    private readonly List<int?> _loaded = [];
    private readonly StoppedTime _time = new();
    private readonly DeviceWorkers _workers;
    private string? _cardSays = NoMemory;

    public CardWithoutRoomTests()
    {
        EngineUnderTest.CopyTiny("tiny-topics", _folder.CreateSubdirectory("tiny-topics").FullName);
        _options = new InferenceOptions { ModelDirectory = _folder.FullName, CudaDevice = 3 };
        _workers = new DeviceWorkers(_options.Limits(usesCuda: true), _time, _log);
    }

    [NativeFact]
    public async Task Use_GpuHasNoMemory_RunsOnTheProcessorAndSaysSo()
    {
        using var catalog = Catalog();

        var loaded = (await catalog.UseAsync("tiny-topics", "t-acme", default))!;
        loaded.Release();

        Assert.Equal([null, 3, null], _loaded);
        Assert.Equal("cpu", loaded.Device);
        Assert.Contains(loaded.Tags, tag => tag is { Key: "steward.device", Value: "cpu" });
        var status = Assert.Single(catalog.List());
        Assert.Equal((true, "cpu", null), (status.IsLoaded, status.Device, status.Problem));
        Assert.Empty(catalog.Refused);
        var line = Assert.Single(_log.Warnings);
        Assert.StartsWith("The model tiny-topics 1 runs on the processor until the GPU, which is asked again, has memory for it: model.onnx cannot be loaded at present: [ErrorCode:Fail] CUDA failure 2: out of memory", line, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Use_GpuRefusesTheModelItself_IsRefusedAndNotRunOnTheProcessor()
    {
        _cardSays = "[ErrorCode:Fail] Load model failed: this operator is not known here.";
        using var catalog = Catalog();

        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => catalog.UseAsync("tiny-topics", "t-acme", default).AsTask());

        Assert.Equal(ModelFault.Corrupt, refused.Fault);
        Assert.Empty(_log.Warnings);
    }

    [NativeTheory]
    [InlineData("[ErrorCode:Fail] CUDA error 700: an illegal memory access was encountered ; GPU=3")]
    [InlineData("[ErrorCode:Fail] CUDNN failure 4000: CUDNN_STATUS_INTERNAL_ERROR ; GPU=3")]
    [InlineData("[ErrorCode:Fail] Load model failed: Too many open files")]
    public async Task Use_GpuFailsOtherwise_IsNotRunOnTheProcessor(string says)
    {
        _cardSays = says;
        using var catalog = Catalog();

        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => catalog.UseAsync("tiny-topics", "t-acme", default).AsTask());

        Assert.Equal(ModelFault.NotNow, refused.Fault);
        Assert.Equal([null, 3], _loaded);
    }

    [NativeFact]
    public async Task Use_GpuHasMemoryAgain_RunsThereFromThenOn()
    {
        using var catalog = Catalog();
        var first = await UseAsync(catalog);
        _cardSays = null;

        _time.Now = TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1);
        Assert.Same(first, await UseAsync(catalog));
        Assert.Equal(3, _loaded.Count);

        // Whoever comes meanwhile is answered by the processor.
        _time.Now = TimeSpan.FromMinutes(1);
        Assert.Same(first, await UseAsync(catalog));
        await UseUntilAsync(catalog, () => Assert.Single(catalog.List()).Device == "cuda");
        Assert.Equal("cuda", (await UseAsync(catalog)).Device);
        Assert.False(first.TryUse());
    }

    [NativeFact]
    public async Task Use_GpuHasNoMemoryForLong_IsAskedEverMoreSeldom()
    {
        using var catalog = Catalog();
        var first = await UseAsync(catalog);
        foreach (var minutes in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            Assert.Equal(TimeSpan.FromMinutes(minutes), first.Card!.At - _time.Now);
            _time.Now = first.Card.At;
            var asked = _loaded.Count;
            await UseUntilAsync(catalog, () => _loaded.Count == asked + 2);
        }

        Assert.Equal("cpu", (await UseAsync(catalog)).Device);
        Assert.Single(_log.Warnings);
    }

    [NativeFact]
    public async Task Use_GpuHasRoom_RunsThere()
    {
        _cardSays = null;
        using var catalog = Catalog();

        var loaded = (await catalog.UseAsync("tiny-topics", "t-acme", default))!;
        loaded.Release();

        Assert.Equal(("cuda", 3), (loaded.Device, _loaded[^1]));
        Assert.Empty(_log.Warnings);
    }

    private static async Task<LoadedModel> UseAsync(ModelCatalog catalog)
    {
        var loaded = (await catalog.UseAsync("tiny-topics", "t-acme", default))!;
        loaded.Release();
        return loaded;
    }

    private static async Task UseUntilAsync(ModelCatalog catalog, Func<bool> isSo)
    {
        using var tooLong = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!isSo())
        {
            tooLong.Token.ThrowIfCancellationRequested();
            await UseAsync(catalog);
            await Task.Yield();
        }
    }

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Delete(recursive: true);
    }

    private ModelCatalog Catalog()
    {
        var catalog = new ModelCatalog(Options.Create(_options), _workers, new InferenceRuntime(problem: null) { UsesCuda = true }, _log, Load);
        catalog.Discover();
        return catalog;
    }

    // Where the card takes it, the processor computes in its place.
    private ModelSession Load(byte[] model, ModelManifest manifest, int padding, int? cudaDevice)
    {
        _loaded.Add(cudaDevice);
        return cudaDevice is not null && _cardSays is { } says
            ? throw DeviceFaults.Refuse(says, "model.onnx cannot be loaded")
            : ModelSession.Load(model, manifest, padding, cudaDevice: null);
    }

    private sealed class StoppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    private sealed class Lines : ILogger
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
            {
                Warnings.Add(formatter(state, exception));
            }
        }
    }
}
