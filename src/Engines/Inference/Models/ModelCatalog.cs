using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Inference.Batching;
using Steward.Engines.Inference.Sessions;

namespace Steward.Engines.Inference.Models;

/// <summary>Knows the models' folders, loads them when they are asked, swaps versions and frees what is idle when memory is short.</summary>
internal sealed partial class ModelCatalog(IOptions<InferenceOptions> options, DeviceWorkers workers, InferenceRuntime runtime, ILogger logger, SessionLoader? loader = null) : IModelCatalog, IDisposable
{
    // Reading and hashing a broken folder for each request would cost more than a model that works.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    // Memory that others hold may be free again soon, and to see whether it is costs nothing.
    private static readonly TimeSpan RestForRoom = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, ModelSlot> _slots = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _loading = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _changing = new(1, 1);

    public IReadOnlyList<RefusedFolder> Refused =>
        [.. _refused.OrderBy(folder => folder.Key, StringComparer.Ordinal).Select(folder => new RefusedFolder(Path.GetFileName(folder.Key), folder.Value.Reason))];

    public IReadOnlyList<ModelStatus> List() =>
        [.. _slots.OrderBy(slot => slot.Key, StringComparer.Ordinal).SelectMany(slot => slot.Value.Versions).Select(version => version.Describe())];

    /// <summary>
    /// Loads, checks and warms up a folder and then puts it in place, in one step: no request fails over it. What it replaces is freed when the last request with it has ended. Where the folder of models is followed, that has the last word.
    /// </summary>
    /// <exception cref="ModelRefusedException">The folder is refused, with the reason; everything stays as it was.</exception>
    internal async Task<ModelStatus> PublishAsync(string folder, ModelExposure exposure, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(exposure);
        if (exposure.Share is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(exposure), "Share must be 0 to 1.");
        }

        await _changing.WaitAsync(cancellationToken);
        try
        {
            var loaded = await Task.Run(() => Load(folder), cancellationToken);
            Forget(folder);
            return Place(new ModelVersion(folder, loaded.Manifest, exposure) { Loaded = loaded }).Describe();
        }
        finally
        {
            _changing.Release();
        }
    }

    public async Task<ModelManifest> CheckAsync(string folder, CancellationToken cancellationToken = default)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var loaded = await Task.Run(() => Load(folder), cancellationToken);
            loaded.Retire();
            Forget(folder);
            return loaded.Manifest;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>
    /// The version that answers a tenant, in use until it is released, and the shadow that sees the request too, if it is in memory. Null where there is no such model.
    /// </summary>
    /// <exception cref="ModelRefusedException">It cannot be loaded.</exception>
    public async ValueTask<LoadedModel?> UseAsync(string name, string tenant, CancellationToken cancellationToken)
    {
        while (_slots.GetValueOrDefault(name)?.For(tenant, workers.Now) is { } version)
        {
            // A version on its way out has a successor in its place already, or was evicted and is loaded again.
            if (version.Loaded is { } loaded && loaded.TryUse())
            {
                AskCard(name, version, loaded);
                return loaded;
            }

            if (FindRest(version) is { } known)
            {
                throw known;
            }

            try
            {
                await LoadAgainAsync(name, version, cancellationToken);
            }
            catch (ModelRefusedException) when (_slots.GetValueOrDefault(name)?.For(tenant, workers.Now) is { } other && other != version)
            {
                // A broken canary: its tenants get what everybody gets.
            }
        }

        return null;
    }

    /// <summary>
    /// The classifier that answers a tenant, in use until it is released, if it is in memory; one that is not is loaded meanwhile. Null also while a shadow is compared with it: that has to see every text.
    /// </summary>
    public LoadedModel? UseIfLoaded(string name, string tenant)
    {
        if (runtime.Problem is not null || _slots.GetValueOrDefault(name) is not { Shadow: null } slot || slot.For(tenant, workers.Now) is not { } version || version.Manifest.Task != ModelTask.Classification)
        {
            return null;
        }

        if (version.Loaded is { } loaded && loaded.TryUse())
        {
            AskCard(name, version, loaded);
            return loaded;
        }

        if (FindRest(version) is null && _loading.TryAdd(name, 0))
        {
            _ = LoadMeanwhileAsync(name, version);
        }

        return null;
    }

    /// <summary>The shadow of a model, in use until it is released, if there is one in memory.</summary>
    public (LoadedModel? Model, double Share) UseShadow(string name)
    {
        if (_slots.GetValueOrDefault(name)?.Shadow is not { Loaded: { } loaded } shadow || !loaded.TryUse())
        {
            return (null, 0);
        }

        AskCard(name, shadow, loaded);
        return (loaded, shadow.Exposure.Share);
    }

    public void Dispose()
    {
        foreach (var slot in _slots.Values)
        {
            foreach (var version in slot.Versions)
            {
                version.Loaded?.Retire();
            }
        }

        _changing.Dispose();
    }

    // Within the lock of changes.
    private ModelVersion Place(ModelVersion version)
    {
        var (name, before) = (version.Manifest.Name, _slots.GetValueOrDefault(version.Manifest.Name));
        _slots[name] = (before ?? new ModelSlot(null, null, null)).With(version);
        RetireUnused(before, name);
        LogPublished(name, version.Manifest.Version, version.Exposure.Kind);
        return version;
    }

    private bool Change(string name, Func<ModelSlot, ModelSlot?> change)
    {
        _changing.Wait(CancellationToken.None);
        try
        {
            if (_slots.GetValueOrDefault(name) is not { } slot || change(slot) is not { } changed)
            {
                return false;
            }

            _slots[name] = changed;
            RetireUnused(slot, name);
            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task LoadAgainAsync(string name, ModelVersion version, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            // Another request may have been quicker, or the version been replaced.
            if (version.Loaded is not null || _slots.GetValueOrDefault(name)?.Versions.Contains(version) != true)
            {
                return;
            }

            // Or it was refused just now, before this request had its turn.
            if (FindRest(version) is { } known)
            {
                throw known;
            }

            version.Loaded = await Task.Run(() => LoadOrRemember(version), cancellationToken);
            version.Problem = null;
            Forget(version.Folder);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task LoadMeanwhileAsync(string name, ModelVersion version)
    {
        try
        {
            await LoadAgainAsync(name, version, CancellationToken.None);
        }
        catch (Exception e) when (e is ModelRefusedException or ObjectDisposedException)
        {
            // Logged and remembered where it was found; or the process ends.
        }
        finally
        {
            _loading.TryRemove(name, out _);
        }
    }

    private LoadedModel LoadOrRemember(ModelVersion version)
    {
        var stamp = version.Stamp is null ? null : TryStamp(version.Folder);
        try
        {
            var loaded = Load(version.Folder);
            if (loaded.Manifest.Name == version.Manifest.Name && loaded.Manifest.Version == version.Manifest.Version)
            {
                return loaded;
            }

            // Nothing is wrong with what lies there.
            loaded.Retire();
            stamp = null;
            throw new ModelRefusedException(ModelFault.Missing, $"the folder holds {loaded.Manifest.Name} {loaded.Manifest.Version} now, and {version.Manifest.Name} {version.Manifest.Version} no more");
        }
        catch (ModelRefusedException e)
        {
            var before = version.Problem;
            version.Problem = Remember(before, e);
            if (!e.Fault.IsOfContent())
            {
                if (before?.Fault != e.Fault)
                {
                    LogWaits(version.Folder, e.Message);
                }

                throw;
            }

            LogRefused(version.Folder, e.Message);
            if (stamp is not null)
            {
                // An earlier version may lie beside it.
                _refused[version.Folder] = new RefusedContent(stamp, e.Message);
            }

            throw;
        }
    }

    // What is of the moment is tried again soon, and then ever later.
    private ModelProblem Remember(ModelProblem? before, ModelRefusedException refused)
    {
        var times = refused.Fault == before?.Fault ? before.Times + 1 : 1;
        return new ModelProblem(refused.Fault, refused.Message, refused.Fault switch
        {
            // The library is looked for once in a process.
            ModelFault.NotAvailable => TimeSpan.MaxValue,
            ModelFault.NoRoom => workers.Now + RestForRoom,
            ModelFault.NotNow => workers.Now + TimeSpan.FromSeconds(Math.Min(Rest.TotalSeconds, Math.Pow(2, times - 1))),
            _ => workers.Now + Rest,
        }, times);
    }

    // A new exception each time: several requests throw it at once.
    private ModelRefusedException? FindRest(ModelVersion version) =>
        version.Problem is { } problem && workers.Now < problem.RetryAt ? new ModelRefusedException(problem.Fault, problem.Reason) : null;

    private LoadedModel Load(string folder, bool mayEvict = true)
    {
        if (runtime.Problem is { } problem)
        {
            throw new ModelRefusedException(ModelFault.NotAvailable, $"inference is not available: {problem}");
        }

        // Its length decides before it is read.
        FindRoom(LoadedModel.EstimateBytes(ModelFolder.MeasureModel(folder, options.Value.MaxModelBytes)), mayEvict);
        var content = ModelFolder.Read(folder, options.Value.MaxModelBytes);
        MakeRoom(LoadedModel.EstimateBytes(content), mayEvict);
        var loaded = runtime.UsesCuda ? LoadOnCard(content) : LoadOnProcessor(content);
        LogLoaded(loaded.Manifest.Name, loaded.Manifest.Version, loaded.Bytes >> 20);
        return loaded;
    }

    private void RetireUnused(ModelSlot? before, string name)
    {
        var kept = _slots[name].Versions.Select(version => version.Loaded).ToHashSet();
        foreach (var version in before?.Versions ?? [])
        {
            if (version.Loaded is { } loaded && !kept.Contains(loaded))
            {
                loaded.Retire();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The model {Model} {Version} is loaded, about {MiB} MiB")]
    private partial void LogLoaded(string model, string version, long miB);

    [LoggerMessage(Level = LogLevel.Information, Message = "The model {Model} {Version} is in place: {Exposure}")]
    private partial void LogPublished(string model, string version, ExposureKind exposure);

    [LoggerMessage(Level = LogLevel.Error, Message = "The model in {Folder} is refused: {Reason}")]
    private partial void LogRefused(string folder, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "There is no folder of models at {Folder} (Steward:Inference:ModelDirectory)")]
    private partial void LogNoFolder(string folder);
}
