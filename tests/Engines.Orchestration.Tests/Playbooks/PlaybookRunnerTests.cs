using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Playbooks;

namespace Steward.Engines.Orchestration.Tests.Playbooks;

public sealed class PlaybookRunnerTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n";

    private const string Guess = """
        id: guess
        version: 1
        title: Guess
        description: Guess.
        examples: [go]
        match:
          - { all: [[go]], score: 1 }
        steps:
          - { id: look, title: Look, call: a.things.read }
          - { id: more, title: More, call: a.things.more, when: "${steps.look.result.value == 'more'}", speculative: true }
        answer: "${steps.look.result.value} ${default(steps.more.result.value, 'nothing')}"
        """;

    [Theory]
    [InlineData("more", true, "more extra", 2)]
    [InlineData("less", true, "less nothing", 2)]
    [InlineData("less", false, "less nothing", 1)]
    public async Task Run_Speculative_BeginsEarlyOnlyWhereThePlaybookSaysSo(string value, bool speculative, string answer, int calls)
    {
        var began = new TaskCompletionSource();
        var connectors = Things(value);
        connectors.OnCall = async (request, _) =>
        {
            if (request.OperationId == "a.things.more")
            {
                began.TrySetResult();
            }
            else if (speculative)
            {
                // The answer to whether it is needed comes only after it has begun.
                await began.Task.WaitAsync(TimeSpan.FromSeconds(10));
            }
        };
        var recorder = await Engines.Create(connectors, Engines.Definitions(Policy, speculative ? Guess : Guess.Replace(", speculative: true", "", StringComparison.Ordinal))).RunAsync(Engines.Input("go"));

        Assert.Equal((RunPhase.Completed, answer), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Equal(calls, connectors.Calls.Count);
        Assert.Equal(value == "less" && speculative, recorder.Types.Contains("step.dropped"));
    }

    [Fact]
    public async Task Run_SpeculativeStepThatIsNotNeededFails_FailsNothing()
    {
        var connectors = Things("less").AddOutcome("a.things.more", OperationEffect.Read, (_, _) => Task.FromResult<ActionOutcome>(new ActionFailed("rejected", "No.", false)));
        var recorder = await Engines.Create(connectors, Engines.Definitions(Policy, Guess)).RunAsync(Engines.Input("go"));

        Assert.Equal((RunPhase.Completed, "less nothing"), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
    }

    [Fact]
    public void CheckOperations_SpeculativeWrite_IsRefused()
    {
        var playbook = PlaybookCompiler.Compile(Guess.Replace("a.things.more", "a.things.write", StringComparison.Ordinal), "p.yaml");

        Assert.Contains(PlaybookCatalog.CheckOperations(playbook, Things("x").Operations), error => error.Message.Contains("'speculative' is only for steps that read", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, RunPhase.Completed)]
    [InlineData(false, RunPhase.Failed)]
    public async Task Run_ConnectorVanishedAfterSending_LooksUpWhatBecameOfIt(bool sent, RunPhase phase)
    {
        const string Playbook = """
            id: one
            version: 1
            title: One
            description: One.
            examples: [go]
            match:
              - { all: [[go]], score: 1 }
            steps:
              - { id: write, title: Write it, call: a.things.write }
            answer: "wrote ${steps.write.result.value}"
            """;
        var input = Engines.Input("go");
        var connectors = Things("x");
        var first = FakeRecorder.For(input);

        // The append after the one that says "sent" is lost; or already the one before it.
        first.OnRecord = facts =>
        {
            first.DieAtAppend = facts.Any(fact => sent ? fact is ActionConfirmed : fact is ActionSent) ? first.Appends + 1 : 0;
            return Task.CompletedTask;
        };
        var definitions = Engines.Definitions(Policy, Playbook);
        await Assert.ThrowsAsync<JournalDiedException>(() => Engines.Create(connectors, definitions).ExecuteAsync(input, first, default, default));

        var second = new FakeRecorder(before: first);
        await Engines.Create(new Gone(connectors), definitions).ExecuteAsync(input, second, default, default);

        Assert.Equal(phase, second.Snapshot.Phase);
        Assert.Equal(sent ? "wrote done" : "not_configured", sent ? second.Snapshot.Answer : second.Snapshot.ErrorCode);
        Assert.Equal(sent ? 1 : 0, connectors.Effects.Count);
    }

    private static FakeConnectors Things(string value) => new FakeConnectors()
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = value })
        .Add("a.things.more", OperationEffect.Read, _ => new JsonObject { ["value"] = "extra" })
        .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" });

    /// <summary>The same systems, without any operation that could be planned.</summary>
    private sealed class Gone(FakeConnectors systems) : IConnectorRegistry, ITenantConnectors
    {
        public IReadOnlyList<ConnectorOperation> Operations => [];

        public ITenantConnectors ForTenant(string tenantId) => this;

        public Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken) =>
            Task.FromResult<ActionOutcome>(new ActionFailed("not_configured", "Gone.", false));

        public Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken) =>
            systems.ReconcileAsync(request, sentAt, cancellationToken);
    }
}
