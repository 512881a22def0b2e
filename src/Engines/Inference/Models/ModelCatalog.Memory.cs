using Microsoft.Extensions.Logging;

namespace Steward.Engines.Inference.Models;

/// <summary>The memory for models, by estimate.</summary>
internal sealed partial class ModelCatalog
{
    // What has to go for a model, the longest idle first; nothing where it has room. What is in use stays.
    private List<ModelVersion> FindRoom(long bytes, bool mayEvict)
    {
        var limit = options.Value.MemoryBytes;
        if (bytes > limit)
        {
            throw new ModelRefusedException(ModelFault.TooLarge, $"about {bytes >> 20} MiB are needed; all models together may use {limit >> 20} MiB (Steward:Inference:MemoryBytes)");
        }

        var loaded = _slots.Values.SelectMany(slot => slot.Versions).Select(version => (Version: version, version.Loaded)).Where(version => version.Loaded is not null).ToList();
        var used = loaded.Sum(version => version.Loaded!.Bytes);
        var going = new List<ModelVersion>();
        foreach (var (version, model) in loaded.Where(version => mayEvict && version.Loaded!.Users == 0).OrderBy(version => version.Loaded!.UsedAt))
        {
            if (used + bytes <= limit)
            {
                break;
            }

            if (CanComeBack(version))
            {
                used -= model!.Bytes;
                going.Add(version);
            }
        }

        return used + bytes <= limit ? going : throw new ModelRefusedException(
            ModelFault.NoRoom, $"about {bytes >> 20} MiB are needed; {used >> 20} of {limit >> 20} MiB for models are in use (Steward:Inference:MemoryBytes)");
    }

    // A version whose folder was removed, or holds something else now, lives in memory alone.
    private static bool CanComeBack(ModelVersion version) => version.Stamp is { } stamp ? TryStamp(version.Folder) == stamp : Directory.Exists(version.Folder);

    private static string? TryStamp(string folder)
    {
        try
        {
            return ModelDirectory.StampOf(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Nothing goes before it is sure that this helps.
    private void MakeRoom(long bytes, bool mayEvict)
    {
        foreach (var version in FindRoom(bytes, mayEvict))
        {
            LogEvicted(version.Manifest.Name, version.Manifest.Version);
            var evicted = version.Loaded;
            version.Loaded = null;
            evicted?.Retire();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The model {Model} {Version} was idle and gave its memory to another one")]
    private partial void LogEvicted(string model, string version);
}
