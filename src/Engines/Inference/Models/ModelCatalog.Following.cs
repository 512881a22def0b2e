using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Inference.Models;

/// <summary>Follows the folder of models: what operators change there is in place soon after, in each process that has it.</summary>
internal sealed partial class ModelCatalog
{
    // By folder: what is refused is not read again before its files change.
    private readonly ConcurrentDictionary<string, RefusedContent> _refused = new(StringComparer.Ordinal);
    private readonly ModelDirectory _directory = new(options.Value.ModelDirectory, TimeProvider.System);

    /// <summary>Learns which models lie in the configured folder; they are loaded when they are asked. What is wrong with one is logged and hinders no other.</summary>
    public void Discover()
    {
        var root = options.Value.ModelDirectory;
        if (!Directory.Exists(root))
        {
            LogNoFolder(Path.GetFullPath(root));
            return;
        }

        if (TryList() is not { } entries)
        {
            return;
        }

        foreach (var wanted in WantedModel.Of(entries, static _ => true))
        {
            var slot = new ModelSlot(null, null, null);
            foreach (var entry in wanted.Entries)
            {
                slot = slot.With(new ModelVersion(entry.Folder, entry.Manifest!, entry.Exposure!) { Stamp = entry.Stamp });
            }

            _slots[wanted.Name] = slot;
        }

        foreach (var twin in entries.Where(entry => entry is { Exposure.Kind: ExposureKind.Everyone, Since: null } && _slots[entry.Manifest!.Name].Everyone is { } other && other.Folder != entry.Folder))
        {
            LogSecond(twin.Folder, twin.Manifest!.Name);
        }
    }

    /// <summary>
    /// Looks whether the folder has changed, and puts in place what is new: a version is loaded, checked and warmed up before it answers, and no request fails over it. What is refused changes nothing. A version for everybody stays though
    /// its folder is gone.
    /// </summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (runtime.Problem is not null || await Task.Run(TryList, cancellationToken) is not { } entries)
        {
            return;
        }

        foreach (var wanted in WantedModel.Of(entries, entry => !IsRefused(entry)))
        {
            foreach (var entry in wanted.Entries)
            {
                await FollowAsync(wanted.Name, entry, cancellationToken);
            }
        }

        foreach (var (name, slot) in _slots)
        {
            if (Leave(slot, entries) is not null)
            {
                Change(name, known => Leave(known, entries));
            }
        }
    }

    // What was put in place by hand has no stamp and is left alone; what is refused now goes on with what was read before.
    private static ModelSlot? Leave(ModelSlot slot, List<ModelDirectoryEntry> entries)
    {
        var left = slot;
        foreach (var version in new[] { slot.Canary, slot.Shadow }.OfType<ModelVersion>())
        {
            if (version.Stamp is not null && !entries.Exists(entry => entry.Folder == version.Folder && (entry.Problem is not null || entry.Exposure?.Kind == version.Exposure.Kind)))
            {
                left = left.Without(version);
            }
        }

        return left == slot ? null : left;
    }

    private async Task FollowAsync(string name, ModelDirectoryEntry entry, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var slot = _slots.GetValueOrDefault(name);
            var known = slot?.Versions.FirstOrDefault(version => version.Folder == entry.Folder && version.Stamp == entry.Stamp);
            if (known is not null && !known.Exposure.IsSame(entry.Exposure!))
            {
                // The one for everybody stays as such until there is another one.
                if (slot!.Everyone != known)
                {
                    _slots[name] = slot.Without(known).With(known.With(entry.Exposure!));
                    RetireUnused(slot, name);
                    LogPublished(name, known.Manifest.Version, entry.Exposure!.Kind);
                }

                return;
            }

            // A shadow is asked by nobody who could wait for it.
            var isSleepingShadow = known is { Exposure.Kind: ExposureKind.Shadow, Loaded: null };
            if (known is not null && !isSleepingShadow)
            {
                return;
            }

            var loaded = await Task.Run(() => Load(entry.Folder, mayEvict: !isSleepingShadow), cancellationToken);
            if (loaded.Manifest.Name != name)
            {
                // Its files changed while they were read: it is looked at again.
                loaded.Retire();
                return;
            }

            Place(new ModelVersion(entry.Folder, loaded.Manifest, entry.Exposure!) { Loaded = loaded, Stamp = entry.Stamp });
        }
        catch (ModelRefusedException e) when (e.Fault == ModelFault.TooLarge)
        {
            // Memory that others hold may be free again soon.
            LogNoRoom(entry.Folder, e.Message);
        }
        catch (ModelRefusedException e)
        {
            Refuse(entry, e.Message);
        }
        finally
        {
            _changing.Release();
        }
    }

    private List<ModelDirectoryEntry>? TryList()
    {
        try
        {
            var entries = _directory.List().ToList();
            foreach (var folder in _refused.Keys.Except(entries.Select(entry => entry.Folder), StringComparer.Ordinal))
            {
                _refused.TryRemove(folder, out _);
            }

            foreach (var entry in entries)
            {
                if (entry.Problem is { } problem)
                {
                    Refuse(entry, problem, isByName: true);
                }
                else if (!IsRefused(entry))
                {
                    _refused.TryRemove(entry.Folder, out _);
                }
            }

            return entries;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotFollowed(Path.GetFullPath(options.Value.ModelDirectory), e.Message);
            return null;
        }
    }

    private bool IsRefused(ModelDirectoryEntry entry) => _refused.TryGetValue(entry.Folder, out var refused) && !refused.IsByName && refused.Stamp == entry.Stamp;

    private void Refuse(ModelDirectoryEntry entry, string reason, bool isByName = false)
    {
        var refused = new RefusedContent(entry.Stamp, reason, isByName);
        if (_refused.GetValueOrDefault(entry.Folder) != refused)
        {
            _refused[entry.Folder] = refused;
            LogRefused(entry.Folder, reason);
        }
    }

    // By name: what it says of itself is wrong, which each look at the folder finds anew.
    private sealed record RefusedContent(string Stamp, string Reason, bool IsByName = false);

    [LoggerMessage(Level = LogLevel.Error, Message = "The model in {Folder} is refused: there is another model with the name {Name}, and neither has an exposure.json that says since when")]
    private partial void LogSecond(string folder, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The model in {Folder} waits for memory: {Reason}")]
    private partial void LogNoRoom(string folder, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The folder of models {Folder} cannot be looked at now: {Reason}")]
    private partial void LogNotFollowed(string folder, string reason);
}
