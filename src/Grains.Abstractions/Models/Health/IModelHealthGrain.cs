using Steward.Identity;

namespace Steward.Models.Health;

/// <summary>
/// How the cluster's silos find the models of the configuration. Key: <see cref="GrainKeys.ModelHealth"/>, one for the cluster. In memory only: after a loss it is known again with the next reports. Each silo decides by itself; this is what it goes by
/// besides its own calls. The platform only.
/// </summary>
[Alias("steward.model-health")]
public interface IModelHealthGrain : IGrainWithStringKey
{
    /// <summary>Takes a silo's word, in place of its last one, and gives what the other silos say.</summary>
    [Alias("report")]
    Task<ModelHealthView> Report(ModelHealthReport report, CancellationToken cancellationToken = default);
}

/// <summary>What a silo has found by its own calls.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-health-report")]
public sealed record ModelHealthReport
{
    /// <summary>The silo, by an id of its process.</summary>
    [Id(0)]
    public required string Silo { get; init; }

    /// <summary>The models that it has asked, at most 1,000.</summary>
    [Id(1)]
    public IReadOnlyList<ModelHealth> Models { get; init; } = [];
}

/// <summary>A model as one silo finds it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-health-line")]
public sealed record ModelHealth
{
    /// <summary>The model, as <c>provider/model</c>.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>How long the silo leaves it alone from now on, since its own calls failed; null when it does not.</summary>
    [Id(1)]
    public TimeSpan? OpenFor { get; init; }
}

/// <summary>What the other silos say.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-health-view")]
public sealed record ModelHealthView
{
    /// <summary>The models that another silo leaves alone.</summary>
    [Id(0)]
    public IReadOnlyList<ModelElsewhere> Models { get; init; } = [];
}

/// <summary>A model as the other silos find it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-elsewhere")]
public sealed record ModelElsewhere
{
    /// <summary>The model, as <c>provider/model</c>.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Other silos that have asked it.</summary>
    [Id(1)]
    public int Silos { get; init; }

    /// <summary>Those of them that leave it alone.</summary>
    [Id(2)]
    public int Open { get; init; }

    /// <summary>How long the one does that tries it again first.</summary>
    [Id(3)]
    public TimeSpan OpenFor { get; init; }
}
