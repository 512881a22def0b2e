namespace Steward.Engines.Inference.Models;

/// <summary>One version in its place: where it lies, and, while it is in memory, itself.</summary>
internal sealed class ModelVersion(string folder, ModelManifest manifest, ModelExposure exposure)
{
    private LoadedModel? _loaded;
    private ModelProblem? _problem;

    public string Folder { get; } = folder;

    public ModelManifest Manifest { get; } = manifest;

    public ModelExposure Exposure { get; } = exposure;

    public LoadedModel? Loaded
    {
        get => Volatile.Read(ref _loaded);
        set
        {
            WasLoaded |= value is not null;
            Volatile.Write(ref _loaded, value);
        }
    }

    /// <summary>Whether it was in memory before: what is wrong with its files would be known.</summary>
    public bool WasLoaded { get; private set; }

    /// <summary>Why it could not be loaded.</summary>
    public ModelProblem? Problem
    {
        get => Volatile.Read(ref _problem);
        set => Volatile.Write(ref _problem, value);
    }

    /// <summary>What its files were when it was found in the followed folder; null for one that was put in place otherwise.</summary>
    public string? Stamp { get; init; }

    /// <summary>Since when its folder says who gets it.</summary>
    public DateTimeOffset? Since { get; set; }

    public ModelVersion With(ModelExposure other) => new(Folder, Manifest, other) { Loaded = Loaded, Problem = Problem, Stamp = Stamp, Since = Since };

    /// <summary>Whether it is not in memory, and its files were found to be wrong a short time ago.</summary>
    public bool IsRefused(TimeSpan now) => Loaded is null && Problem is { } problem && problem.Fault.IsOfContent() && now < problem.RetryAt;

    public ModelStatus Describe() => new()
    {
        Name = Manifest.Name,
        Version = Manifest.Version,
        Task = Manifest.Task,
        Exposure = Exposure.Kind,
        IsLoaded = Loaded is not null,
        Problem = Problem?.Reason,
        Device = Loaded?.Device,
    };
}

/// <summary>Why a version could not be loaded, until when that is not tried again, and how often in a row it was for a reason of the moment.</summary>
internal sealed record ModelProblem(ModelFault Fault, string Reason, TimeSpan RetryAt, int Times);

/// <summary>The versions of one model. Replaced as a whole, so that readers need no lock.</summary>
internal sealed record ModelSlot(ModelVersion? Everyone, ModelVersion? Canary, ModelVersion? Shadow)
{
    public IEnumerable<ModelVersion> Versions => new[] { Everyone, Canary, Shadow }.OfType<ModelVersion>();

    /// <summary>The version that answers a tenant. A canary whose files are known to be wrong takes none: its tenants get what everybody gets.</summary>
    public ModelVersion? For(string tenant, TimeSpan now) => Canary is { } canary && canary.Exposure.Takes(tenant, canary.Manifest) && (Everyone is null || !canary.IsRefused(now)) ? canary : Everyone;

    public ModelSlot Without(ModelVersion version) => new(
        Everyone == version ? null : Everyone,
        Canary == version ? null : Canary,
        Shadow == version ? null : Shadow);

    public ModelSlot With(ModelVersion version) => version.Exposure.Kind switch
    {
        ExposureKind.Canary => this with { Canary = version },
        ExposureKind.Shadow => this with { Shadow = version },
        _ => this with { Everyone = version },
    };
}
