using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Inference;
using Steward.Silo;
using Steward.Storage;
using Steward.Telemetry;

namespace Steward.EndToEnd.Tests;

/// <summary>What a silo says that runs apart from its gateway.</summary>
public sealed class SiloEndpointsTests
{
    [Fact]
    public async Task Healthz_SiloOfItsOwn_SaysWhatModelsRunOnAndWhetherOneWasRefused()
    {
        using var models = new TemporaryDirectory();
        Directory.CreateDirectory(Path.Combine(models.Path, "empty"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddStewardTelemetry();
        builder.Services.AddStewardInference(options => options.ModelDirectory = models.Path);
        builder.Services.AddSingleton<IStorageHealth, NoStorage>();
        await using var silo = builder.Build();
        silo.MapStewardSilo();
        await silo.StartAsync();
        using var client = new HttpClient();

        var health = await client.GetStringAsync(new Uri(new Uri(silo.Urls.Single()), "healthz"));

        Assert.StartsWith("ok\ninference: ", health, StringComparison.Ordinal);
        Assert.Contains(silo.Services.GetRequiredService<IInferenceEngine>().Status.Summary, health, StringComparison.Ordinal);
        Assert.Contains("; 1 folder of models refused", health, StringComparison.Ordinal);
        Assert.DoesNotContain(models.Path, health, StringComparison.Ordinal);
    }

    private sealed class NoStorage : IStorageHealth
    {
        public ValueTask<StorageHealthReport> CheckAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
