using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Limits;

public sealed class BreakerTests
{
    private static readonly BreakerSpec Spec = new();

    [Fact]
    public void Leave_ThreeFailuresInARow_Opens()
    {
        var breaker = new CircuitBreaker(Spec);

        Fail(breaker, 3, TimeSpan.Zero);

        Assert.Equal(BreakerPhase.Open, breaker.Phase);
        Assert.Equal(TimeSpan.FromSeconds(60), breaker.WaitFor(TimeSpan.Zero));
    }

    [Fact]
    public void Leave_OneTenthOfManyFails_Opens()
    {
        var breaker = new CircuitBreaker(Spec);
        for (var i = 1; i < 20; i++)
        {
            breaker.Leave(breaker.Epoch, failed: i == 7, TimeSpan.FromSeconds(i * 0.4));
        }

        Assert.Equal(BreakerPhase.Closed, breaker.Phase);
        breaker.Leave(breaker.Epoch, failed: true, TimeSpan.FromSeconds(8));

        Assert.Equal(BreakerPhase.Open, breaker.Phase);
    }

    [Fact]
    public void Leave_OneTenthOverALongTime_StaysClosed()
    {
        var breaker = new CircuitBreaker(Spec);
        for (var i = 1; i < 1000; i++)
        {
            breaker.Leave(breaker.Epoch, failed: i % 10 == 0, TimeSpan.FromSeconds(i));
        }

        Assert.Equal(BreakerPhase.Closed, breaker.Phase);
    }

    [Fact]
    public void WaitFor_AfterTheOpenTime_LetsThreeProbesThrough()
    {
        var breaker = new CircuitBreaker(Spec);
        Fail(breaker, 3, TimeSpan.Zero);
        var now = TimeSpan.FromSeconds(60);

        for (var probe = 0; probe < 3; probe++)
        {
            Assert.Equal(TimeSpan.Zero, breaker.WaitFor(now));
            breaker.Enter();
        }

        Assert.Equal((BreakerPhase.HalfOpen, null), (breaker.Phase, breaker.WaitFor(now)));
        for (var probe = 0; probe < 3; probe++)
        {
            breaker.Leave(breaker.Epoch, failed: false, now);
        }

        Assert.Equal(BreakerPhase.Closed, breaker.Phase);
    }

    [Fact]
    public void Leave_ProbesThatGoOnFailing_AreSpacedEverWider()
    {
        var breaker = new CircuitBreaker(Spec);
        Fail(breaker, 3, TimeSpan.Zero);
        var waits = new List<double>();
        var now = TimeSpan.Zero;
        for (var i = 0; i < 8; i++)
        {
            waits.Add(breaker.WaitFor(now)!.Value.TotalSeconds);
            now = breaker.OpenUntil;
            Assert.Equal(TimeSpan.Zero, breaker.WaitFor(now));
            breaker.Enter();
            breaker.Leave(breaker.Epoch, failed: true, now);
        }

        Assert.Equal([60, 120, 240, 480, 960, 1920, 1920, 1920], waits);
    }

    [Fact]
    public void Leave_ResultFromBeforeItOpened_IsNoProbe()
    {
        var breaker = new CircuitBreaker(Spec);
        var before = breaker.Epoch;
        Fail(breaker, 3, TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, breaker.WaitFor(TimeSpan.FromSeconds(60)));

        breaker.Leave(before, failed: true, TimeSpan.FromSeconds(60));

        Assert.Equal(BreakerPhase.HalfOpen, breaker.Phase);
    }

    [Fact]
    public void Leave_ProbeThatSaysNothing_MakesRoomForAnother()
    {
        var breaker = new CircuitBreaker(Spec);
        Fail(breaker, 3, TimeSpan.Zero);
        var now = TimeSpan.FromSeconds(60);
        for (var probe = 0; probe < 3; probe++)
        {
            Assert.Equal(TimeSpan.Zero, breaker.WaitFor(now));
            breaker.Enter();
        }

        breaker.Leave(breaker.Epoch, failed: null, now);

        Assert.Equal(TimeSpan.Zero, breaker.WaitFor(now));
    }

    /// <summary>Against a model that keeps every result instead of counts.</summary>
    [Fact]
    public void Breaker_RandomTraffic_DoesWhatTheModelDoes()
    {
        var spec = Spec with { ConsecutiveFailures = 4, FailureRatio = 0.3, MinimumThroughput = 8 };
        var run = Gen.ListOf(Gen.Zip(Gen.Choose(0, 30), Gen.Choose(0, 9)), 300).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(run, steps =>
        {
            var breaker = new CircuitBreaker(spec);
            var model = new Model(spec);
            // Whole slots, so that window edges of counts and of single results are the same.
            var now = TimeSpan.Zero;
            foreach (var (wait, kind) in steps)
            {
                now += TimeSpan.FromSeconds(wait > 28 ? 100 : wait / 10);
                var mayCall = breaker.WaitFor(now) == TimeSpan.Zero;
                if (mayCall != model.MayCall(now) || breaker.Phase != model.Phase)
                {
                    return false;
                }

                if (mayCall)
                {
                    breaker.Enter();
                    bool? failed = kind == 0 ? null : kind <= 3;
                    breaker.Leave(breaker.Epoch, failed, now);
                    model.Called(failed, now);
                }
            }

            return true;
        }));
    }

    private static void Fail(CircuitBreaker breaker, int times, TimeSpan now)
    {
        for (var i = 0; i < times; i++)
        {
            breaker.Leave(breaker.Epoch, failed: true, now);
        }
    }

    private sealed class Model(BreakerSpec spec)
    {
        private readonly List<(TimeSpan At, bool Failed)> _results = [];
        private TimeSpan _openUntil;
        private TimeSpan? _closedAt;
        private int _good;
        private int _doublings;

        public BreakerPhase Phase { get; private set; }

        public bool MayCall(TimeSpan now)
        {
            if (Phase == BreakerPhase.Open && now >= _openUntil)
            {
                (Phase, _good) = (BreakerPhase.HalfOpen, 0);
            }

            return Phase != BreakerPhase.Open;
        }

        public void Called(bool? failed, TimeSpan now)
        {
            if (failed is null)
            {
                return;
            }

            if (Phase == BreakerPhase.HalfOpen)
            {
                if (failed.Value)
                {
                    Open(now, again: true);
                }
                else if (++_good == spec.Probes)
                {
                    (Phase, _closedAt) = (BreakerPhase.Closed, now);
                    _results.Clear();
                }

                return;
            }

            _results.Add((now, failed.Value));
            if (!failed.Value && _closedAt is { } closed && now - closed > 10 * spec.Open)
            {
                _doublings = 0;
            }

            var recent = _results.Where(result => result.At > now - spec.Sampling).ToList();
            var inARow = _results.AsEnumerable().Reverse().TakeWhile(result => result.Failed).Count();
            if (failed.Value && (inARow >= spec.ConsecutiveFailures || (recent.Count >= spec.MinimumThroughput && recent.Count(result => result.Failed) >= spec.FailureRatio * recent.Count)))
            {
                Open(now, again: _closedAt is { } at && now - at <= 10 * spec.Open);
            }
        }

        private void Open(TimeSpan now, bool again)
        {
            _doublings = again ? Math.Min(_doublings + 1, 5) : 0;
            Phase = BreakerPhase.Open;
            _openUntil = now + (spec.Open * Math.Pow(2, _doublings));
            _results.Clear();
        }
    }
}
