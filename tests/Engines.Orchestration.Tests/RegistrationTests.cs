using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors;
using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Tests;

public sealed class RegistrationTests
{
    [Fact]
    public void AddStewardOrchestration_WithConnectorsAndModels_GivesAnEngineForTheConfiguredFolder()
    {
        using var provider = Services(new Dictionary<string, string?> { ["Steward:Orchestration:PlaybookDirectory"] = Engines.SampleDirectory, ["Steward:Models:Model"] = "some-model" })
            .AddStewardModels().AddStewardConnectors().BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

        Assert.NotNull(provider.GetRequiredService<RunEngine>());
        Assert.Equal(7, provider.GetRequiredService<OrchestrationDefinitions>().Playbooks.Playbooks.Count);
        Assert.Equal("some-model", provider.GetRequiredService<IOptions<ModelsOptions>>().Value.Model);
    }

    [Fact]
    public void Options_FaultyPlaybook_StopTheStartAndNameFileAndLine()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "bad.yaml"), "id: bad\nsurprise: 1\n");
            using var provider = Services(new Dictionary<string, string?> { ["Steward:Orchestration:PlaybookDirectory"] = directory.FullName }).BuildServiceProvider();

            var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
            Assert.Contains("bad.yaml:2: surprise: is not a known field", exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("Strategy", "clever", "auto, playbook or react")]
    [InlineData("PlaybookDirectory", "/does/not/exist", "does not exist")]
    [InlineData("MaxAttempts", "0", "1 to 10")]
    [InlineData("MatchThreshold", "2", "at most 1")]
    public void Options_OutOfBounds_SayWhatIsAllowed(string name, string value, string mentions)
    {
        using var provider = Services(new Dictionary<string, string?> { ["Steward:Orchestration:" + name] = value }).BuildServiceProvider();

        var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<OrchestrationOptions>>().Value);
        Assert.Contains(mentions, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MaxConcurrentRuns", "0", "set 1 to 100,000")]
    [InlineData("MaxConcurrentRunsPerTenant", "1000", "set 1 to MaxConcurrentRuns, which is 512")]
    [InlineData("BackgroundShare", "1.5", "more than 0 and at most 1")]
    [InlineData("MaxWaitingRunsPerTenant", "0", "set 1 to 1,000,000")]
    [InlineData("DispatchDelayTarget", "00:01:00", "which is off")]
    public void AdmissionOptions_OutOfBounds_SayWhatIsAllowed(string name, string value, string mentions)
    {
        using var provider = Services(new Dictionary<string, string?> { ["Steward:Admission:" + name] = value }).BuildServiceProvider();

        var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<Steward.Engines.Orchestration.Admission.AdmissionOptions>>().Value);
        Assert.Contains(mentions, exception.Message, StringComparison.Ordinal);
    }

    private static IServiceCollection Services(Dictionary<string, string?> settings) =>
        new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).AddStewardOrchestration();
}
