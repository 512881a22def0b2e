using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Orchestration;
using Steward.Engines.Orchestration.Admission;
using Steward.Grains.Tests.Hosting;
using Steward.Runs;
using Steward.Tenants;

namespace Steward.Grains.Tests.Runs;

[Collection(GrainClusterGroup.Name)]
public class RunTurnsTests(GrainCluster cluster)
{
    private static readonly RunInput Input = new() { RunId = "r-1", TenantId = "t-acme", Text = "go", Requester = new Requester { UserId = "u-ada" } };

    public static TheoryData<bool, RunFact[], RunPriority> Runs => new()
    {
        { false, [], RunPriority.Interactive },
        { true, [], RunPriority.Background },
        { false, [new DeadlineReached { Open = [], Until = DateTimeOffset.UnixEpoch }], RunPriority.Background },
        { false, [new RunEnded { Phase = RunPhase.Failed, IsTechnical = true }, new RunReplayed { By = "u-admin", Attempt = 2 }], RunPriority.Background },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Enter_Run_HasThePriorityOfWhetherSomebodyWaitsForIt(bool background, RunFact[] facts, RunPriority expected)
    {
        var snapshot = new RunSnapshot();
        foreach (var fact in facts)
        {
            snapshot.Apply(fact, DateTimeOffset.UnixEpoch);
        }

        var admission = new Noting();
        var turns = new RunTurns(admission, cluster.Silo.GetRequiredService<RunEngine>(), cluster.Silo.GetRequiredService<TenantShares>(), TimeProvider.System);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await turns.EnterAsync(Input with { Background = background }, snapshot, default, default));

        Assert.Equal(expected, admission.Asked!.Value.Priority);
    }

    private sealed class Noting : IRunAdmission
    {
        public AdmissionRequest? Asked { get; private set; }

        public bool TryEnter(in AdmissionRequest request, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RunSlot? slot)
        {
            (Asked, slot) = (request, null);
            return false;
        }

        public ValueTask<RunSlot> EnterAsync(AdmissionRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public int? PositionOf(string tenantId, string runId) => null;

        public TimeSpan? RetryAfter(string tenantId, RunPriority priority) => null;
    }
}
