using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Tests;

/// <summary>An engine over a folder of its own with copies of the tiny models.</summary>
internal sealed class EngineUnderTest : IDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly ServiceProvider _services;
    private readonly bool _isOwner;

    public EngineUnderTest(Action<InferenceOptions>? configure = null, params string[] models)
        : this(TimeProvider.System, configure, models)
    {
    }

    public EngineUnderTest(TimeProvider time, Action<InferenceOptions>? configure = null, params string[] models)
        : this(time, Directory.CreateTempSubdirectory("steward-inference-"), true, configure, models.Length > 0 ? models : ["tiny-topics", "tiny-embedder", "tiny-reranker", "tiny-slow"])
    {
    }

    private EngineUnderTest(TimeProvider time, DirectoryInfo folder, bool isOwner, Action<InferenceOptions>? configure, IReadOnlyList<string> models)
    {
        (_folder, _isOwner) = (folder, isOwner);
        foreach (var model in models)
        {
            Copy(model, model);
        }

        _services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(time)
            .AddStewardInference(options =>
            {
                options.ModelDirectory = _folder.FullName;
                options.Provider = InferenceProvider.Cpu;
                options.Threads = 2;
                configure?.Invoke(options);
            })
            .BuildServiceProvider();
        Engine = _services.GetRequiredService<IInferenceEngine>();
    }

    public IInferenceEngine Engine { get; }

    /// <summary>The folder of all models.</summary>
    public string Root => _folder.FullName;

    /// <summary>The same, as operators change it.</summary>
    public ModelDirectory Folder => new(_folder.FullName, TimeProvider.System);

    /// <summary>Another engine over the same folder, as after a restart. To be disposed of before this one.</summary>
    public EngineUnderTest Again(Action<InferenceOptions>? configure = null, TimeProvider? time = null) => new(time ?? TimeProvider.System, _folder, false, configure, []);

    /// <summary>Starts what runs beside the engine in a host.</summary>
    public async Task StartAsync()
    {
        foreach (var service in _services.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
        }
    }

    public Task FollowAsync() => ((InferenceEngine)Engine).FollowModelsAsync(CancellationToken.None);

    public static string Tiny(string model) => Path.Combine(AppContext.BaseDirectory, "tiny", model);

    public string FolderOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Copies a tiny model into a folder of another name, under another name and version if wanted.</summary>
    public string Copy(string model, string folder, string? version = null, string? name = null)
    {
        var target = Directory.CreateDirectory(FolderOf(folder)).FullName;
        CopyTiny(model, target, version, name);
        return target;
    }

    public static void CopyTiny(string model, string target, string? version = null, string? name = null)
    {
        foreach (var file in Directory.EnumerateFiles(Tiny(model)))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }

        var manifest = Path.Combine(target, "model.json");
        var text = File.ReadAllText(manifest);
        text = version is null ? text : text.Replace("\"version\": \"1\"", $"\"version\": \"{version}\"", StringComparison.Ordinal);
        text = name is null ? text : text.Replace($"\"name\": \"{model}\"", $"\"name\": \"{name}\"", StringComparison.Ordinal);
        File.WriteAllText(manifest, text);
    }

    /// <summary>Replaces a file, and leaves out the hashes that would tell.</summary>
    public static void ReplaceFile(string folder, string file, string content)
    {
        File.WriteAllText(Path.Combine(folder, file), content);
        WithoutHashes(folder);
    }

    /// <summary>Gives a model a comment of so many MiB, which changes nothing else, and leaves out the hashes that would tell.</summary>
    public static void Enlarge(string folder, int megabytes)
    {
        using (var model = new FileStream(Path.Combine(folder, "model.onnx"), FileMode.Append))
        {
            // The field doc_string (6, of bytes) and its length.
            model.WriteByte((6 << 3) | 2);
            var left = (uint)megabytes << 20;
            for (; left > 127; left >>= 7)
            {
                model.WriteByte((byte)(left | 128));
            }

            model.WriteByte((byte)left);
            var comment = new byte[megabytes << 20];
            Array.Fill(comment, (byte)'x');
            model.Write(comment);
        }

        WithoutHashes(folder);
    }

    private static void WithoutHashes(string folder)
    {
        var manifest = Path.Combine(folder, "model.json");
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(manifest))!.AsObject();
        json.Remove("sha256");
        File.WriteAllText(manifest, json.ToJsonString());
    }

    public Task<InferenceAnswer<Classification>> ClassifyAsync(string text, string model = "tiny-topics", string tenant = "", CancellationToken cancellationToken = default) =>
        Engine.ClassifyAsync(new ClassifyRequest { Model = model, Text = text, Tenant = tenant }, cancellationToken);

    public Task<ModelStatus> PublishAsync(string folder, ModelExposure? exposure = null) => ((ModelCatalog)Engine.Models).PublishAsync(folder, exposure ?? ModelExposure.Everyone);

    public void Dispose()
    {
        _services.Dispose();
        if (_isOwner)
        {
            _folder.Delete(recursive: true);
        }
    }
}
