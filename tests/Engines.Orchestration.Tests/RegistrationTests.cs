using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
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
    [InlineData("https://steward.example/", "https://steward.example/v1/runs", true)]
    [InlineData("https://steward.example", "http://steward.example", true)]
    [InlineData("https://steward.example", "https://steward.example:8443", false)]
    [InlineData("https://steward.example:8443/", "https://steward.example:8443", true)]
    [InlineData("https://steward.example:8443/steward", "https://steward.example:8443/Steward/v1", true)]
    [InlineData("https://steward.example:8443/steward", "https://steward.example:8443", false)]
    [InlineData("https://apps.example/steward", "https://apps.example/jira", false)]
    [InlineData("https://apps.example/steward", "https://apps.example/stewardess", false)]
    [InlineData("https://apps.example/steward", "https://apps.example/steward?x=1", true)]
    [InlineData("https://apps.example/steward/", "http://apps.example/steward/v1", true)]
    [InlineData("https://apps.example/steward", "https://apps.example/jira/%2e%2e//%73teward/v1", true)]
    [InlineData("https://apps.example/steward", "https://apps.example/jira%2f..%2fsteward/v1", true)]
    [InlineData("https://[fd00::7]", "https://[fd00::7]/v1", true)]
    [InlineData("https://[fd00::7]/steward", "http://[fd00:0::7]/steward", true)]
    [InlineData("https://[fd00::7]:8443/steward", "https://[fd00::7]:8443/steward/v1", true)]
    [InlineData("https://[fd00::7]", "https://[fd00::8]", false)]
    [InlineData("https://steward.example", "http://gateway.internal:8080", true)]
    [InlineData("https://steward.example", "https://jira.example", false)]
    public void Options_PublicAddress_IsAnAddressOfOurs(string configured, string address, bool expected)
    {
        using var provider = Services(new Dictionary<string, string?> { ["Steward:Webhooks:PublicAddress"] = configured, ["Steward:Orchestration:OwnAddresses:0"] = "gateway.internal:8080" }).BuildServiceProvider();
        var own = provider.GetRequiredService<IOptions<OrchestrationOptions>>().Value.OwnAddresses;

        Assert.Equal(expected, Steward.Engines.Orchestration.Limits.CallbackGuard.IsOwn(own, new Uri(address)));
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("https://steward.example", 0)]
    public async Task OwnAddressWarning_NoAddressKnown_Warns(string? address, int expected)
    {
        using var log = new CountingLogs();
        await using var provider = Services(new Dictionary<string, string?> { ["Steward:Webhooks:PublicAddress"] = address }).AddStewardOwnAddressWarning()
            .AddLogging(logging => logging.AddProvider(log)).BuildServiceProvider();
        foreach (var service in provider.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<Steward.Engines.Orchestration.Limits.OwnAddressWarning>())
        {
            await service.StartAsync(default);
        }

        Assert.Equal(expected, log.Warnings.Count(line => line.Contains("Steward:Webhooks:PublicAddress", StringComparison.Ordinal)));
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

    private sealed class CountingLogs : ILoggerProvider, ILogger
    {
        public List<string> Warnings { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
            {
                Warnings.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
