using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using Steward.Engines.Inference.Linear;
using Steward.Engines.Inference.Tokenization;

namespace Steward.Engines.Inference.Models;

/// <summary>A model's folder, read and checked as far as that goes without running it.</summary>
internal sealed partial class ModelFolder
{
    private const string Description = "model.json";
    private const string HuggingFaceDescription = "config.json";
    private const long MaxTextBytes = 64 << 20;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) } };

    private ModelFolder()
    {
    }

    public required ModelManifest Manifest { get; init; }

    public required byte[] Model { get; init; }

    public required Vocabulary Vocabulary { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required ModelCalibration Calibration { get; init; }

    public required LinearClassifier? Linear { get; init; }

    public int? OutOfScopeLabel => Calibration.OutOfScope is { } rule ? Labels.ToList().IndexOf(rule.Label) : null;

    /// <summary>The description alone, to know a model without loading it.</summary>
    /// <exception cref="ModelRefusedException">There is none, or it is wrong.</exception>
    public static ModelManifest ReadManifest(string folder) => Refusing(() => ReadManifestOrThrow(folder));

    /// <summary>Reads all of a folder.</summary>
    /// <exception cref="ModelRefusedException">Something is missing or does not fit.</exception>
    public static ModelFolder Read(string folder, long maxModelBytes) => Refusing(() => ReadOrThrow(folder, maxModelBytes));

    /// <summary>The length of <c>model.onnx</c> in bytes; only the description is read.</summary>
    /// <exception cref="ModelRefusedException">It is missing or too large, or the description is wrong.</exception>
    public static long MeasureModel(string folder, long maxModelBytes) => Refusing(() =>
    {
        _ = ReadManifestOrThrow(folder);
        var file = ModelFile(folder, File.Exists(Path.Combine(folder, Description)));
        using var handle = Open(folder, file);
        return Measure(handle, file, maxModelBytes);
    });

    // Whatever lies in a folder, it refuses that folder and nothing else.
    private static T Refusing<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new ModelRefusedException(ModelFault.Corrupt, $"the folder cannot be read: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is wrong may be the disk: nothing is known about the files.
            throw new ModelRefusedException(ModelFault.NotNow, $"the folder cannot be read at present: {e.Message}");
        }
    }

    private static ModelManifest ReadManifestOrThrow(string folder)
    {
        if (File.Exists(Path.Combine(folder, Description)))
        {
            var manifest = Parse<ModelManifest>(Description, ReadText(folder, Description));
            Check(manifest);
            return manifest;
        }

        return File.Exists(Path.Combine(folder, HuggingFaceDescription))
            ? HuggingFaceFolder.Read(folder).Manifest
            : throw new ModelRefusedException(ModelFault.Missing, $"{Description} is missing (and so is Hugging Face's {HuggingFaceDescription})");
    }

    // The second is where the hub of Hugging Face keeps it.
    private static string ModelFile(string folder, bool isOwn) =>
        !isOwn && !File.Exists(Path.Combine(folder, "model.onnx")) && File.Exists(Path.Combine(folder, "onnx", "model.onnx")) ? Path.Combine("onnx", "model.onnx") : "model.onnx";

    private static ModelFolder ReadOrThrow(string folder, long maxModelBytes)
    {
        var manifest = ReadManifest(folder);
        var isOwn = File.Exists(Path.Combine(folder, Description));
        var model = ReadFile(folder, ModelFile(folder, isOwn), maxModelBytes);
        CheckHash(manifest, "model.onnx", model);
        var vocabulary = ReadVocabulary(folder, manifest, isOwn);
        manifest = isOwn ? manifest : HuggingFaceFolder.WithPadding(manifest, vocabulary.Count);
        IReadOnlyList<string> labels = [];
        if (manifest.Task == ModelTask.Classification)
        {
            labels = isOwn ? Parse<string[]>("labels.json", ReadChecked(folder, "labels.json", manifest)) : HuggingFaceFolder.Read(folder).Labels;
        }

        if (labels.Any(string.IsNullOrWhiteSpace) || labels.Distinct(StringComparer.Ordinal).Count() < labels.Count)
        {
            throw new ModelRefusedException(ModelFault.WrongLabels, "labels.json: each label must be a text of its own");
        }

        var linear = manifest.Task == ModelTask.Classification && ReadOptional(folder, "linear.bin", manifest) is { } bytes ? ReadLinear(bytes, labels.Count) : null;
        return new ModelFolder
        {
            Manifest = manifest,
            Model = model,
            Vocabulary = vocabulary,
            Labels = labels,
            Calibration = ReadCalibration(folder, manifest, labels, linear),
            Linear = linear,
        };
    }

    internal static byte[] ReadText(string folder, string file) => ReadFile(folder, file, MaxTextBytes);

    internal static T Parse<T>(string file, byte[] json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Format) ?? throw new ModelRefusedException(ModelFault.Corrupt, $"{file} holds null");
        }
        catch (JsonException e)
        {
            throw new ModelRefusedException(ModelFault.Corrupt, $"{file} is not what it should be: {e.Message}");
        }
    }

    internal static void Check(ModelManifest manifest)
    {
        if (manifest.Name is null || manifest.Version is null || !Name().IsMatch(manifest.Name) || !Version().IsMatch(manifest.Version))
        {
            throw new ModelRefusedException(ModelFault.Unsupported, "model.json: name and version must be 1 to 64 letters, digits, dots, dashes and underscores, and the name begin with none of dot and dash");
        }

        if (manifest.Sha256 is null || manifest.Sha256.Values.Any(hash => hash is null))
        {
            throw new ModelRefusedException(ModelFault.Corrupt, "model.json: sha256 must name a hash for each file, or be absent");
        }

        if (manifest.MaxTokens is < 8 or > ModelManifest.MostTokens)
        {
            throw new ModelRefusedException(ModelFault.Unsupported, $"model.json: maxTokens must be 8 to 8192, not {manifest.MaxTokens}");
        }
    }

    private static Vocabulary ReadVocabulary(string folder, ModelManifest manifest, bool isOwn)
    {
        try
        {
            if (!isOwn && HuggingFaceFolder.HasOnlyWholeTokenizer(folder))
            {
                return new Vocabulary(HuggingFaceFolder.Entries(folder));
            }

            return Vocabulary.Read(new MemoryStream(ReadChecked(folder, "vocab.txt", manifest)));
        }
        catch (InvalidDataException e)
        {
            throw new ModelRefusedException(ModelFault.WrongVocabulary, $"vocab.txt: {e.Message}");
        }
    }

    private static ModelCalibration ReadCalibration(string folder, ModelManifest manifest, IReadOnlyList<string> labels, LinearClassifier? linear)
    {
        var calibration = ReadOptional(folder, "calibration.json", manifest) is { } json ? Parse<ModelCalibration>("calibration.json", json) : new ModelCalibration();
        foreach (var (field, value, least) in new[]
        {
            ("temperature", calibration.Temperature, 1e-6),
            ("encoderWeight", calibration.EncoderWeight, 0),
            ("linearWeight", calibration.LinearWeight, 0),
            ("fusionWeight", calibration.FusionWeight ?? 0, 0),
            ("linearAloneWeight", calibration.LinearAloneWeight, 0),
            ("outOfScope.softness", calibration.OutOfScope?.Softness ?? 1, 1e-6),
        })
        {
            if (!(value >= least && value <= 1e6))
            {
                throw new ModelRefusedException(ModelFault.Corrupt, $"calibration.json: {field} must be {(least > 0 ? "more than 0" : "0 or more")} and at most 1000000");
            }
        }

        foreach (var (field, line) in new[] { ("confidence", calibration.Confidence), ("outOfScope.confidence", calibration.OutOfScope?.Confidence) })
        {
            if (line is { IsSound: false })
            {
                throw new ModelRefusedException(
                    ModelFault.Corrupt, $"calibration.json: {field}.from must rise from 0 to 1, and {field}.to must have as many numbers of 0 to 1, none less than the one before");
            }
        }

        if ((calibration.LinearWeight > 0 || calibration.LinearAloneWeight > 0) && linear is null)
        {
            throw new ModelRefusedException(ModelFault.Missing, "linear.bin is missing, to which calibration.json gives a weight");
        }

        return calibration.OutOfScope is { } rule && !labels.Contains(rule.Label)
            ? throw new ModelRefusedException(ModelFault.WrongLabels, $"calibration.json: outOfScope.label is {rule.Label}, which is none of labels.json")
            : calibration;
    }

    private static LinearClassifier ReadLinear(byte[] file, int labels)
    {
        try
        {
            var linear = new LinearClassifier(file);
            return linear.Classes == labels
                ? linear
                : throw new ModelRefusedException(ModelFault.WrongLabels, $"labels.json has {labels} labels; linear.bin tells {linear.Classes} apart");
        }
        catch (InvalidDataException e)
        {
            throw new ModelRefusedException(ModelFault.Corrupt, $"linear.bin: {e.Message}");
        }
    }

    // What model.json has a hash of must be there.
    private static byte[]? ReadOptional(string folder, string file, ModelManifest manifest) =>
        manifest.Sha256.ContainsKey(file) || File.Exists(Path.Combine(folder, file)) ? ReadChecked(folder, file, manifest) : null;

    private static byte[] ReadChecked(string folder, string file, ModelManifest manifest)
    {
        var content = ReadText(folder, file);
        CheckHash(manifest, file, content);
        return content;
    }

    private static byte[] ReadFile(string folder, string file, long maxBytes)
    {
        using var handle = Open(folder, file);
        var content = new byte[Measure(handle, file, maxBytes)];
        for (var at = 0; at < content.Length;)
        {
            var read = RandomAccess.Read(handle, content.AsSpan(at), at);
            at += read > 0 ? read : throw new ModelRefusedException(ModelFault.NotNow, $"{file} became shorter while it was read");
        }

        return content;
    }

    // Of the file itself, where the name is that of a link.
    private static long Measure(SafeFileHandle handle, string file, long maxBytes)
    {
        var length = RandomAccess.GetLength(handle);
        return length <= maxBytes ? length : throw new ModelRefusedException(ModelFault.TooLarge, $"{file} has {length} bytes; {maxBytes} are allowed");
    }

    private static SafeFileHandle Open(string folder, string file)
    {
        try
        {
            return File.OpenHandle(Path.Combine(folder, file));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelRefusedException(ModelFault.Missing, $"{file} is missing");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelRefusedException(ModelFault.NotNow, $"{file} cannot be read at present: {e.Message}");
        }
    }

    private static void CheckHash(ModelManifest manifest, string file, byte[] content)
    {
        if (manifest.Sha256.TryGetValue(file, out var expected) && !Convert.ToHexStringLower(SHA256.HashData(content)).Equals(expected, StringComparison.OrdinalIgnoreCase))
        {
            throw new ModelRefusedException(ModelFault.Corrupt, $"{file} has the SHA-256 {Convert.ToHexStringLower(SHA256.HashData(content))}; model.json says {expected}");
        }
    }

    // One that begins with a dot would lie in a folder that is left alone, one with a dash would be an option.
    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
