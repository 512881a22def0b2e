using System.Text.Json;
using Steward.Engines.Orchestration;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Models.Experiments;
using Steward.Models.Feedback;

namespace Steward.Grains.Tests.Models;

/// <summary>What experiments learn of runs that leave to people what they could not do, without anybody's word.</summary>
[Collection(GrainClusterGroup.Name)]
public sealed class RunEscalationTests(GrainCluster cluster)
{
    private readonly string _tenant = "t-escalated" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task Run_EndsOnTheDeadLetterList_CountsAsEscalatedInItsVariant()
    {
        await StartAsync();
        cluster.Model.Variants[_tenant] = ["answers=next"];
        await RunAsync($$"""do desk_note {"text":"{{Guid.NewGuid():n}}"} ; broken never-{{_tenant}}""");
        var comparison = await EscalationAsync();

        Assert.Equal(("next", 1.0, 0.0), (comparison.Variant, comparison.Value, comparison.Control));
    }

    [Fact]
    public async Task Run_EndsWell_CountsNothing()
    {
        await StartAsync();
        cluster.Model.Variants[_tenant] = ["answers=next"];
        await RunAsync($$"""do desk_note {"text":"{{Guid.NewGuid():n}}"} ; say done""");

        Assert.Equal(0, (await EscalationAsync()).Value);
    }

    [Theory]
    [InlineData(DecisionKind.UnknownOutcome, true)]
    [InlineData(DecisionKind.Approval, false)]
    [InlineData(DecisionKind.PlanReview, false)]
    public void Waits_OnlyWhatTheRunItselfDoesNotKnow_IsAnEscalation(DecisionKind kind, bool isEscalation)
    {
        var snapshot = new RunSnapshot();
        snapshot.Apply(new DecisionRequested { RequestId = "q-1", Kind = kind, Summary = "What became of it?", SubjectHash = "x", Options = ["done"], Deciders = ["requester"], Subject = JsonElement.Parse("{}") }, DateTimeOffset.UnixEpoch);

        Assert.Equal(isEscalation, RunEscalations.Waits(snapshot));
        snapshot.Apply(new DecisionMade { RequestId = "q-1", Decision = "done" }, DateTimeOffset.UnixEpoch);
        Assert.False(RunEscalations.Waits(snapshot));
    }

    private IExperimentGrain Experiment => cluster.Grains.GetGrain<IExperimentGrain>(GrainKeys.Experiment(_tenant, "answers"));

    private Task<ExperimentInfo> StartAsync()
    {
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        return Experiment.Start(new ExperimentSpec
        {
            Variants = [new ExperimentVariant { Name = "now" }, new ExperimentVariant { Name = "next", MaxOutputTokens = 100 }],
            Metrics = [new ExperimentMetric { Name = ExperimentMetrics.Success, IsPrimary = true }, new ExperimentMetric { Name = ExperimentMetrics.Escalation }],
        });
    }

    // Not asynchronous itself: an identity does not flow out of what is.
    private Task RunAsync(string script)
    {
        cluster.SignIn(_tenant, "u-ada");
        return RunSignedInAsync(script);
    }

    private async Task RunSignedInAsync(string script)
    {
        var session = await cluster.OpenAsync(Conversing.NewSession(_tenant));
        var submitted = await session.SayAsync(script);
        await Conversing.UntilAsync(async () => await cluster.Journals.GetHeadAsync(GrainKeys.Run(_tenant, submitted.RunId!)) is { Open: false, Sequence: > 3 });
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count > 0);
    }

    private async Task<ExperimentComparison> EscalationAsync()
    {
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        return Assert.Single((await Experiment.GetInfo())!.Comparisons, comparison => comparison.Metric == ExperimentMetrics.Escalation);
    }
}
