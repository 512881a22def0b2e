using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Tests.Budgets;

/// <summary>Ledgers of several silos against one owner, step by step, with losses wherever they can be.</summary>
public sealed class BudgetLedgerTests
{
    private const long Limit = 1000;

    private static readonly ModelCallOrigin Ada = new() { TenantId = "t-acme", UserId = "u-ada", Team = "ops" };
    private static readonly BudgetDefinition Tokens = new() { Id = "all", Scope = BudgetScope.Tenant, Unit = BudgetUnit.Tokens, Window = BudgetWindow.Month, Limit = Limit };

    private enum Step
    {
        Reserve,
        Settle,
        Exchange,
        ExchangeUnreached,
        ExchangeAnswerLost,
        SiloDies,
        OwnerRestarts,
        SiloPauses,
        TimePasses,
    }

    [Fact]
    public void Ledgers_AnySteps_NeverPromiseMoreThanTheLimitAndLoseNoUse()
    {
        var step = Gen.Frequency(
            (6, Gen.Constant(Step.Reserve)), (5, Gen.Constant(Step.Settle)), (8, Gen.Constant(Step.Exchange)), (1, Gen.Constant(Step.ExchangeUnreached)), (2, Gen.Constant(Step.ExchangeAnswerLost)),
            (1, Gen.Constant(Step.SiloDies)), (1, Gen.Constant(Step.OwnerRestarts)), (1, Gen.Constant(Step.SiloPauses)), (2, Gen.Constant(Step.TimePasses)));
        var steps = (from what in step from silo in Gen.Choose(0, 2) from amount in Gen.Choose(1, 200) select (what, silo, amount)).ArrayOf(120);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), Prop.ForAll(steps.ToArbitrary(), Run));
    }

    [Fact]
    public void Reserve_AnotherSiloHoldsWhatItDoesNotNeed_ItComesBack()
    {
        var world = new World();
        Assert.NotNull(world.Reserve(0, 100, ask: true));
        world.Settle(0, 100);
        Assert.True(world.Owner.Held("all") > 0);

        // All that the limit still has, although the first silo was given a part of it.
        Assert.Null(world.Reserve(1, Limit - 100, ask: true));
        world.Exchange(0);
        world.Exchange(0);
        Assert.NotNull(world.Reserve(1, Limit - 100, ask: true));
        Assert.Null(world.Reserve(0, 1, ask: true));
    }

    [Fact]
    public void Reserve_TwoSilosHoldAHalfEachOfWhatBothWaitFor_OneGetsIt()
    {
        var world = new World();
        Assert.NotNull(world.Reserve(0, 400, ask: true));
        Assert.NotNull(world.Reserve(1, 400, ask: true));
        foreach (var silo in world.Silos[..2])
        {
            silo.Ledger.BeginWait(Ada, new BudgetAmount(190, 0, 1));
        }

        var got = 0;
        for (var round = 0; round < 12; round++)
        {
            world.Exchange(round % 2);
            got += world.Reserve(round % 2, 190, ask: false) is null ? 0 : 1;
        }

        Assert.Equal(1, got);
        world.Verify();
    }

    [Fact]
    public void Silo_Dies_WhatItHadReportedCountsAndTheRestComesBack()
    {
        var world = new World();
        Assert.NotNull(world.Reserve(0, 300, ask: true));
        world.Exchange(0);
        world.Owner.Lose(world.Silos[0].LeaseId);

        var count = Assert.Single(world.Owner.Book.Counts.Values);
        Assert.Equal((0L, 300L, 0L), (count.Used, count.Unsettled, world.Owner.Held("all")));
        Assert.NotNull(world.Reserve(1, Limit - 300, ask: true));
        Assert.Null(world.Reserve(1, 1, ask: true));
    }

    [Fact]
    public void Silo_SeemedLostAndSpeaksAgain_ItsCallsCountOnce()
    {
        var world = new World();
        var reservation = world.Reserve(0, 300, ask: true)!;
        world.Exchange(0);
        world.Owner.Lose(world.Silos[0].LeaseId);
        world.Time.Advance(TimeSpan.FromMinutes(1));

        // Its own clock has told it to spend nothing more unasked.
        Assert.Null(world.Reserve(0, 1, ask: false));
        BudgetKeeper.Settle(reservation, new BudgetAmount(120, 0, 1));
        world.Exchange(0);

        var count = Assert.Single(world.Owner.Book.Counts.Values);
        Assert.Equal((120L, 0L), (count.Used, count.Unsettled));
        Assert.NotNull(world.Reserve(1, Limit - 120 - world.Owner.Held("all"), ask: true));
    }

    [Fact]
    public void Owner_Restarts_NothingIsResetAndNothingCountsTwice()
    {
        var world = new World();
        world.Reserve(0, 400, ask: true);
        world.Settle(0, 400);
        world.Owner.LoseAnswers = 1;
        world.Exchange(0);
        world.Owner.Restart();
        world.Exchange(0);

        Assert.Equal(400, world.Owner.Spent("all"));
        Assert.Null(world.Reserve(1, Limit - 399, ask: true));
    }

    [Fact]
    public void Window_Ends_NewCallsCountAnewAndOldOnesWhereTheyBegan()
    {
        var world = new World(Tokens with { Window = BudgetWindow.Day });
        var before = world.Reserve(0, 900, ask: true)!;
        Assert.Null(world.Reserve(0, 200, ask: true));
        world.Time.Advance(TimeSpan.FromHours(13));
        var after = world.Reserve(0, 900, ask: true);

        Assert.NotNull(after);
        BudgetKeeper.Settle(before, new BudgetAmount(10, 0, 1));
        BudgetKeeper.Settle(after, new BudgetAmount(20, 0, 1));
        world.Exchange(0);
        Assert.Equal([10, 20], world.Owner.Book.Counts.Values.OrderBy(count => count.Key.Window, StringComparer.Ordinal).Select(count => count.Used));
    }

    [Fact]
    public void Budget_DeletedAndSetAgain_CountsAnew()
    {
        var world = new World();
        var before = world.Reserve(0, 900, ask: true)!;
        world.Owner.Append(new BudgetDeleted("all", "u-admin"));
        world.Owner.Append(new BudgetSet(Tokens, "u-admin"));
        BudgetKeeper.Settle(before, new BudgetAmount(900, 0, 1));
        world.Exchange(0);
        world.Time.Advance(TimeSpan.FromSeconds(10));
        world.Exchange(0);

        Assert.Equal(0, world.Owner.Spent("all"));
        Assert.NotNull(world.Reserve(0, Limit, ask: true));
    }

    private static void Run((Step What, int Silo, int Amount)[] plan)
    {
        var world = new World();
        foreach (var (step, silo, amount) in plan)
        {
            switch (step)
            {
                case Step.Reserve:
                    world.Reserve(silo, amount, ask: amount % 3 != 0);
                    break;
                case Step.Settle:
                    world.Settle(silo, amount);
                    break;
                case Step.ExchangeUnreached:
                    world.Owner.Unreachable = 1;
                    world.Exchange(silo);
                    world.Owner.Unreachable = 0;
                    break;
                case Step.ExchangeAnswerLost:
                    world.Owner.LoseAnswers = 1;
                    world.Exchange(silo);
                    world.Owner.LoseAnswers = 0;
                    break;
                case Step.SiloDies:
                    world.Kill(silo);
                    break;
                case Step.OwnerRestarts:
                    world.Owner.Restart();
                    break;
                case Step.SiloPauses:
                    world.Pause(silo);
                    break;
                case Step.TimePasses:
                    world.Time.Advance(TimeSpan.FromMilliseconds(amount * 10));
                    break;
                default:
                    world.Exchange(silo);
                    break;
            }

            world.Verify();
        }

        world.End();
    }

    private sealed class Silo(string leaseId, TimeProvider time)
    {
        public string LeaseId { get; } = leaseId;

        public BudgetLedger Ledger { get; } = new(leaseId, new ModelBudgetOptions(), time);

        public List<(BudgetReservation Reservation, long Amount)> Open { get; } = [];

        public long Used { get; set; }

        public long Real => Used + Open.Sum(open => open.Amount);
    }

    private sealed class World
    {
        private int _leases;
        private long _gone;
        private long _uncounted;

        public World(BudgetDefinition? definition = null)
        {
            Owner = new BookOwner(Time).With(definition ?? Tokens);
            Silos = [Start(), Start(), Start()];
        }

        public ManualTimeProvider Time { get; } = new();

        public BookOwner Owner { get; }

        public Silo[] Silos { get; }

        public BudgetReservation? Reserve(int silo, long amount, bool ask)
        {
            var one = Silos[silo];
            var need = new BudgetAmount(amount, 0, 1);
            var waiting = ask ? one.Ledger.BeginWait(Ada, need) : [];
            try
            {
                for (var attempt = 0; attempt < 4; attempt++)
                {
                    var verdict = one.Ledger.TryReserve(Ada, need, isLast: false, out var reservation, out _);
                    if (verdict == BudgetVerdict.Reserved)
                    {
                        one.Open.Add((reservation!, amount));
                        return reservation;
                    }

                    if (verdict == BudgetVerdict.Refused || !ask)
                    {
                        return null;
                    }

                    Exchange(silo, isAsked: true);
                    if (waiting.Length == 0)
                    {
                        waiting = one.Ledger.BeginWait(Ada, need);
                    }
                }

                return null;
            }
            finally
            {
                one.Ledger.EndWait(waiting);
            }
        }

        public void Settle(int silo, long atMost)
        {
            var one = Silos[silo];
            if (one.Open.Count == 0)
            {
                return;
            }

            var (reservation, amount) = one.Open[0];
            one.Open.RemoveAt(0);
            one.Used += Math.Min(amount, atMost);
            BudgetKeeper.Settle(reservation, new BudgetAmount(Math.Min(amount, atMost), 0, 1));
        }

        public void Exchange(int silo, bool isAsked = false)
        {
            if (Silos[silo].Ledger.Prepare(isAsked) is not { } exchange)
            {
                return;
            }

            try
            {
                Silos[silo].Ledger.Accept(Owner.Exchange(exchange));
            }
            catch (TimeoutException)
            {
                Silos[silo].Ledger.Fail();
            }
        }

        /// <summary>The silo is gone; a new one takes its place.</summary>
        public void Kill(int silo)
        {
            var dead = Silos[silo];
            _gone += dead.Real;
            Lose(dead);
            Silos[silo] = Start();
        }

        /// <summary>The silo is silent for so long that it is taken for lost, and goes on.</summary>
        public void Pause(int silo)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            Lose(Silos[silo]);
        }

        // What it had used or reserved since its last report is what nobody knows of.
        private void Lose(Silo silo)
        {
            var reported = Owner.Book.Counts.Values.Sum(count => count.Holdings.GetValueOrDefault(silo.LeaseId)?.Reserved ?? 0);
            _uncounted += Math.Max(0, silo.Real - Owner.UsedBy.GetValueOrDefault(silo.LeaseId) - reported);
            Owner.Lose(silo.LeaseId);
        }

        public void Verify()
        {
            Assert.True(Spent + Owner.Held("all") <= Limit + _uncounted, "more was given than there is");
            Assert.True(_gone + Silos.Sum(silo => silo.Real) <= Limit + _uncounted, "more was used than the limit and what dead silos had not told");
            Assert.All(Owner.Book.Counts.Values, count => Assert.True(count.Unsettled >= 0 && count.Holdings.Values.All(held => held.Held >= 0)));
        }

        public void End()
        {
            for (var silo = 0; silo < Silos.Length; silo++)
            {
                while (Silos[silo].Open.Count > 0)
                {
                    Settle(silo, long.MaxValue);
                }
            }

            for (var round = 0; round < 8; round++)
            {
                Time.Advance(TimeSpan.FromSeconds(2));
                for (var silo = 0; silo < Silos.Length; silo++)
                {
                    Exchange(silo);
                }
            }

            Assert.Equal(0, Owner.Held("all"));
            Assert.All(Silos, silo => Assert.Equal(silo.Used, Owner.UsedBy.GetValueOrDefault(silo.LeaseId)));
            Owner.Restart();
            Verify();
        }

        private long Spent => Owner.Spent("all");

        private Silo Start() => new($"lease-{++_leases}", Time);
    }
}
