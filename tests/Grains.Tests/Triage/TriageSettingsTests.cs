using Steward.Errors;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

[Collection(TriageClusterGroup.Name)]
public sealed class TriageSettingsTests
{
    private readonly TriageCluster _cluster;
    private readonly string _tenant = TriageCluster.NewTenant();

    public TriageSettingsTests(TriageCluster cluster)
    {
        _cluster = cluster;
        cluster.Models.Failure = null;
        cluster.SignInAsAdmin(_tenant);
    }

    private ITriageGrain Triage => _cluster.Triage(_tenant);

    public static TheoryData<string, TriageSettings> Wrong { get; } = new()
    {
        { "groups[0].name", new TriageSettings { Groups = [new TriageGroup { Name = "" }] } },
        { "groups[0].name", new TriageSettings { Groups = [new TriageGroup { Name = "out_of_scope" }] } },
        { "groups[1].name", new TriageSettings { Groups = [new TriageGroup { Name = "Mail" }, new TriageGroup { Name = "mail" }] } },
        { "groups[0].description", new TriageSettings { Groups = [new TriageGroup { Name = "Mail", Description = new string('x', 1_001) }] } },
        { "groups[1].baseLabels", new TriageSettings { Groups = [new TriageGroup { Name = "A", BaseLabels = ["Access"] }, new TriageGroup { Name = "B", BaseLabels = ["access"] }] } },
        { "groups", new TriageSettings { Groups = [.. Enumerable.Range(0, 501).Select(i => new TriageGroup { Name = $"g{i}" })] } },
        { "baseModel", new TriageSettings { BaseModel = "../models" } },
        { "baseModel", new TriageSettings { BaseModel = "nobody" } },
        { "baseModel", new TriageSettings { BaseModel = "embedder" } },
        { "wantedPrecision", new TriageSettings { WantedPrecision = 1 } },
        { "wantedPrecision", new TriageSettings { WantedPrecision = double.NaN } },
        { "autoRouteAt", new TriageSettings { AutoRouteAt = 0 } },
        { "autoRouteAt", new TriageSettings { AutoRouteAt = 0.5, ReviewAt = 0.6 } },
        { "reviewAt", new TriageSettings { ReviewAt = 1.1 } },
        { "trainingHour", new TriageSettings { TrainingHour = 24 } },
        { "timeZone", new TriageSettings { TimeZone = "Mars/Olympus" } },
        { "connectors[0].instance", new TriageSettings { Connectors = [new TriageConnector { Instance = "" }] } },
        { "connectors[1].instance", new TriageSettings { Connectors = [new TriageConnector { Instance = "jira" }, new TriageConnector { Instance = "jira" }] } },
        { "senders", new TriageSettings { Senders = [.. Enumerable.Range(0, 21).Select(i => Sender($"u-{i}", "desk"))] } },
        { "senders[0].userId", new TriageSettings { Senders = [Sender("ada", "desk")] } },
        { "senders[1].userId", new TriageSettings { Senders = [Sender("u-desk", "desk"), Sender("u-desk", "portal")] } },
        { "senders[0].source", new TriageSettings { Senders = [Sender("u-desk", "desk:")] } },
        { "senders[0].source", new TriageSettings { Senders = [Sender("u-desk", "jira")], Connectors = [new TriageConnector { Instance = "jira" }] } },
        { "senders[0].ticketsPerHour", new TriageSettings { Senders = [Sender("u-desk", "desk") with { TicketsPerHour = 0 }] } },
        { "senders[0].ticketsPerHour", new TriageSettings { Senders = [Sender("u-desk", "desk") with { TicketsPerHour = 10_001 }] } },
    };

    private static TriageSender Sender(string userId, string source) => new() { UserId = userId, Source = source };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task SetSettings_SomethingIsWrong_NamesTheField(string field, TriageSettings settings)
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.SetSettings(settings));

        Assert.Equal((ErrorCodes.InvalidArgument, field), (error.Code, error.Field));
        Assert.Equal(0, (await Triage.GetSettings()).Version);
    }

    [Fact]
    public async Task SetSettings_StandAfterALoss()
    {
        var settings = new TriageSettings
        {
            Groups = [new TriageGroup { Name = "Mail", Description = "Outlook", BaseLabels = ["Access"] }],
            WantedPrecision = 0.9,
            AutoRouteAt = 0.8,
            ReviewAt = 0.6,
            IsNightlyTrainingOn = false,
            TrainingHour = 3,
            TimeZone = "Europe/Berlin",
            Connectors = [new TriageConnector { Instance = "servicenow", WritesFrom = TriageBand.AutoRoute }],
            Senders = [new TriageSender { UserId = "u-desk", Source = "desk", TicketsPerHour = 200 }],
        };

        var set = await Triage.SetSettings(settings);
        await _cluster.LeaveAsync(_tenant);
        var read = await Triage.GetSettings();

        Assert.Equal(1, set.Version);
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(settings with { Version = 1 }), System.Text.Json.JsonSerializer.Serialize(read));
    }

    [Fact]
    public async Task SetSettings_ModelsAreAway_BaseModelStandsAndTicketsSayWhatIsWrong()
    {
        _cluster.Models.Failure = FakeModels.Down;
        var set = await Triage.SetSettings(new TriageSettings { BaseModel = "nobody" });
        _cluster.Models.Failure = null;

        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(new TriageTicket { ShortDescription = "Access" }));

        Assert.Equal("nobody", set.BaseModel);
        Assert.True(error is { Code: ErrorCodes.Unavailable, IsRetryable: false }, $"{error.Code} {error.IsRetryable}");
        Assert.Contains("'nobody' does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SetSettings_SomebodyElseDidMeanwhile_IsAConflict()
    {
        await Triage.SetSettings(new TriageSettings { TrainingHour = 4 });

        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.SetSettings(new TriageSettings { TrainingHour = 5 }));

        Assert.Equal((ErrorCodes.Conflict, "version"), (error.Code, error.Field));
        Assert.Equal(4, (await Triage.GetSettings()).TrainingHour);
    }

    [Fact]
    public async Task SetSettings_NotAnAdmin_IsRefused()
    {
        _cluster.SignIn(_tenant, "u-ada");

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Triage.SetSettings(new TriageSettings()))).Code);
    }
}
