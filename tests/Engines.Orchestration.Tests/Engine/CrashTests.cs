using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Tests.Engine;

/// <summary>Random playbooks, random faults of the systems, and a process that dies at random appends: every effect happens exactly once.</summary>
public sealed class CrashTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(150);

    [Fact]
    public void Execute_RandomDagsAndCrashes_EveryEffectOnceAndTheSameAnswer()
    {
        var plans = from seed in Gen.Choose(0, int.MaxValue - 1)
                    from steps in Gen.Choose(1, 9)
                    from deaths in Gen.Choose(0, 12).ListOf()
                    select (seed, steps, deaths: deaths.Take(8).ToList());
        Prop.ForAll(plans.ToArbitrary(), plan => CheckAsync(plan.seed, plan.steps, plan.deaths).GetAwaiter().GetResult()).Check(Runs);
    }

    [Fact]
    public void Execute_CancelledAnywhere_EveryEffectAtMostOnceAndTheAnswerNamesWhatWasDone()
    {
        var plans = from seed in Gen.Choose(0, int.MaxValue - 1)
                    from steps in Gen.Choose(1, 9)
                    from cancelAt in Gen.Choose(1, 12)
                    from death in Gen.Choose(1, 20)
                    select (seed, steps, cancelAt, death);
        Prop.ForAll(plans.ToArbitrary(), plan => CancelAsync(plan.seed, plan.steps, plan.cancelAt, plan.death).GetAwaiter().GetResult()).Check(Runs);
    }

    private static async Task<bool> CancelAsync(int seed, int steps, int cancelAt, int death)
    {
        var plan = Plan.Create(seed, steps);
        var input = Engines.Input("go now", runId: $"r-{seed}");
        var systems = new Systems(plan, seed, faulty: true);
        using var cancel = new CancellationTokenSource();
        var recorder = FakeRecorder.For(input);
        recorder.DieAtAppend = death;
        recorder.OnRecord = _ =>
        {
            if (recorder.Appends + 1 == cancelAt)
            {
                cancel.Cancel();
            }

            return Task.CompletedTask;
        };
        try
        {
            await Engines.Create(systems.Connectors, plan.Definitions).ExecuteAsync(input, recorder, cancel.Token, default);
        }
        catch (JournalDiedException)
        {
            recorder = new FakeRecorder(before: recorder);
            await recorder.RecordAsync([new CancelRequested()], default);
            await Engines.Create(systems.Connectors, plan.Definitions).ExecuteAsync(input, recorder, default, default);
        }

        if (recorder.Snapshot.Phase == RunPhase.Waiting)
        {
            // Nobody could tell what became of an action before the cancellation came. Nothing dies any more.
            recorder = new FakeRecorder(before: recorder);
            await recorder.RecordAsync([new CancelRequested()], default);
            await Engines.Create(systems.Connectors, plan.Definitions).ExecuteAsync(input, recorder, default, default);
        }

        var snapshot = recorder.Snapshot;
        var effects = systems.Connectors.Effects;
        Assert.True(snapshot.HasEnded);
        Assert.All(effects.Values, count => Assert.Equal(1, count));
        Assert.All(snapshot.Actions.Where(action => action.Status == ActionStatus.Confirmed), action => Assert.True(effects.ContainsKey(action.ActionId)));
        Assert.All(snapshot.Actions.Where(action => action.Status is ActionStatus.NotDone or ActionStatus.Planned), action => Assert.False(effects.ContainsKey(action.ActionId)));
        Assert.All(effects.Keys, id => Assert.NotNull(snapshot.FindAction(id)));
        if (snapshot.Phase == RunPhase.Cancelled)
        {
            Assert.All(snapshot.Actions.Where(action => action.Status == ActionStatus.Confirmed), action => Assert.Contains($"- {action.Summary}", snapshot.Answer, StringComparison.Ordinal));
            Assert.All(snapshot.Actions.Where(action => action.Status is ActionStatus.Unknown), action => Assert.Contains($"{action.Summary}: whether it was done is not known", snapshot.Answer, StringComparison.Ordinal));
        }

        return true;
    }

    private static async Task<bool> CheckAsync(int seed, int steps, List<int> deaths)
    {
        var plan = Plan.Create(seed, steps);
        var input = Engines.Input("go now", runId: $"r-{seed}");

        FakeRecorder? recorder = null;

        // Undisturbed: what the answer is.
        var calm = new Systems(plan, seed, faulty: false);
        var expected = await Engines.Create(calm.Connectors, plan.Definitions).RunAsync(input);
        Demand(expected.Snapshot.Phase == RunPhase.Completed, $"calm run ended as {expected.Snapshot.Phase}: {expected.Snapshot.Answer}");
        Demand(calm.Started.SequenceEqual(calm.Started.Distinct()), "a step ran twice without a crash");

        // Disturbed: faults of the systems and deaths of the process.
        var systems = new Systems(plan, seed, faulty: true);
        var random = new System.Random(seed);
        recorder = FakeRecorder.For(input);
        var lives = 0;
        foreach (var death in deaths)
        {
            recorder = new FakeRecorder(before: recorder) { DieAtAppend = death + 1, DieAfterwards = random.Next(2) == 0 };
            var doneBefore = Done(recorder);
            systems.BeginLife();
            lives++;
            try
            {
                await Engines.Create(systems.Connectors, plan.Definitions, configure: Patient).ExecuteAsync(input, recorder, default, default);
            }
            catch (JournalDiedException)
            {
            }

            Demand(!systems.CalledInThisLife.Intersect(doneBefore).Any(), "a finished step was called again");
        }

        recorder = new FakeRecorder(before: recorder);
        systems.BeginLife();
        await Engines.Create(systems.Connectors, plan.Definitions, configure: Patient).ExecuteAsync(input, recorder, default, default);

        Demand(recorder.Snapshot.Phase == RunPhase.Completed, $"ended as {recorder.Snapshot.Phase} after {lives} crashes: {recorder.Snapshot.Answer}");
        Demand(recorder.Snapshot.Answer == expected.Snapshot.Answer, $"another answer: {recorder.Snapshot.Answer} instead of {expected.Snapshot.Answer}");
        Demand(systems.Connectors.Effects.Count == plan.Writes, $"{systems.Connectors.Effects.Count} effects instead of {plan.Writes}");
        Demand(systems.Connectors.Effects.Values.All(count => count == 1), "an effect happened twice");
        Demand(recorder.Facts.OfType<RunEnded>().Count() == 1, "ended more than once");
        foreach (var (before, after) in plan.Edges)
        {
            var facts = recorder.Facts.ToList();
            var end = facts.FindIndex(fact => fact is StepCompleted completed && completed!.StepId == before);
            var start = facts.FindIndex(fact => fact is StepStarted started && started.StepId == after);
            Demand(start < 0 || end < start, $"{after} started before {before} had ended");
        }

        return true;

        // With and without reads that wait to be recorded.
        void Patient(OrchestrationOptions options)
        {
            options.ProgressDelay = seed % 2 == 0 ? options.ProgressDelay : TimeSpan.Zero;
            options.MaxAttempts = 10;
            options.MaxReconcileAttempts = 10;
        }

        void Demand(bool condition, string message)
        {
            if (!condition)
            {
                throw new InvalidOperationException($"{message}\n{plan.Yaml}\n{string.Join('\n', recorder?.Types ?? [])}");
            }
        }
    }

    private static HashSet<string> Done(FakeRecorder recorder) => [.. recorder.Snapshot.Steps.Where(step => step.HasEnded).Select(step => step.StepId)];

    private sealed record Plan(string Yaml, OrchestrationDefinitions Definitions, int Writes, IReadOnlyList<(string, string)> Edges)
    {
        public static Plan Create(int seed, int count)
        {
            var random = new System.Random(seed);
            var yaml = new StringBuilder("id: random\nversion: 1\ntitle: Random\ndescription: Random.\nexamples: [go]\nmatch:\n  - { all: [[go]], score: 1 }\nsteps:\n");
            var edges = new List<(string, string)>();
            var writes = 0;
            for (var i = 0; i < count; i++)
            {
                var isWrite = random.Next(2) == 0;
                var skipped = random.Next(6) == 0;
                writes += isWrite && !skipped ? 1 : 0;
                var needs = Enumerable.Range(0, i).Where(_ => random.Next(3) == 0).Select(n => $"s{n}").ToList();
                edges.AddRange(needs.Select(need => (need, $"s{i}")));
                yaml.Append($"  - id: s{i}\n    title: Step {i}\n    call: fake.things.{(isWrite ? "write" : "read")}\n    needs: [{string.Join(", ", needs)}]\n");
                yaml.Append($"    with: {{ step: s{i}, seen: \"{string.Join(';', needs.Select(need => $"${{steps.{need}.result.value}}"))}\" }}\n");
                if (skipped)
                {
                    yaml.Append($"    when: \"${{message == 'never'}}\"\n");
                }
            }

            yaml.Append($"answer: \"{string.Join(", ", Enumerable.Range(0, count).Select(i => $"s{i}=${{steps.s{i}.result.value}}"))}\"\n");
            return new Plan(
                yaml.ToString(),
                Engines.Definitions("version: 1\noperations:\n  fake.things.write: { allow: [anyone] }\n", yaml.ToString()),
                writes,
                edges);
        }
    }

    private sealed class Systems
    {
        private readonly Lock _gate = new();
        private readonly System.Random _random;
        private readonly Dictionary<string, int> _faults = [];

        public Systems(Plan plan, int seed, bool faulty)
        {
            _ = plan;
            _random = new System.Random(seed + 1);
            Connectors = new FakeConnectors()
                .Add("fake.things.read", OperationEffect.Read, Answer)
                .Add("fake.things.write", OperationEffect.Write, Answer);
            Connectors.OnCall = async (request, _) =>
            {
                var step = request.Arguments.GetProperty("step").GetString() ?? "";
                int wait;
                lock (_gate)
                {
                    Started.Add(step);
                    CalledInThisLife.Add(step);
                    wait = _random.Next(3);
                }

                for (var i = 0; i < wait; i++)
                {
                    await Task.Yield();
                }
            };
            if (faulty)
            {
                Connectors.OnFault = request =>
                {
                    lock (_gate)
                    {
                        // At most two faults an action, so that bounded retries are enough.
                        var count = _faults.GetValueOrDefault(request.ActionId);
                        if (count >= 2 || _random.Next(3) > 0)
                        {
                            return FakeConnectors.Fault.None;
                        }

                        _faults[request.ActionId] = count + 1;
                        return (FakeConnectors.Fault)_random.Next(1, request.OperationId.EndsWith("write", StringComparison.Ordinal) ? 5 : 2);
                    }
                };
                Connectors.OnReconcile = _ =>
                {
                    lock (_gate)
                    {
                        return _random.Next(4) == 0 ? new ReconcileUnknown("busy.") : null;
                    }
                };
            }
        }

        public FakeConnectors Connectors { get; }

        public List<string> Started { get; } = [];

        public HashSet<string> CalledInThisLife { get; } = [];

        public void BeginLife()
        {
            lock (_gate)
            {
                CalledInThisLife.Clear();
            }
        }

        private static JsonNode Answer(JsonElement arguments) => new JsonObject
        {
            ["value"] = $"({arguments.GetProperty("step").GetString()}:{(arguments.TryGetProperty("seen", out var seen) ? seen.GetString() : "")})",
        };
    }
}
