using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Grains.Tests.Runs;

/// <summary>What a run's model calls count for.</summary>
public sealed class RunRequestTests
{
    [Theory]
    [InlineData(null, "ops")]
    [InlineData("hr", "hr")]
    [InlineData("board", "ops")]
    public void ToInput_Team_IsOneOfTheRequestersOwn(string? asked, string team) =>
        Assert.Equal(team, RunRequests.ToInput("r-1", Start(["helpdesk", "team-ops", "team-hr"], new RunRequestOptions { Team = asked })).Team);

    // What the identity provider calls a team may be no name that calls can be counted for.
    [Fact]
    public void ToInput_TeamsWithUnfitNames_ArePassedOver()
    {
        Assert.Equal("hr", RunRequests.ToInput("r-1", Start(["team-", "team-Board of Directors", "team-" + new string('x', 65), "team-hr"], null)).Team);
        Assert.Null(RunRequests.ToInput("r-1", Start(["team-Ops"], null)).Team);
    }

    [Fact]
    public void ToInput_NothingSaid_NoTeamAndNoTags()
    {
        var input = RunRequests.ToInput("r-1", Start(["helpdesk"], null));

        Assert.Equal((null, null, null, false), (input.Team, input.Feature, input.Tags, input.IsExternal));
        Assert.True(RunRequests.ToInput("r-1", Start([], new RunRequestOptions { IsExternal = true })).IsExternal);
    }

    [Fact]
    public void ToInput_FeatureAndTags_AreTheRuns()
    {
        var input = RunRequests.ToInput("r-1", Start([], new RunRequestOptions { Feature = "schedule", Tags = new Dictionary<string, string> { ["project"] = "atlas" } }));

        Assert.Equal(("schedule", "atlas"), (input.Feature, input.Tags!["project"]));
    }

    private static StartRun Start(IReadOnlyList<string> roles, RunRequestOptions? options) => new()
    {
        SessionKey = "t-acme/u-7/s-1",
        Text = "Hi",
        Requester = new CallerIdentity { TenantId = "t-acme", UserId = "u-7", Roles = roles },
        Context = new SessionContext { ShortTermMemory = [], WorkingMemory = new Dictionary<string, string>() },
        Options = options,
    };
}
