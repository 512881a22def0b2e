using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Tests.Engine;

/// <summary>
/// Random runs with approvals, unknown outcomes, cancellation, deadlines and replays, on systems that fail and a process that dies between any two appends, against a model: no effect
/// twice, no decision twice, nothing lost, and the end is the one that the undisturbed run has.
/// </summary>
public sealed class RunStateMachineTests
{
    private static readonly Decider Boss = new() { UserId = "u-boss", Roles = ["boss", "admin"] };

    [Fact]
    public void Execute_AnyRunAndCrashes_StaysWithinTheModel()
    {
        var runs = from seed in Gen.Choose(0, int.MaxValue - 1)
                   from steps in Gen.Choose(1, 6)
                   from isChain in Gen.Elements(true, true, false)
                   from disturbance in Gen.Elements(Disturbance.None, Disturbance.None, Disturbance.Cancel, Disturbance.Deadline, Disturbance.DeadlineInBackground)
                   from deaths in Gen.Choose(0, 8).ListOf()
                   select (seed, steps, isChain, disturbance, deaths: deaths.Take(6).ToList());
        Prop.ForAll(runs.ToArbitrary(), run => new Play(new RunScenario(run.seed, run.steps, run.isChain, run.disturbance), run.seed, run.deaths).RunAsync().GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    private sealed class Play(RunScenario scenario, int seed, IReadOnlyList<int> deaths)
    {
        private readonly ManualTimeProvider _time = new();
        private readonly System.Random _random = new(seed + 1);
        private readonly RunModel _model = new();
        private readonly List<RunFact> _original = [];
        private readonly CancellationTokenSource _cancel = new();
        private FakeRecorder _recorder = null!;
        private int _records;
        private int _calls;
        private bool _isDisturbed;
        private string? _violation;

        public async Task<bool> RunAsync()
        {
            var input = Engines.Input("go", runId: $"r-{seed}", deadline: scenario.Disturbance is Disturbance.Deadline or Disturbance.DeadlineInBackground ? _time.GetUtcNow().AddMinutes(1) : null)
                with { ContinueAfterDeadline = scenario.Disturbance == Disturbance.DeadlineInBackground };
            scenario.Connectors.OnCall = (_, _) => OnCallAsync();
            _recorder = Watched(new FakeRecorder(_time));
            _recorder.Note(new RunRequested { Input = input });
            var isReplayed = false;
            var life = 0;
            for (; ; life++)
            {
                Demand(life < 100, "the run comes to no end");
                Reload(life < deaths.Count ? deaths[life] : 0);
                try
                {
                    await Engines.Create(scenario.Connectors, scenario.Definitions, configure: Configure, time: _time).ExecuteAsync(input, _recorder, _cancel.Token, default);
                }
                catch (JournalDiedException)
                {
                    Demand(_violation is null, _violation ?? "");
                    continue;
                }

                Demand(_violation is null, _violation ?? "");
                if (_recorder.Snapshot.Phase == RunPhase.Waiting)
                {
                    Answer();
                }
                else if (scenario.MayReplay && RunReplay.CanReplay(_recorder.Snapshot) && !isReplayed)
                {
                    isReplayed = true;
                    scenario.Repair();
                    _recorder.Note(RunReplay.Begin(_recorder.Snapshot, "u-admin"));
                }
                else
                {
                    break;
                }
            }

            CheckEnd();
            CheckPrefixes();
            return true;
        }

        private static void Configure(OrchestrationOptions options) => (options.MaxAttempts, options.MaxReconcileAttempts) = (10, 2);

        private void Reload(int death)
        {
            var before = _recorder;
            _recorder = Watched(new FakeRecorder(_time, before) { DieAtAppend = death, DieAfterwards = _random.Next(2) == 0 });
            Demand(Show(before.Snapshot) == Show(_recorder.Snapshot), "the run is another one after a reload");
        }

        private FakeRecorder Watched(FakeRecorder recorder)
        {
            recorder.OnDurable = facts =>
            {
                try
                {
                    _original.AddRange(facts);
                    _model.Observe(facts);
                }
                catch (ModelViolatedException e)
                {
                    _violation ??= e.Message;
                }
            };
            recorder.OnRecord = _ =>
            {
                if (scenario.Disturbance == Disturbance.Cancel && Interlocked.Increment(ref _records) == scenario.DisturbAt && !recorder.Snapshot.HasEnded)
                {
                    _isDisturbed = true;
                    recorder.Note(new CancelRequested());
                    _cancel.Cancel();
                }

                return Task.CompletedTask;
            };
            return recorder;
        }

        private async Task OnCallAsync()
        {
            if (scenario.Disturbance is Disturbance.Deadline or Disturbance.DeadlineInBackground && Interlocked.Increment(ref _calls) == scenario.DisturbAt)
            {
                _isDisturbed = true;
                _time.Advance(TimeSpan.FromMinutes(2));
            }

            await Task.Yield();
        }

        private void Answer()
        {
            if (scenario.Disturbance == Disturbance.Cancel && !_isDisturbed && _random.Next(3) == 0)
            {
                _isDisturbed = true;
                _recorder.Note(new CancelRequested());
                return;
            }

            var waiting = _recorder.Snapshot.Waiting!;
            var state = _recorder.Snapshot.FindDecision(waiting.RequestIds[_random.Next(waiting.RequestIds.Count)])!;
            var decision = scenario.Decide(state.Request);
            if (decision == DecisionRules.Expired)
            {
                _time.Advance(TimeSpan.FromDays(8));
                var lapsed = DecisionRules.ExpireDecisions(_recorder.Snapshot, _time.GetUtcNow());
                var approvals = _recorder.Snapshot.Decisions.Where(open => open is { IsOpen: true, Request.ApprovalId: not null }).Select(open => open.Request.RequestId).ToList();
                Demand(!lapsed.Any(made => approvals.Contains(made.RequestId)), "the run itself lets an approval lapse");
                _recorder.Note([.. lapsed, .. approvals.Select(id => new DecisionMade { RequestId = id, Decision = DecisionRules.Expired })]);
                return;
            }

            DecisionCheck Check(Decider decider, string what) => DecisionRules.Check(_recorder.Snapshot.FindDecision(state.Request.RequestId)!, decider, "u-ada", what, state.Request.SubjectHash, _time.GetUtcNow());
            var requester = new Decider { UserId = "u-ada", Roles = ["boss"] };
            Demand(Check(requester, decision) == (state.Request.Kind == DecisionKind.Approval ? DecisionCheck.Forbidden : DecisionCheck.Ok), "the requester's right to decide");
            Demand(Check(Boss, decision) == DecisionCheck.Ok, "the decision is refused");
            _recorder.Note(new DecisionMade { RequestId = state.Request.RequestId, Decision = decision, By = Boss.UserId });
            Demand(Check(Boss, decision) == DecisionCheck.AlreadyDecided, "a repetition is no repetition");
            Demand(Check(Boss with { UserId = "u-other" }, decision) == DecisionCheck.Conflict, "a second decision counts");

            // Two people at once: the journal takes both, the first one counts.
            _recorder.Note(new DecisionMade { RequestId = state.Request.RequestId, Decision = state.Request.Options.First(option => option != decision), By = "u-other" });
        }

        private void CheckEnd()
        {
            var snapshot = _recorder.Snapshot;
            var effects = scenario.Connectors.Effects;
            Demand(snapshot.HasEnded && _model.HasEnded, "the run has not ended");
            Demand(_model.Ends == 1 + _model.Replays, "it ended more than once");
            Demand(effects.Values.All(count => count == 1), "an effect happened twice");
            foreach (var action in snapshot.Actions)
            {
                var happened = effects.ContainsKey(action.ActionId);
                Demand(action.Status is ActionStatus.Unknown || (action.Status == ActionStatus.Confirmed) == happened, $"{action.StepId} is {action.Status}, and it {(happened ? "happened" : "did not happen")}");
            }

            Demand(effects.Keys.All(id => snapshot.FindAction(id) is not null), "an effect that the journal does not know");
            var (phase, code, count) = scenario.Expected();
            if (_isDisturbed && scenario.Disturbance is Disturbance.Cancel or Disturbance.Deadline && snapshot.Phase is RunPhase.Cancelled or RunPhase.Partial)
            {
                Demand(snapshot.ErrorCode is "cancelled" or "deadline", $"ended with {snapshot.ErrorCode}");
                return;
            }

            if (scenario.IsChain)
            {
                // What was given up may or may not have happened.
                Demand((phase, code) == (snapshot.Phase, snapshot.ErrorCode), $"ended as {snapshot.Phase} {snapshot.ErrorCode} instead of {phase} {code}");
                Demand(effects.Count == count || (code == "outcome_unknown" && effects.Count == count + 1), $"{effects.Count} effects instead of {count}");
            }

            if (!scenario.CanFail)
            {
                Demand(snapshot.Phase == RunPhase.Completed && effects.Count == scenario.Writes, $"ended as {snapshot.Phase} {snapshot.ErrorCode} with {effects.Count} effects instead of {scenario.Writes}");
                Demand(scenario.HasBlindSteps || snapshot.Answer == scenario.Answer, $"answered {snapshot.Answer} instead of {scenario.Answer}");
            }
        }

        // Whatever a server has read of the journal, it sees what any other one saw when it was that long.
        private void CheckPrefixes()
        {
            var journaled = _recorder.Facts;
            Demand(journaled.Count == _original.Count, "the journal lost something");
            var original = new RunSnapshot();
            var at = _time.GetUtcNow();
            for (var length = 0; length < journaled.Count; length++)
            {
                original.Apply(_original[length], at);
                if (length % 5 > 0)
                {
                    continue;
                }

                var reloaded = new RunSnapshot();
                for (var i = 0; i <= length; i++)
                {
                    reloaded.Apply(journaled[i], at);
                }

                Demand(Show(original) == Show(reloaded), $"another run after {length + 1} facts");
            }
        }

        private static string Show(RunSnapshot snapshot) => JsonSerializer.Serialize(snapshot);

        private void Demand(bool condition, string message)
        {
            if (!condition)
            {
                throw new InvalidOperationException(
                    $"{message}\n{scenario.Disturbance} at {scenario.DisturbAt}, replay {scenario.MayReplay}\n{scenario.Yaml()}\n"
                    + string.Join('\n', _recorder.Facts.Select(fact => $"{fact.Type} {System.Text.Encoding.UTF8.GetString(RunFacts.Serialize(fact).Utf8Json)}"[..Math.Min(220, fact.Type.Length + 1 + RunFacts.Serialize(fact).Utf8Json.Length)])));
            }
        }
    }
}
