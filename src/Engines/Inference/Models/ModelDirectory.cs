using System.Globalization;
using System.Text.Json;

namespace Steward.Engines.Inference.Models;

/// <summary>
/// A folder of models as operators change it: each subfolder is one version, and its <c>exposure.json</c> says who gets it. Running processes that have this folder follow it. Subfolders whose names begin with a dot are left alone.
/// Not for use by several at once.
/// </summary>
/// <param name="root">The folder; need not exist.</param>
/// <param name="time">The clock of <c>since</c>.</param>
public sealed class ModelDirectory(string root, TimeProvider time)
{
    /// <summary>Says who gets a version; without this file everybody does, unless another version was put in place since.</summary>
    public const string ExposureFileName = "exposure.json";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>All subfolders, in the order of their names, with what is wrong with those that hold no model.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public IReadOnlyList<ModelDirectoryEntry> List() => !Directory.Exists(root)
        ? []
        : [.. Directory.EnumerateDirectories(root).Where(folder => !Path.GetFileName(folder).StartsWith('.')).Order(StringComparer.Ordinal).Select(Read)];

    /// <summary>Copies a version in. It is there as a whole or not at all; whoever follows the folder checks it again before it answers.</summary>
    /// <param name="source">A model's folder.</param>
    /// <param name="exposure">Who gets it.</param>
    /// <exception cref="ModelRefusedException">The folder says nothing of a model.</exception>
    /// <exception cref="InvalidOperationException">This version is there already, or a canary or shadow has nothing beside it.</exception>
    /// <exception cref="IOException">Something cannot be read or written.</exception>
    public ModelDirectoryEntry Add(string source, ModelExposure exposure)
    {
        ArgumentNullException.ThrowIfNull(exposure);
        var manifest = ModelFolder.ReadManifest(source);
        var known = List();
        if (known.Any(entry => entry.Manifest?.Name == manifest.Name && entry.Manifest.Version == manifest.Version))
        {
            throw new InvalidOperationException($"{manifest.Name} {manifest.Version} is there already. A changed model needs another version, in model.json or, of an export from Hugging Face, as \"version\" in config.json.");
        }

        if (exposure.Kind != ExposureKind.Everyone && !known.Any(entry => entry.Manifest?.Name == manifest.Name && entry.Exposure?.Kind == ExposureKind.Everyone))
        {
            throw new InvalidOperationException($"There is no version of {manifest.Name} that a {exposure.Kind.ToString().ToLowerInvariant()} could stand beside.");
        }

        var target = Path.Combine(root, $"{manifest.Name}-{manifest.Version}");
        if (Directory.Exists(target))
        {
            throw new InvalidOperationException($"There is a folder {Path.GetFileName(target)} already.");
        }

        var incoming = Path.Combine(root, $".incoming-{Guid.NewGuid():n}");
        try
        {
            Copy(new DirectoryInfo(source), Directory.CreateDirectory(incoming));
            if (!File.Exists(Path.Combine(source, "model.json")))
            {
                // It would be called as its folder.
                HuggingFaceFolder.WriteName(incoming, manifest.Name);
            }

            Write(incoming, exposure, Next(known));
            Directory.Move(incoming, target);
        }
        catch
        {
            if (Directory.Exists(incoming))
            {
                Directory.Delete(incoming, recursive: true);
            }

            throw;
        }

        return Read(target);
    }

    /// <summary>Makes a version the one for everybody: a canary, a shadow, or an earlier one to go back to.</summary>
    /// <returns>False when there is none.</returns>
    public bool Promote(string name, string version)
    {
        var known = List();
        if (Find(known, name, version) is not { } entry)
        {
            return false;
        }

        Write(entry.Folder, ModelExposure.Everyone, Next(known));
        return true;
    }

    /// <summary>Takes a version away from all who get it; its folder stays.</summary>
    /// <returns>False when there is none, or no other one for everybody.</returns>
    public bool Withdraw(string name, string version)
    {
        var known = List();
        if (Find(known, name, version) is not { } entry || !known.Any(other => other != entry && other.Manifest?.Name == name && other.Exposure?.Kind == ExposureKind.Everyone))
        {
            return false;
        }

        Write(entry.Folder, null, Next(known));
        return true;
    }

    private static ModelDirectoryEntry? Find(IReadOnlyList<ModelDirectoryEntry> known, string name, string version) =>
        known.FirstOrDefault(entry => entry.Manifest?.Name == name && entry.Manifest.Version == version);

    // Later than all that stands there, whatever other machines' clocks said.
    private DateTimeOffset Next(IReadOnlyList<ModelDirectoryEntry> known)
    {
        var (now, newest) = (time.GetUtcNow(), known.Max(entry => entry.Since) ?? DateTimeOffset.MinValue);
        return now > newest ? now : newest.AddMilliseconds(1);
    }

    private static ModelDirectoryEntry Read(string folder)
    {
        var stamp = "";
        try
        {
            stamp = StampOf(folder);
            var manifest = ModelFolder.ReadManifest(folder);
            var (exposure, since) = ReadExposure(folder);
            return new ModelDirectoryEntry { Folder = folder, Manifest = manifest, Exposure = exposure, Since = since, Stamp = stamp };
        }
        catch (ModelRefusedException e)
        {
            return new ModelDirectoryEntry { Folder = folder, Problem = e.Message, Stamp = stamp };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ModelDirectoryEntry { Folder = folder, Problem = $"the folder cannot be read: {e.Message}", Stamp = stamp };
        }
    }

    // Changes with the files that make up the model, not with who gets it. Of a link the file that it leads to counts.
    internal static string StampOf(string folder) => string.Join('\n', new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
        .Where(file => file.Name != ExposureFileName && !file.Name.StartsWith('.'))
        .OrderBy(file => file.FullName, StringComparer.Ordinal)
        .Select(file => (Name: Path.GetRelativePath(folder, file.FullName), Target: file.LinkTarget is null ? file : (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!))
        .Select(file => file.Target.Exists ? string.Create(CultureInfo.InvariantCulture, $"{file.Name} {file.Target.Length} {file.Target.LastWriteTimeUtc.Ticks}") : file.Name));

    private static (ModelExposure? Exposure, DateTimeOffset? Since) ReadExposure(string folder)
    {
        if (!File.Exists(Path.Combine(folder, ExposureFileName)))
        {
            return (ModelExposure.Everyone, null);
        }

        var file = ModelFolder.Parse<ExposureFile>(ExposureFileName, ModelFolder.ReadText(folder, ExposureFileName));
        if (file.Share is not (>= 0 and <= 1) || file.Tenants is null || file.Tenants.Any(tenant => tenant is null))
        {
            throw new ModelRefusedException(ModelFault.Corrupt, $"{ExposureFileName}: share must be 0 to 1, and tenants a list of names");
        }

        return file.Kind switch
        {
            "everyone" => (ModelExposure.Everyone, file.Since),
            "canary" => (ModelExposure.Canary(file.Share, file.Tenants), file.Since),
            "shadow" => (ModelExposure.Shadow(file.Share), file.Since),
            "none" => (null, file.Since),
            _ => throw new ModelRefusedException(ModelFault.Unsupported, $"{ExposureFileName}: kind must be everyone, canary, shadow or none"),
        };
    }

    private static void Write(string folder, ModelExposure? exposure, DateTimeOffset since)
    {
        var file = new ExposureFile { Kind = exposure?.Kind.ToString().ToLowerInvariant() ?? "none", Share = exposure?.Share ?? 0, Tenants = [.. (exposure?.Tenants ?? new HashSet<string>()).Order(StringComparer.Ordinal)], Since = since };
        var (path, next) = (Path.Combine(folder, ExposureFileName), Path.Combine(folder, $".{ExposureFileName}-{Guid.NewGuid():n}"));
        File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(file, Format));
        File.Move(next, path, overwrite: true);
    }

    private static void Copy(DirectoryInfo source, DirectoryInfo target)
    {
        foreach (var file in source.EnumerateFiles().Where(file => file.Name != ExposureFileName && !file.Name.StartsWith('.')))
        {
            file.CopyTo(Path.Combine(target.FullName, file.Name));
        }

        foreach (var folder in source.EnumerateDirectories().Where(folder => folder.LinkTarget is null && !folder.Name.StartsWith('.')))
        {
            Copy(folder, target.CreateSubdirectory(folder.Name));
        }
    }

    private sealed record ExposureFile
    {
        public required string Kind { get; init; }

        public double Share { get; init; }

        public string[] Tenants { get; init; } = [];

        public DateTimeOffset? Since { get; init; }
    }
}

/// <summary>One subfolder of a folder of models.</summary>
public sealed record ModelDirectoryEntry
{
    /// <summary>Where it lies.</summary>
    public required string Folder { get; init; }

    /// <summary>What it says of itself; null when something is wrong.</summary>
    public ModelManifest? Manifest { get; init; }

    /// <summary>Who gets it, unless a newer version of the same kind is there; null for nobody.</summary>
    public ModelExposure? Exposure { get; init; }

    /// <summary>Since when; null where nothing was ever said, which is before everything else.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Why it is no model; null when nothing is wrong so far.</summary>
    public string? Problem { get; init; }

    /// <summary>Changes when its files do.</summary>
    internal string Stamp { get; init; } = "";
}

/// <summary>Which versions of one model are to be in place.</summary>
internal sealed record WantedModel(string Name, ModelDirectoryEntry? Everyone, ModelDirectoryEntry? Canary, ModelDirectoryEntry? Shadow)
{
    /// <summary>Of each kind the newest that can be used; where nothing says which that is, the first by the folder's name.</summary>
    public static IReadOnlyList<WantedModel> Of(IEnumerable<ModelDirectoryEntry> entries, Func<ModelDirectoryEntry, bool> isUsable) =>
    [
        .. entries.Where(entry => entry.Manifest is not null && entry.Exposure is not null && isUsable(entry))
            .GroupBy(entry => entry.Manifest!.Name, StringComparer.Ordinal)
            .Select(model => new WantedModel(model.Key, Newest(model, ExposureKind.Everyone), Newest(model, ExposureKind.Canary), Newest(model, ExposureKind.Shadow))),
    ];

    /// <summary>Those that are wanted, with the one for everybody first.</summary>
    public IEnumerable<ModelDirectoryEntry> Entries => new[] { Everyone, Canary, Shadow }.OfType<ModelDirectoryEntry>();

    private static ModelDirectoryEntry? Newest(IEnumerable<ModelDirectoryEntry> entries, ExposureKind kind) =>
        entries.Where(entry => entry.Exposure!.Kind == kind).OrderByDescending(entry => entry.Since ?? DateTimeOffset.MinValue).ThenBy(entry => entry.Folder, StringComparer.Ordinal).FirstOrDefault();
}
