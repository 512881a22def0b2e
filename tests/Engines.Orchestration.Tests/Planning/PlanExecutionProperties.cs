using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Steward.Engines.Orchestration.Tests.Planning;

/// <summary>Random plans on systems that fail, in a process that dies at random appends.</summary>
public sealed class PlanExecutionProperties
{
    private const int Limit = 3;
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(120);

    [Fact]
    public void Run_AcceptedPlan_KeepsOrderAndLimitAndDoesEachStepOnce()
    {
        Prop.ForAll(Samples(), sample =>
        {
            var systems = new Systems(sample.Seed, faulty: false);
            var harness = Harness(systems, sample);
            var recorder = harness.RunAsync().GetAwaiter().GetResult();

            Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
            Assert.Equal(systems.Calls, systems.Calls.Distinct());
            Assert.InRange(systems.MostAtOnce, 1, Limit);
            CheckOrder(recorder, Plan(sample));
            Assert.All(recorder.Snapshot.Steps, step => Assert.NotEqual(StepStatus.Running, step.Status));
        }).Check(Many);
    }

    [Fact]
    public void Run_CrashBetweenAnyTwoAppends_RepeatsNothingThatIsRecordedAndEndsTheSame()
    {
        Prop.ForAll(Samples(), sample =>
        {
            var calm = Harness(new Systems(sample.Seed, faulty: false), sample).RunAsync().GetAwaiter().GetResult();
            var expected = Results(calm);

            var systems = new Systems(sample.Seed, faulty: true);
            var harness = Harness(systems, sample);
            var random = new Random(sample.Seed);
            var recorder = FakeRecorder.For(harness.Input);
            foreach (var death in sample.Deaths)
            {
                recorder = new FakeRecorder(before: recorder) { DieAtAppend = death + 1, DieAfterwards = random.Next(2) == 0 };
                var over = recorder.Snapshot.Steps.Where(step => step.HasEnded).Select(step => step.StepId["p1_".Length..]).ToHashSet();
                var (asked, known) = (harness.Questions.Count, recorder.Snapshot.ModelCalls.Count);
                systems.Calls.Clear();
                try
                {
                    harness.RunAsync(recorder).GetAwaiter().GetResult();
                }
                catch (JournalDiedException)
                {
                }

                Assert.Empty(systems.Calls.Intersect(over));
                Assert.True(harness.Questions.Count - asked <= 2 - known, "a model call that is recorded was repeated");
                if (recorder.Snapshot.HasEnded)
                {
                    break;
                }
            }

            if (!recorder.Snapshot.HasEnded)
            {
                recorder = new FakeRecorder(before: recorder);
                harness.RunAsync(recorder).GetAwaiter().GetResult();
            }

            Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
            Assert.Equal(expected, Results(recorder));
            Assert.All(systems.Connectors.Effects.Values, count => Assert.Equal(1, count));
            Assert.Equal(recorder.Snapshot.Actions.Count(action => action.Status == ActionStatus.Confirmed), systems.Connectors.Effects.Count);
            Assert.Equal(2, recorder.Snapshot.ModelCalls.Count);
            CheckOrder(recorder, Plan(sample));
        }).Check(Many);
    }

    // What counts of a run: steps that were not needed count alike whether they had begun early or not.
    private static string Results(FakeRecorder recorder) => string.Join('\n', recorder.Snapshot.Steps.OrderBy(step => step.StepId, StringComparer.Ordinal)
        .Select(step => $"{step.StepId} {(step.Status is StepStatus.Skipped or StepStatus.Dropped ? "no" : step.Result?.GetRawText())}")) + recorder.Snapshot.Answer;

    private static void CheckOrder(FakeRecorder recorder, JsonObject plan)
    {
        var facts = recorder.Facts.ToList();
        var needs = PlanSamples.Steps(plan).ToDictionary(step => (string)step["id"]!, step => step["needs"]!.AsArray().Select(need => (string)need!).ToList());
        var writes = PlanSamples.Steps(plan).Where(step => (string)step["tool"]! == PlanSamples.Write).Select(step => (string)step["id"]!).ToHashSet();
        foreach (var (id, before) in needs)
        {
            var start = facts.FindIndex(fact => fact is StepStarted started && started.StepId == $"p1_{id}");
            if (start < 0)
            {
                continue;
            }

            // A guess may overtake steps that only read and whose results it does not use; all others wait for all that they need.
            var isGuess = ((StepStarted)facts[start]).Speculative;
            var arguments = PlanSamples.Steps(plan).First(step => (string)step["id"]! == id)["arguments"]!.ToJsonString();
            var awaited = isGuess ? Ancestors(id).Where(writes.Contains).Concat(before.Where(need => arguments.Contains($"steps.{need}.", StringComparison.Ordinal))) : before;
            Assert.False(isGuess && writes.Contains(id), "a write was a guess");
            Assert.All(awaited, need => Assert.InRange(facts.FindIndex(fact => EndOf(fact) == $"p1_{need}"), 0, start));
        }

        HashSet<string> Ancestors(string id) => [.. needs[id].SelectMany(need => Ancestors(need).Append(need))];
    }

    private static string? EndOf(RunFact fact) => fact switch
    {
        StepCompleted completed => completed.StepId,
        StepFailed failed => failed.StepId,
        StepDropped dropped => dropped.StepId,
        _ => null,
    };

    private static JsonObject Plan((int Seed, int Count, List<int> Deaths) sample) => PlanSamples.Random(sample.Seed, sample.Count);

    private static PlanHarness Harness(Systems systems, (int Seed, int Count, List<int> Deaths) sample) => new()
    {
        Connectors = systems.Connectors,
        Plans = [Plan(sample).ToJsonString()],
        Input = Engines.Input("go", runId: $"r-{sample.Seed}"),
        MaxParallelSteps = Limit,
    };

    private static Arbitrary<(int Seed, int Count, List<int> Deaths)> Samples() =>
        (from seed in Gen.Choose(0, int.MaxValue - 1)
         from count in Gen.Choose(1, 9)
         from deaths in Gen.Choose(0, 14).ListOf()
         select (seed, count, deaths.Take(8).ToList())).ToArbitrary();

    private sealed class Systems
    {
        private readonly Lock _gate = new();
        private readonly Random _random;
        private readonly Dictionary<string, int> _faults = [];
        private int _atOnce;

        public Systems(int seed, bool faulty)
        {
            _random = new Random(seed + 1);
            Connectors = PlanSamples.Connectors();
            Connectors.OnCall = async (request, _) =>
            {
                int wait;
                lock (_gate)
                {
                    Calls.Add(request.Arguments.GetProperty("step").GetString()!);
                    MostAtOnce = Math.Max(MostAtOnce, ++_atOnce);
                    wait = _random.Next(4);
                }

                for (var i = 0; i < wait; i++)
                {
                    await Task.Yield();
                }

                lock (_gate)
                {
                    _atOnce--;
                }
            };
            if (faulty)
            {
                Connectors.OnFault = request =>
                {
                    lock (_gate)
                    {
                        var count = _faults.GetValueOrDefault(request.ActionId);
                        if (count >= 2 || _random.Next(3) > 0)
                        {
                            return FakeConnectors.Fault.None;
                        }

                        _faults[request.ActionId] = count + 1;
                        return (FakeConnectors.Fault)_random.Next(1, request.OperationId == PlanSamples.Write ? 5 : 2);
                    }
                };
            }
        }

        public FakeConnectors Connectors { get; }

        public List<string> Calls { get; } = [];

        public int MostAtOnce { get; private set; }
    }
}
