using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

public sealed class TriageOptionsTests
{
    [Theory]
    [InlineData("HeadMemoryBytes", "-1")]
    [InlineData("SimilarTickets", "-1")]
    [InlineData("SimilarTickets", "100001")]
    [InlineData("SnapshotAfter", "0")]
    [InlineData("ConcurrentTickets", "0")]
    [InlineData("ModelTimeout", "00:00:00")]
    [InlineData("ModelTimeout", "01:00:01")]
    [InlineData("ModelPause", "-00:00:01")]
    [InlineData("SweepVectorsEvery", "00:00:00")]
    [InlineData("SweepVectorsEvery", "31.00:00:00")]
    public void Validate_WhatCannotWork_NamesTheSetting(string setting, string value)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(setting, value));

        Assert.Contains("Steward:Triage:", Assert.Single(error.Failures), StringComparison.Ordinal);
        Assert.Contains(setting, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SimilarTickets", "0")]
    [InlineData("ModelPause", "00:00:00")]
    [InlineData("SimilarModel", "")]
    public void Validate_WhatSwitchesOff_IsTaken(string setting, string value) => Assert.NotNull(Bind(setting, value));

    private static TriageOptions Bind(string setting, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new KeyValuePair<string, string?>($"{TriageOptions.Section}:{setting}", value)]).Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddStewardTriage().BuildServiceProvider();
        return services.GetRequiredService<IOptions<TriageOptions>>().Value;
    }
}
