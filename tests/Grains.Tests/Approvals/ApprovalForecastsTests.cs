using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Steward.Approvals;
using Steward.Engines.Approvals;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using Steward.Grains.Tests.Hosting;
using Steward.Storage;

namespace Steward.Grains.Tests.Approvals;

[Collection(ApprovalClusterGroup.Name)]
public sealed class ApprovalForecastsTests(ApprovalCluster cluster)
{
    private readonly string _tenant = "t-" + Guid.NewGuid().ToString("n")[..12];

    [Fact]
    public async Task Forecast_HistoryWithAPattern_IsLearntInTheBackgroundAndTold()
    {
        var store = cluster.Silo.GetRequiredService<IApprovalStore>();
        var random = new Random(5);
        for (var i = 0; i < 240; i++)
        {
            var slow = i % 3 == 0;
            await store.PutAsync(Row(i, slow ? "slow@acme.example" : "quick@acme.example", isLate: random.NextDouble() < (slow ? 0.9 : 0.1)));
        }

        using var forecasts = Forecasts();
        var now = cluster.Time.GetUtcNow();
        var open = State(999, "slow@acme.example", now, null);
        Assert.Null(await forecasts.ForecastAsync(open, now, CancellationToken.None));
        await Conversing.UntilAsync(async () => await forecasts.ForecastAsync(open, now, CancellationToken.None) is not null);

        var slowly = await forecasts.ForecastAsync(open, now, CancellationToken.None);
        var quickly = await forecasts.ForecastAsync(State(998, "quick@acme.example", now, null), now, CancellationToken.None);
        Assert.True(slowly!.BreachProbability > 0.7, $"{slowly.BreachProbability}");
        Assert.True(quickly!.BreachProbability < 0.3, $"{quickly.BreachProbability}");
        Assert.Equal("slow@acme.example", slowly.LikelyApprover);
        Assert.Contains(slowly.Reasons, reason => reason.StartsWith("More likely: slow@acme.example: ", StringComparison.Ordinal));
        var quality = (await forecasts.LearnAsync(_tenant, CancellationToken.None))!;
        Assert.True(quality.IsUseful);
        Assert.True(quality.Brier < quality.BaseBrier);
    }

    [Fact]
    public async Task Forecast_MoreTenantsThanAreRemembered_LearnsOfEachThatIsAskedAbout()
    {
        using var forecasts = new ApprovalForecasts(
            new PastApprovals(cluster.Silo.GetRequiredService<IApprovalStore>()), cluster.Silo.GetRequiredService<ApprovalRuleSets>(), cluster.Time, NullLogger<ApprovalForecasts>.Instance) { MaxTenants = 1 };
        var store = cluster.Silo.GetRequiredService<IApprovalStore>();
        for (var i = 0; i < 240; i++)
        {
            await store.PutAsync(Row(i, i % 3 == 0 ? "slow@acme.example" : "quick@acme.example", isLate: i % 3 == 0));
        }

        var now = cluster.Time.GetUtcNow();
        var open = State(999, "slow@acme.example", now, null);
        foreach (var other in new[] { "t-first", "t-second", "t-third" })
        {
            await forecasts.ForecastAsync(open with { Request = open.Request with { TenantId = other } }, now, CancellationToken.None);
        }

        await Conversing.UntilAsync(async () => await forecasts.ForecastAsync(open, now, CancellationToken.None) is not null);
    }

    [Fact]
    public async Task Forecast_NoHistory_SaysNothing()
    {
        using var forecasts = Forecasts();

        Assert.Null(await forecasts.LearnAsync(_tenant, CancellationToken.None));
        Assert.Null(await forecasts.ForecastAsync(State(1, "slow@acme.example", cluster.Time.GetUtcNow(), null), cluster.Time.GetUtcNow(), CancellationToken.None));
    }

    private ApprovalForecasts Forecasts() => new(
        new PastApprovals(cluster.Silo.GetRequiredService<IApprovalStore>()), cluster.Silo.GetRequiredService<ApprovalRuleSets>(), cluster.Time, NullLogger<ApprovalForecasts>.Instance);

    private ApprovalState State(int i, string asked, DateTimeOffset opened, DateTimeOffset? decided) => new()
    {
        Version = 4,
        ChangedAt = decided ?? opened,
        ExpiresAt = opened.AddDays(7),
        Status = decided is null ? ApprovalStatus.Pending : ApprovalStatus.Approved,
        End = decided is { } at ? new EndState { At = at } : null,
        Request = new ApprovalRequest
        {
            TenantId = _tenant,
            ApprovalId = $"a-{i}",
            Type = "okta",
            Action = "okta.apps.assign",
            Arguments = JsonDocument.Parse("{}").RootElement,
            SubjectHash = "0",
            Summary = "Assign.",
            Requester = new Requester { UserId = "u-ada" },
            RequestedAt = opened,
        },
        Levels =
        [
            new LevelState
            {
                Number = 1,
                Name = "Manager",
                Required = 1,
                OpenedAt = opened,
                EndsAt = opened.AddHours(8),
                Status = decided is null ? LevelStatus.Open : LevelStatus.Approved,
                Seats = [new Seat { Person = new PersonRef { Email = asked, Name = asked }, Via = ["named"] }],
                Votes = decided is { } when ? [new VoteState { Seat = 0, Decision = VoteDecision.Approve, At = when, Email = asked }] : [],
            },
        ],
    };

    private ApprovalRow Row(int i, string asked, bool isLate)
    {
        var opened = cluster.Time.GetUtcNow().AddHours(-5 * (i + 10));
        var state = State(i, asked, opened, opened.AddHours(isLate ? 9 : 2));
        return new ApprovalRow
        {
            TenantId = _tenant,
            ApprovalId = state.Request.ApprovalId,
            Version = 4,
            Status = "approved",
            IsOver = true,
            Type = "okta",
            Action = "okta.apps.assign",
            Requester = "u-ada",
            RequestedAt = opened,
            EndedAt = state.End!.At,
            ChangedAt = state.ChangedAt,
            Document = Encoding.UTF8.GetString(ApprovalEvents.SerializeState(state)),
        };
    }
}
