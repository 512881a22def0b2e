using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Orchestration.Admission;

namespace Steward.Engines.Orchestration.Tests.Admission;

/// <summary>Random comings, goings and cancellations against the rules that hold after each of them.</summary>
public sealed class AdmissionModelTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void Admission_AnySequenceOfEvents_KeepsItsRules()
    {
        var plans = from seed in Gen.Choose(0, int.MaxValue - 1)
                    from slots in Gen.Choose(1, 6)
                    from perTenant in Gen.Choose(1, 6)
                    from tenants in Gen.Choose(1, 4)
                    from patience in Gen.Choose(0, 3)
                    from length in Gen.Choose(1, 200)
                    select (seed, slots, perTenant: Math.Min(perTenant, slots), tenants, patience, length);
        Prop.ForAll(plans.ToArbitrary(), plan => new Model(plan.seed, plan.slots, plan.perTenant, plan.tenants, plan.patience).Play(plan.length)).Check(Runs);
    }

    [Fact]
    public void Admission_SaturatedTenants_ShareByWeight()
    {
        var plans = from seed in Gen.Choose(0, int.MaxValue - 1)
                    from slots in Gen.Choose(1, 12)
                    from weights in Gen.Choose(1, 8).ListOf()
                    select (seed, slots, weights: weights.Take(5).Append(1).Append(3).ToList());
        Prop.ForAll(plans.ToArbitrary(), plan =>
        {
            var served = Saturate(plan.slots, plan.weights.ConvertAll(weight => (double)weight), runs: 6_000, seed: plan.seed);
            var unit = served.Sum() / plan.weights.Sum();
            for (var tenant = 0; tenant < served.Length; tenant++)
            {
                Demand(Math.Abs((served[tenant] / unit / plan.weights[tenant]) - 1) < 0.1, $"tenant {tenant} of weights {string.Join(',', plan.weights)} got {served[tenant] / unit:0.00} units");
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25));
    }

    [Fact]
    public void Admission_RunsOfUnequalLength_ShareSlotTimeAndNotRuns()
    {
        // The second tenant's runs hold their slots ten times as long.
        var served = Saturate(slots: 6, [1, 1], runs: 4_000, seed: 1, length: tenant => tenant == 0 ? 10 : 100);

        Assert.InRange(served[0] / served[1], 0.9, 1.1);
    }

    [Fact]
    public void Admission_InteractiveRunsWithoutEnd_LetBackgroundRunsThroughAtTheSetRate()
    {
        var admissions = new Admissions(options => options.InteractivePerBackground = 10);
        var slots = new Queue<RunSlot>(admissions.Fill());
        var background = Enumerable.Range(0, 20).Select(number => admissions.Enter("t-b", $"r-{number}", RunPriority.Background)).ToList();
        var interactive = Enumerable.Range(0, 400).Select(number => admissions.Enter("t-a", $"r-{number}")).ToList();
        var (nextInteractive, nextBackground) = (0, 0);
        for (var i = 0; i < 200; i++)
        {
            slots.Dequeue().Dispose();

            // Each slot that becomes free goes to an interactive run, whatever else enters.
            slots.Enqueue(Slot(interactive[nextInteractive++]));
            if (nextBackground < 20 && admissions.Admission.PositionOf("t-b", $"r-{nextBackground}") is null)
            {
                Slot(background[nextBackground++]).Dispose();
            }
        }

        Assert.InRange(nextBackground, 17, 20);
        Assert.Equal(4, admissions.Admission.ReadLoad().InFlight);
    }

    /// <summary>Lets tenants that always have runs waiting use a number of slots; returns the slot time that each got, in milliseconds.</summary>
    private static double[] Saturate(int slots, List<double> weights, int runs, int seed, Func<int, int>? length = null)
    {
        var random = new Random(seed);
        length ??= _ => 10;
        var admissions = new Admissions(options => (options.MaxConcurrentRuns, options.MaxConcurrentRunsPerTenant) = (slots, slots));
        var waiting = weights.Select(_ => new Queue<(string Run, Task<RunSlot> Entering)>()).ToArray();
        var working = new PriorityQueue<RunSlot, double>();
        var served = new double[weights.Count];
        var (now, next) = (0.0, 0);

        // Nobody is served before everybody is there.
        var hold = admissions.Fill();
        for (var tenant = 0; tenant < weights.Count; tenant++)
        {
            for (var i = 0; i < slots + 2; i++)
            {
                Enqueue(tenant);
            }
        }

        hold.ForEach(slot => slot.Dispose());
        for (var done = 0; done < runs; done++)
        {
            Collect();
            working.TryDequeue(out var slot, out var ends);
            admissions.Time.Advance(TimeSpan.FromMilliseconds(ends - now));
            now = ends;
            slot!.Dispose();
        }

        return served;

        void Enqueue(int tenant)
        {
            var run = $"r-{next++}";
            waiting[tenant].Enqueue((run, admissions.Enter($"t-{tenant}", run, weight: weights[tenant])));
        }

        void Collect()
        {
            for (var tenant = 0; tenant < weights.Count; tenant++)
            {
                while (admissions.Admission.PositionOf($"t-{tenant}", waiting[tenant].Peek().Run) is null)
                {
                    // Up to a fifth more or less, so that nothing stays in step.
                    var lasts = length(tenant) * (0.8 + (0.4 * random.NextDouble()));
                    working.Enqueue(Slot(waiting[tenant].Dequeue().Entering), now + lasts);
                    served[tenant] += lasts;
                    Enqueue(tenant);
                }
            }
        }
    }

    // For a run that has left the queue: only the continuation is still to come.
    private static RunSlot Slot(Task<RunSlot> entered) => entered.WaitAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult();

    private static void Demand(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidOperationException(message);
        }
    }

    private sealed class Model(int seed, int slots, int perTenant, int tenants, int patience)
    {
        private readonly Random _random = new(seed);
        private readonly List<Run> _waiting = [];
        private readonly List<Run> _working = [];
        private readonly Admissions _admissions = new(options =>
            (options.MaxConcurrentRuns, options.MaxConcurrentRunsPerTenant, options.InteractivePerBackground) = (slots, perTenant, patience));

        private int _passedOver;
        private int _next;

        private IEnumerable<Run> InSlots => _working.Where(run => !run.IsBeside);

        private int BackgroundSlots => Math.Max(1, slots / 2);

        private int BackgroundOfTenant => Math.Clamp(Math.Max(1, perTenant / 2), 1, Math.Max(1, perTenant - 1));

        public bool Play(int length)
        {
            for (var i = 0; i < length; i++)
            {
                switch (_random.Next(10))
                {
                    case < 5:
                        Enter();
                        break;
                    case < 9 when _working.Count > 0:
                        Leave(_working[_random.Next(_working.Count)]);
                        break;
                    case 9 when _waiting.Count > 0:
                        Cancel(_waiting[_random.Next(_waiting.Count)]);
                        break;
                }

                CheckLimits();
                CheckNoSlotIsWasted();
                CheckPositions();
            }

            // Whatever happened, everybody gets through in the end.
            while (_working.Count > 0)
            {
                Leave(_working[0]);
                CheckLimits();
                CheckNoSlotIsWasted();
            }

            Demand(_waiting.Count == 0, $"{_waiting.Count} runs wait for ever");
            return true;
        }

        private void Enter()
        {
            var run = new Run($"t-{_random.Next(tenants)}", $"r-{_next++}", (RunPriority)_random.Next(2));
            run.Entering = _admissions.Enter(run.Tenant, run.Id, run.Priority, weight: 1 + (run.Tenant[^1] - '0'), cancellationToken: run.Cancel.Token);
            _waiting.Add(run);
            Settle();
        }

        private void Leave(Run run)
        {
            _admissions.Time.Advance(TimeSpan.FromMilliseconds(_random.Next(1, 50)));
            _working.Remove(run);
            Slot(run.Entering).Dispose();
            Settle();
        }

        private void Cancel(Run run)
        {
            run.Cancel.Cancel();
            _waiting.Remove(run);
            Demand(run.Entering.IsCompleted || SpinWait.SpinUntil(() => run.Entering.IsCompleted, TimeSpan.FromSeconds(10)), "a cancelled run still waits");
            Demand(run.Entering.IsCanceled, "a cancelled run that waited got a slot");
            Settle();
        }

        // Moves who has been granted a slot, and checks that it was their turn.
        private void Settle()
        {
            var granted = _waiting.Where(run => _admissions.Admission.PositionOf(run.Tenant, run.Id) is null).ToList();
            foreach (var run in granted)
            {
                Demand(SpinWait.SpinUntil(() => run.Entering.IsCompleted, TimeSpan.FromSeconds(10)), "a run left the queue without a slot");
                Demand(
                    !_waiting.TakeWhile(earlier => earlier != run).Any(earlier => earlier.Tenant == run.Tenant && earlier.Priority == run.Priority),
                    "a run overtook another one of its tenant and priority");
                _waiting.Remove(run);
                run.IsBeside = Slot(run.Entering).IsBeside;
            }

            // In which order they were granted is not seen: all interactive ones may have come after a background run. What is beside counts against its tenant's limit before the others are judged.
            var interactive = granted.Count(run => run.Priority == RunPriority.Interactive);
            foreach (var run in granted.OrderBy(run => run.Priority).ThenByDescending(run => run.IsBeside))
            {
                if (run.Priority == RunPriority.Interactive)
                {
                    _passedOver++;
                }
                else if (run.IsBeside)
                {
                    Demand(patience > 0 && _passedOver >= patience, $"a background run was let in beside the others after {_passedOver} of them");
                    _passedOver = interactive;
                }
                else if (_waiting.Any(other => other.Priority == RunPriority.Interactive && Fits(other)))
                {
                    Demand(
                        patience > 0 && _passedOver >= 4 * patience && _working.Any(other => other.IsBeside),
                        $"a background run went before an interactive one after {_passedOver} of them");
                    _passedOver = interactive;
                }

                _working.Add(run);
            }
        }

        private void CheckLimits()
        {
            Demand(_working.Count(run => run.IsBeside) <= 1, "more runs beside the slots than may be");
            Demand(InSlots.Count() <= slots, "more runs than slots");
            Demand(_working.Count(run => run.Priority == RunPriority.Background) <= BackgroundSlots, "too many background runs");
            Demand(_working.GroupBy(run => run.Tenant).All(runs => runs.Count() <= perTenant), "a tenant has too many runs");
            Demand(
                _working.Where(run => run.Priority == RunPriority.Background).GroupBy(run => run.Tenant).All(runs => runs.Count() <= BackgroundOfTenant),
                "a tenant has too many background runs");
        }

        private void CheckNoSlotIsWasted() =>
            Demand(InSlots.Count() == slots || !_waiting.Any(Fits), "a slot is free and a run waits that could have it");

        private void CheckPositions()
        {
            foreach (var tenant in _waiting.GroupBy(run => run.Tenant))
            {
                var positions = tenant.OrderBy(run => run.Priority).Select(run => _admissions.Admission.PositionOf(run.Tenant, run.Id));
                Demand(positions.SequenceEqual(Enumerable.Range(0, tenant.Count()).Select(place => (int?)place)), "positions are not the order of the queue");
            }
        }

        private bool Fits(Run run) =>
            _working.Count(other => other.Tenant == run.Tenant) < perTenant
            && (run.Priority == RunPriority.Interactive
                || (_working.Count(other => other.Priority == RunPriority.Background) < BackgroundSlots
                    && _working.Count(other => other.Priority == RunPriority.Background && other.Tenant == run.Tenant) < BackgroundOfTenant));
    }

    private sealed record Run(string Tenant, string Id, RunPriority Priority)
    {
        public CancellationTokenSource Cancel { get; } = new();

        public Task<RunSlot> Entering { get; set; } = null!;

        public bool IsBeside { get; set; }
    }
}
