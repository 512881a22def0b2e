using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Inference.Models;

/// <summary>Follows the folder of models: what operators change there is in place soon after, in each process that has it.</summary>
internal sealed partial class ModelCatalog
{
    // By folder: what is refused is not read again before its files change.
    private readonly ConcurrentDictionary<string, RefusedContent> _refused = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WaitingContent> _waiting = new(StringComparer.Ordinal);
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
                slot = slot.With(new ModelVersion(entry.Folder, entry.Manifest!, entry.Exposure!) { Stamp = entry.Stamp, Since = entry.Since });
            }

            _slots[wanted.Name] = slot;
        }

        foreach (var twin in entries.Where(entry => entry is { Exposure.Kind: ExposureKind.Everyone, Since: null } && _slots[entry.Manifest!.Name].Everyone is { } other && other.Folder != entry.Folder))
        {
            LogSecond(twin.Folder, twin.Manifest!.Name);
        }
    }

    /// <summary>
    /// Looks whether the folder has changed, and puts in place what is new: a version is loaded, checked and warmed up before it answers, and no request fails over it. What is refused changes nothing; where it is not in memory, the newest
    /// other version takes its place. A version for everybody stays though its folder is gone. Of models with several versions, those that were found at the start are loaded, as far as there is room, before anybody asks them.
    /// </summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (runtime.Problem is not null || await Task.Run(TryList, cancellationToken) is not { } entries)
        {
            return;
        }

        // What is refused meanwhile leaves its place to another one.
        for (var isSettled = false; !isSettled;)
        {
            isSettled = true;
            foreach (var wanted in WantedModel.Of(entries, entry => !IsRefused(entry)))
            {
                foreach (var entry in wanted.Entries)
                {
                    await FollowAsync(wanted.Name, entry, entries, cancellationToken);
                    isSettled &= !IsRefused(entry);
                }
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

    // What was put in place by hand has no stamp and is left alone; what is refused now goes on with what was read before, if anything was.
    private ModelSlot? Leave(ModelSlot slot, List<ModelDirectoryEntry> entries)
    {
        var left = slot;
        foreach (var version in new[] { slot.Canary, slot.Shadow }.OfType<ModelVersion>())
        {
            if (version.Stamp is not null && !entries.Exists(entry => entry.Folder == version.Folder && MayStay(version, entry)))
            {
                left = left.Without(version);
            }
        }

        return left == slot ? null : left;
    }

    private bool MayStay(ModelVersion version, ModelDirectoryEntry entry) => entry.Problem is not null
        ? version.Loaded is not null || entry.Stamp == version.Stamp
        : entry.Exposure?.Kind == version.Exposure.Kind && (version.Loaded is not null || !IsRefused(entry));

    // A version in memory whose files were broken since is still the newest.
    private bool IsHeld(ModelVersion? current, ModelDirectoryEntry entry, List<ModelDirectoryEntry> entries) =>
        entry.Exposure!.Kind == ExposureKind.Everyone && current is { Stamp: not null, Loaded: not null } && current.Folder != entry.Folder
        && (entry.Since ?? DateTimeOffset.MinValue) <= (current.Since ?? DateTimeOffset.MinValue)
        && entries.Exists(other => other.Folder == current.Folder && (other.Problem is not null || IsRefused(other)));

    private async Task FollowAsync(string name, ModelDirectoryEntry entry, List<ModelDirectoryEntry> entries, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        ModelVersion? known = null;
        try
        {
            var slot = _slots.GetValueOrDefault(name);
            known = slot?.Versions.FirstOrDefault(version => version.Folder == entry.Folder && version.Stamp == entry.Stamp);
            if (known is not null)
            {
                known.Since = entry.Since;
                if (!known.Exposure.IsSame(entry.Exposure!))
                {
                    Expose(slot!, known, entry.Exposure!);
                    return;
                }
            }

            if (Waits(entry) || (known is null ? IsHeld(slot?.Everyone, entry, entries) : !IsToBeLoaded(known, entries)))
            {
                return;
            }

            // What nobody waits for takes no memory from others.
            var loaded = await Task.Run(() => Load(entry.Folder, mayEvict: known is null), cancellationToken);
            Forget(entry.Folder);
            if (loaded.Manifest.Name != name || (known is not null && loaded.Manifest.Version != known.Manifest.Version))
            {
                // Its files changed while they were read: it is looked at again.
                loaded.Retire();
            }
            else if (known is not null)
            {
                (known.Problem, known.Loaded) = (null, loaded);
            }
            else
            {
                Place(new ModelVersion(entry.Folder, loaded.Manifest, entry.Exposure!) { Loaded = loaded, Stamp = entry.Stamp, Since = entry.Since });
            }
        }
        catch (ModelRefusedException e) when (!e.Fault.IsOfContent())
        {
            Wait(entry, e, tells: known is null || known.Exposure.Kind == ExposureKind.Shadow);
        }
        catch (ModelRefusedException e)
        {
            known?.Problem = Remember(known.Problem, e);
            Refuse(entry, e.Message);
        }
        finally
        {
            _changing.Release();
        }
    }

    // A shadow is asked by nobody who could wait for it. What was only found at the start may be broken: where there are several versions, no request is to find that out.
    private bool IsToBeLoaded(ModelVersion known, List<ModelDirectoryEntry> entries) => known.Loaded is null && FindRest(known) is null
        && (known.Exposure.Kind == ExposureKind.Shadow || (!known.WasLoaded && entries.Count(entry => entry.Manifest?.Name == known.Manifest.Name && entry.Exposure is not null) > 1));

    private bool Waits(ModelDirectoryEntry entry) => _waiting.TryGetValue(entry.Folder, out var waiting) && waiting.Stamp == entry.Stamp && workers.Now < waiting.Problem.RetryAt;

    // What others' memory, a disk or a device keeps from being loaded is nothing that the folder has done.
    private void Wait(ModelDirectoryEntry entry, ModelRefusedException refused, bool tells)
    {
        var before = _waiting.GetValueOrDefault(entry.Folder) is { } waiting && waiting.Stamp == entry.Stamp ? waiting.Problem : null;
        _waiting[entry.Folder] = new WaitingContent(entry.Stamp, Remember(before, refused));
        if (tells && before?.Fault != refused.Fault)
        {
            LogWaits(entry.Folder, refused.Message);
        }
    }

    // What could be loaded is neither refused nor waited for.
    private void Forget(string folder)
    {
        _waiting.TryRemove(folder, out _);
        if (_refused.TryGetValue(folder, out var refused) && !refused.IsByName)
        {
            _refused.TryRemove(new KeyValuePair<string, RefusedContent>(folder, refused));
        }
    }

    private void Expose(ModelSlot slot, ModelVersion version, ModelExposure exposure)
    {
        // The one for everybody stays as such until there is another one.
        if (slot.Everyone != version)
        {
            _slots[version.Manifest.Name] = slot.Without(version).With(version.With(exposure));
            RetireUnused(slot, version.Manifest.Name);
            LogPublished(version.Manifest.Name, version.Manifest.Version, exposure.Kind);
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

            foreach (var folder in _waiting.Keys.Except(entries.Select(entry => entry.Folder), StringComparer.Ordinal))
            {
                _waiting.TryRemove(folder, out _);
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

    private sealed record WaitingContent(string Stamp, ModelProblem Problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "The model in {Folder} is refused: there is another model with the name {Name}, and neither has an exposure.json that says since when")]
    private partial void LogSecond(string folder, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The model in {Folder} is tried again later: {Reason}")]
    private partial void LogWaits(string folder, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The folder of models {Folder} cannot be looked at now: {Reason}")]
    private partial void LogNotFollowed(string folder, string reason);
}
