namespace Steward.Engines.Inference.Models;

/// <summary>The models of this process and their versions. <see cref="ModelDirectory"/> changes them.</summary>
public interface IModelCatalog
{
    /// <summary>All models and versions that can be asked.</summary>
    IReadOnlyList<ModelStatus> List();

    /// <summary>Subfolders of the followed folder that hold no model that can be used, as far as they were looked at.</summary>
    IReadOnlyList<RefusedFolder> Refused { get; }

    /// <summary>Loads, checks and runs a folder, and leaves everything as it is.</summary>
    /// <exception cref="ModelRefusedException">The folder would be refused, with the reason.</exception>
    Task<ModelManifest> CheckAsync(string folder, CancellationToken cancellationToken = default);
}

/// <summary>A folder that was refused.</summary>
/// <param name="Folder">Its name.</param>
/// <param name="Reason">Why.</param>
public sealed record RefusedFolder(string Folder, string Reason);

/// <summary>How one version of a model stands.</summary>
public sealed record ModelStatus
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>What it is for.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>Who gets it.</summary>
    public required ExposureKind Exposure { get; init; }

    /// <summary>Whether it is in memory; otherwise the next request loads it.</summary>
    public required bool IsLoaded { get; init; }

    /// <summary>Why it cannot be loaded, or null.</summary>
    public string? Problem { get; init; }

    /// <summary>What it runs on, <c>cpu</c> or <c>cuda</c>; null when it is not in memory.</summary>
    public string? Device { get; init; }
}
