using Microsoft.Extensions.Logging;

namespace Steward.Engines.Inference.Models;

/// <summary>Models that a GPU has no memory for run on the processor, until it has.</summary>
internal sealed partial class ModelCatalog
{
    // To ask loads the model a second time: the pause doubles from the first to the last.
    private static readonly TimeSpan FirstCardPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LastCardPause = TimeSpan.FromHours(1);

    // A card without room for one more model is no reason to do without it. What else is wrong with a card, files or threads is tried again as always.
    private LoadedModel LoadOnCard(ModelFolder content)
    {
        try
        {
            return LoadedModel.Load(content, workers, options.Value.GpuPolicy(), options.Value.CudaDevice, loader);
        }
        catch (ModelRefusedException e) when (e is { Fault: ModelFault.NotNow, IsOfMemory: true })
        {
            var loaded = LoadOnProcessor(content);
            loaded.Card = NextTry(times: 1);
            LogNotOnCard(content.Manifest.Name, content.Manifest.Version, e.Message.Split('\n', 2)[0]);
            return loaded;
        }
    }

    private LoadedModel LoadOnProcessor(ModelFolder content) => LoadedModel.Load(content, workers, options.Value.ProcessorPolicy(), null, loader);

    private CardRetry NextTry(int times) => new(workers.Now + TimeSpan.FromSeconds(Math.Min(LastCardPause.TotalSeconds, FirstCardPause.TotalSeconds * Math.Pow(2, times - 1))), times);

    // Beside the request, which is answered meanwhile.
    private void AskCard(string name, ModelVersion version, LoadedModel loaded)
    {
        if (loaded.Card is { } card && workers.Now >= card.At && _loading.TryAdd(name, 0))
        {
            _ = ToCardAsync(name, version, loaded, card);
        }
    }

    private async Task ToCardAsync(string name, ModelVersion version, LoadedModel loaded, CardRetry card)
    {
        try
        {
            await _changing.WaitAsync(CancellationToken.None);
            try
            {
                if (version.Loaded != loaded || _slots.GetValueOrDefault(name)?.Versions.Contains(version) != true)
                {
                    return;
                }

                // Again, if it is not taken now.
                loaded.Card = NextTry(card.Times + 1);
                var onCard = await Task.Run(() => LoadOnCardAgain(version.Folder));
                if (onCard.Manifest.Name == version.Manifest.Name && onCard.Manifest.Version == version.Manifest.Version)
                {
                    version.Loaded = onCard;
                    loaded.Retire();
                    LogOnCard(onCard.Manifest.Name, onCard.Manifest.Version);
                }
                else
                {
                    onCard.Retire();
                }
            }
            finally
            {
                _changing.Release();
            }
        }
        catch (Exception e) when (e is ModelRefusedException or ObjectDisposedException)
        {
            // It answers as before. What lies there now may be broken, which is no matter of one in memory; or the process ends.
        }
        finally
        {
            _loading.TryRemove(name, out _);
        }
    }

    // Takes no memory from others: it has its place on the processor.
    private LoadedModel LoadOnCardAgain(string folder)
    {
        FindRoom(LoadedModel.EstimateBytes(ModelFolder.MeasureModel(folder, options.Value.MaxModelBytes)), mayEvict: false);
        var content = ModelFolder.Read(folder, options.Value.MaxModelBytes);
        FindRoom(LoadedModel.EstimateBytes(content), mayEvict: false);
        return LoadedModel.Load(content, workers, options.Value.GpuPolicy(), options.Value.CudaDevice, loader);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The model {Model} {Version} runs on the processor until the GPU, which is asked again, has memory for it: {Reason}")]
    private partial void LogNotOnCard(string model, string version, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The model {Model} {Version} runs on the GPU now, which has memory for it again")]
    private partial void LogOnCard(string model, string version);
}
