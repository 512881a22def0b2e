using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Tests;

/// <summary>An engine over a folder of its own with copies of the tiny models.</summary>
internal sealed class EngineUnderTest : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("steward-inference-");
    private readonly ServiceProvider _services;

    public EngineUnderTest(Action<InferenceOptions>? configure = null, params string[] models)
        : this(TimeProvider.System, configure, models)
    {
    }

    public EngineUnderTest(TimeProvider time, Action<InferenceOptions>? configure = null, params string[] models)
    {
        foreach (var model in models.Length > 0 ? models : ["tiny-topics", "tiny-embedder", "tiny-reranker", "tiny-slow"])
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

    public static string Tiny(string model) => Path.Combine(AppContext.BaseDirectory, "tiny", model);

    public string FolderOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Copies a tiny model into a folder of another name, under another name and version if wanted.</summary>
    public string Copy(string model, string folder, string? version = null, string? name = null)
    {
        var target = Directory.CreateDirectory(FolderOf(folder));
        foreach (var file in Directory.EnumerateFiles(Tiny(model)))
        {
            File.Copy(file, Path.Combine(target.FullName, Path.GetFileName(file)), overwrite: true);
        }

        var manifest = Path.Combine(target.FullName, "model.json");
        var text = File.ReadAllText(manifest);
        text = version is null ? text : text.Replace("\"version\": \"1\"", $"\"version\": \"{version}\"", StringComparison.Ordinal);
        text = name is null ? text : text.Replace($"\"name\": \"{model}\"", $"\"name\": \"{name}\"", StringComparison.Ordinal);
        File.WriteAllText(manifest, text);
        return target.FullName;
    }

    public Task<InferenceAnswer<Classification>> ClassifyAsync(string text, string model = "tiny-topics", string tenant = "", CancellationToken cancellationToken = default) =>
        Engine.ClassifyAsync(new ClassifyRequest { Model = model, Text = text, Tenant = tenant }, cancellationToken);

    public Task<ModelStatus> PublishAsync(string folder, ModelExposure? exposure = null) => Engine.Models.PublishAsync(folder, exposure ?? ModelExposure.Everyone);

    public void Dispose()
    {
        _services.Dispose();
        _folder.Delete(recursive: true);
    }
}
