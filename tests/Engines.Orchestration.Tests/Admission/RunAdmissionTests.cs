using Steward.Engines.Orchestration.Admission;

namespace Steward.Engines.Orchestration.Tests.Admission;

public sealed class RunAdmissionTests
{
    [Fact]
    public void TryEnter_BelowAllLimits_TakesASlotUntilTheyAreUsedUp()
    {
        var admissions = new Admissions();

        Assert.Equal(4, admissions.Fill().Count);
        Assert.False(admissions.Admission.TryEnter(Admissions.Request("t-b", "r-1"), out _));
    }

    [Fact]
    public void TryEnter_TenantAtItsOwnLimit_LeavesTheRestToOthers()
    {
        var admissions = new Admissions();
        var request = Admissions.Request("t-a", "r-1") with { MaxConcurrent = 1 };

        Assert.True(admissions.Admission.TryEnter(request, out _));
        Assert.False(admissions.Admission.TryEnter(request with { RunId = "r-2" }, out _));
        Assert.True(admissions.Admission.TryEnter(Admissions.Request("t-b", "r-1"), out _));
    }

    [Fact]
    public void TryEnter_BackgroundRuns_StopAtTheirShareOfTheSlots()
    {
        var admissions = new Admissions(options => options.MaxConcurrentRunsPerTenant = 2);
        var entered = Enumerable.Range(0, 4).Count(number => admissions.Admission.TryEnter(Admissions.Request($"t-{number}", "r-1", RunPriority.Background), out _));

        Assert.Equal(2, entered);
        Assert.True(admissions.Admission.TryEnter(Admissions.Request("t-9", "r-1"), out _));
    }

    [Fact]
    public void TryEnter_TenantThatGivesAllItsSlotsToTheBackground_KeepsOneForInteractiveRuns()
    {
        var admissions = new Admissions(options => options.BackgroundShare = 1);
        var request = Admissions.Request("t-a", "r-1", RunPriority.Background) with { MaxConcurrent = 2, MaxBackground = 2 };

        Assert.True(admissions.Admission.TryEnter(request, out _));
        Assert.False(admissions.Admission.TryEnter(request with { RunId = "r-2" }, out _));
        Assert.True(admissions.Admission.TryEnter(request with { RunId = "r-3", Priority = RunPriority.Interactive }, out _));
    }

    [Fact]
    public async Task EnterAsync_InteractiveAfterBackground_GetsTheNextSlot()
    {
        var admissions = new Admissions();
        var slots = admissions.Fill();
        var background = admissions.Enter("t-b", "r-1", RunPriority.Background);
        var interactive = admissions.Enter("t-b", "r-2");

        slots[0].Dispose();

        await Admissions.Granted(interactive);
        Assert.False(background.IsCompleted);
        slots[1].Dispose();
        await Admissions.Granted(background);
    }

    [Fact]
    public async Task EnterAsync_SeveralRunsOfOneTenant_EnterInOrder()
    {
        var admissions = new Admissions();
        var slots = admissions.Fill();
        var waiting = Enumerable.Range(0, 4).Select(number => admissions.Enter("t-b", $"r-{number}")).ToList();

        for (var i = 0; i < 4; i++)
        {
            slots[i].Dispose();
            await Admissions.Granted(waiting[i]);
            Assert.All(waiting.Skip(i + 1), later => Assert.False(later.IsCompleted));
        }
    }

    [Fact]
    public async Task EnterAsync_TenantThatComesLate_GoesBeforeTheQueueOfABusyOne()
    {
        var admissions = new Admissions();
        var slots = admissions.Fill("t-busy");
        var busy = Enumerable.Range(0, 8).Select(number => admissions.Enter("t-busy", $"r-{number}")).ToList();
        var late = admissions.Enter("t-late", "r-1");

        slots[0].Dispose();

        await Admissions.Granted(late);
        Assert.All(busy, entering => Assert.False(entering.IsCompleted));
    }

    [Fact]
    public async Task EnterAsync_CancelledWhileItWaits_LeavesTheQueueAndTakesNoSlot()
    {
        var admissions = new Admissions();
        var slots = admissions.Fill();
        using var cancel = new CancellationTokenSource();
        var first = admissions.Enter("t-b", "r-1", cancellationToken: cancel.Token);
        var second = admissions.Enter("t-b", "r-2");

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        Assert.Equal(0, admissions.Admission.PositionOf("t-b", "r-2"));
        slots[0].Dispose();
        await Admissions.Granted(second);
    }

    [Fact]
    public async Task EnterAsync_CancelledAfterItsSlot_KeepsTheSlot()
    {
        var admissions = new Admissions();
        var slots = admissions.Fill();
        using var cancel = new CancellationTokenSource();
        var entering = admissions.Enter("t-b", "r-1", cancellationToken: cancel.Token);
        slots[0].Dispose();
        var slot = await Admissions.Granted(entering);

        await cancel.CancelAsync();

        Assert.False(admissions.Admission.TryEnter(Admissions.Request("t-c", "r-1"), out _));
        slot.Dispose();
        Assert.True(admissions.Admission.TryEnter(Admissions.Request("t-c", "r-1"), out _));
    }

    [Fact]
    public void Dispose_Twice_GivesTheSlotBackOnce()
    {
        var admissions = new Admissions();
        var slots = admissions.Fill();

        slots[0].Dispose();
        slots[0].Dispose();

        Assert.Single(admissions.Fill("t-b"));
    }

    [Fact]
    public void BecomeBackground_RunThatNobodyWaitsForAnyMore_CountsAmongThose()
    {
        var admissions = new Admissions();
        var slots = admissions.Fill();
        slots[0].BecomeBackground();
        slots[1].BecomeBackground();
        slots[1].BecomeBackground();
        slots[2].Dispose();
        slots[2].BecomeBackground();
        slots[3].Dispose();

        Assert.False(admissions.Admission.TryEnter(Admissions.Request("t-b", "r-1", RunPriority.Background), out _));
        slots[0].Dispose();
        Assert.True(admissions.Admission.TryEnter(Admissions.Request("t-b", "r-1", RunPriority.Background), out _));
        Assert.False(admissions.Admission.TryEnter(Admissions.Request("t-b", "r-2", RunPriority.Background), out _));
    }

    [Fact]
    public void PositionOf_RunsThatWait_CountsItsTenantOnlyAndInteractiveRunsFirst()
    {
        var admissions = new Admissions();
        admissions.Fill();
        _ = admissions.Enter("t-b", "r-back", RunPriority.Background);
        _ = admissions.Enter("t-b", "r-1");
        _ = admissions.Enter("t-other", "r-x");
        _ = admissions.Enter("t-b", "r-2");

        var admission = admissions.Admission;
        Assert.Equal((0, 1, 2), (admission.PositionOf("t-b", "r-1"), admission.PositionOf("t-b", "r-2"), admission.PositionOf("t-b", "r-back")));
        Assert.Null(admission.PositionOf("t-first", "r-fill-0"));
        Assert.Null(admission.PositionOf("t-nobody", "r-1"));
    }

    [Fact]
    public void RetryAfter_FullQueue_NamesATimeAndOtherTenantsHaveRoom()
    {
        var admissions = new Admissions();
        admissions.Fill();
        for (var i = 0; i < 8; i++)
        {
            Assert.Null(admissions.Admission.RetryAfter("t-b", RunPriority.Interactive));
            _ = admissions.Enter("t-b", $"r-{i}");
        }

        Assert.InRange(admissions.Admission.RetryAfter("t-b", RunPriority.Interactive)!.Value, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(60));
        Assert.Null(admissions.Admission.RetryAfter("t-b", RunPriority.Background));
        Assert.Null(admissions.Admission.RetryAfter("t-c", RunPriority.Interactive));
    }

    [Fact]
    public async Task LimitTenants_Shortage_BindsEveryTenantAlikeUntilItIsLifted()
    {
        var admissions = new Admissions(options => options.MaxConcurrentRuns = 100);
        var slots = admissions.Fill("t-busy");
        admissions.Admission.LimitTenants(2);

        var busy = admissions.Enter("t-busy", "r-next");
        Assert.False(busy.IsCompleted);
        Assert.True(admissions.Admission.TryEnter(Admissions.Request("t-small", "r-1"), out _));
        Assert.True(admissions.Admission.TryEnter(Admissions.Request("t-small", "r-2"), out _));
        Assert.False(admissions.Admission.TryEnter(Admissions.Request("t-small", "r-3"), out _));
        Assert.True(admissions.Admission.ReadLoad().IsBound);

        slots[0].Dispose();
        Assert.False(busy.IsCompleted);
        admissions.Admission.LimitTenants(double.PositiveInfinity);
        await Admissions.Granted(busy);
    }

    [Fact]
    public void ReadLoad_ATenantIsHeldBack_MeasuresTheOthersWithoutIt()
    {
        var admissions = new Admissions(options => (options.MaxConcurrentRuns, options.MaxConcurrentRunsPerTenant) = (100, 40));
        admissions.Fill("t-noisy");
        Assert.True(admissions.Admission.TryEnter(Admissions.Request("t-quiet", "r-1"), out _));
        Assert.True(admissions.Admission.TryEnter(Admissions.Request("t-heavy", "r-1", weight: 2), out _));
        Assert.True(admissions.Admission.TryEnter(Admissions.Request("t-heavy", "r-2", weight: 2), out _));
        Assert.Equal(14, admissions.Admission.ReadLoad().OthersShare);

        // At the limit, but nothing of it waits.
        admissions.Admission.LimitTenants(10);
        Assert.Equal(14, admissions.Admission.ReadLoad().OthersShare);

        _ = admissions.Enter("t-noisy", "r-next");
        Assert.Equal(1, admissions.Admission.ReadLoad().OthersShare);
        Assert.Equal(40, admissions.Admission.ReadLoad().LargestShare);
    }

    [Fact]
    public void ReadLoad_EverybodyIsHeldBack_MeasuresThemAll()
    {
        var admissions = new Admissions(options => (options.MaxConcurrentRuns, options.MaxConcurrentRunsPerTenant) = (100, 10));
        admissions.Fill("t-a");
        Assert.True(admissions.Admission.TryEnter(Admissions.Request("t-b", "r-1"), out _));
        admissions.Admission.LimitTenants(1);
        _ = admissions.Enter("t-a", "r-next");
        _ = admissions.Enter("t-b", "r-next");

        Assert.Equal(5.5, admissions.Admission.ReadLoad().OthersShare);
    }

    [Fact]
    public async Task Leave_BackgroundRunHadNoTurnForLong_EntersBesideTheOthersAndTakesNobodysSlot()
    {
        var admissions = new Admissions(options => options.InteractivePerBackground = 1);
        var slots = admissions.Fill("t-a");
        var background = new[] { admissions.Enter("t-b", "r-b1", RunPriority.Background), admissions.Enter("t-b", "r-b2", RunPriority.Background) };
        var interactive = Enumerable.Range(0, 4).Select(number => admissions.Enter("t-a", $"r-{number}")).ToArray();

        foreach (var slot in slots)
        {
            slot.Dispose();
        }

        await Task.WhenAll(interactive.Select(Admissions.Granted));
        using var beside = await Admissions.Granted(background[0]);
        Assert.False(background[1].IsCompleted);
        Assert.Equal(5, admissions.Admission.ReadLoad().InFlight);
        Assert.False(admissions.Admission.TryEnter(Admissions.Request("t-a", "r-more"), out _));
    }

    [Fact]
    public async Task Leave_LongBackgroundRunsOfOneTenant_HoldHalfOfWhatIsBesideAndOthersEnter()
    {
        var admissions = new Admissions(options => (options.MaxConcurrentRuns, options.MaxConcurrentRunsPerTenant, options.InteractivePerBackground) = (128, 128, 2));
        var slots = new Queue<RunSlot>(admissions.Fill());
        var noisy = Enumerable.Range(0, 8).Select(number => admissions.Enter("t-noisy", $"r-{number}", RunPriority.Background)).ToList();
        var interactive = Enumerable.Range(0, 100).Select(number => admissions.Enter("t-a", $"r-{number}")).ToList();

        // Four are beside 128 slots.
        Dispose(60);
        await Admissions.Granted(noisy[0]);
        await Admissions.Granted(noisy[1]);
        Assert.Equal(0, admissions.Admission.PositionOf("t-noisy", "r-2"));

        var quiet = admissions.Enter("t-quiet", "r-1", RunPriority.Background);
        Dispose(1);

        using var slot = await Admissions.Granted(quiet);
        Assert.True(slot.IsBeside);
        Assert.Equal(0, admissions.Admission.PositionOf("t-noisy", "r-2"));
        await Task.WhenAll(interactive.Take(61).Select(Admissions.Granted));

        void Dispose(int times)
        {
            for (var i = 0; i < times; i++)
            {
                slots.Dequeue().Dispose();
            }
        }
    }

    [Fact]
    public async Task Leave_AllBesideAreHeldForLong_TheNextBackgroundRunTakesASlotAfterFourTimesAsMany()
    {
        var admissions = new Admissions(options => options.InteractivePerBackground = 2);
        var slots = new Queue<RunSlot>(admissions.Fill());
        var held = admissions.Enter("t-long", "r-1", RunPriority.Background);
        var interactive = new Queue<Task<RunSlot>>(Enumerable.Range(0, 20).Select(number => admissions.Enter("t-a", $"r-{number}")));
        for (var i = 0; i < 3; i++)
        {
            await NextAsync();
        }

        Assert.True((await Admissions.Granted(held)).IsBeside);
        var quiet = admissions.Enter("t-quiet", "r-1", RunPriority.Background);
        for (var i = 0; i < 7; i++)
        {
            await NextAsync();
            Assert.Equal(0, admissions.Admission.PositionOf("t-quiet", "r-1"));
        }

        await NextAsync();
        slots.Dequeue().Dispose();

        Assert.False((await Admissions.Granted(quiet)).IsBeside);
        Assert.Equal(5, admissions.Admission.ReadLoad().InFlight);

        async Task NextAsync()
        {
            slots.Dequeue().Dispose();
            slots.Enqueue(await Admissions.Granted(interactive.Dequeue()));
        }
    }

    [Fact]
    public async Task TryEnter_TenantWhoseLimitIsARunBeside_WaitsForItsEnd()
    {
        var admissions = new Admissions(options => options.InteractivePerBackground = 1);
        var slots = admissions.Fill();
        var one = new AdmissionRequest("t-one", "r-1") { MaxConcurrent = 1 };
        var background = admissions.Admission.EnterAsync(one with { Priority = RunPriority.Background }, CancellationToken.None).AsTask();
        var interactive = Enumerable.Range(0, 4).Select(number => admissions.Enter("t-a", $"r-{number}")).ToList();
        foreach (var slot in slots)
        {
            slot.Dispose();
        }

        var beside = await Admissions.Granted(background);
        Assert.True(beside.IsBeside);
        (await Admissions.Granted(interactive[0])).Dispose();
        Assert.False(admissions.Admission.TryEnter(one with { RunId = "r-2" }, out _));

        beside.Dispose();

        Assert.True(admissions.Admission.TryEnter(one with { RunId = "r-2" }, out _));
    }

    [Fact]
    public void TryEnter_NobodyWaits_AllocatesTheSlotAlone()
    {
        var admission = new Admissions().Admission;
        var request = Admissions.Request("t-a", "r-1");
        Cycle(1_000);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Cycle(10_000);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 10_000.0, 1, 56);

        void Cycle(int times)
        {
            for (var i = 0; i < times; i++)
            {
                Assert.True(admission.TryEnter(request, out var slot));
                slot.Dispose();
            }
        }
    }

    [Fact]
    public async Task EnterAsync_FromManyThreads_NeverExceedsTheSlotsAndLosesNone()
    {
        var admissions = new Admissions(options => options.MaxWaitingRunsPerTenant = 10_000);
        var (inside, most, interactiveInside, mostInteractive) = (0, 0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 200; i++)
            {
                using var cancel = new CancellationTokenSource();
                var entering = admissions.Admission.EnterAsync(Admissions.Request($"t-{worker % 5}", $"r-{worker}-{i}", (RunPriority)(worker % 2)), cancel.Token).AsTask();
                if (random.Next(4) == 0)
                {
                    await cancel.CancelAsync();
                }

                try
                {
                    using var slot = await entering;
                    var now = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, now);
                    if (worker % 2 == (int)RunPriority.Interactive)
                    {
                        InterlockedMax(ref mostInteractive, Interlocked.Increment(ref interactiveInside));
                    }

                    await Task.Yield();
                    Interlocked.Decrement(ref inside);
                    if (worker % 2 == (int)RunPriority.Interactive)
                    {
                        Interlocked.Decrement(ref interactiveInside);
                    }
                }
                catch (OperationCanceledException)
                {
                    // Withdrawn before its turn.
                }
            }
        }))).WaitAsync(TimeSpan.FromSeconds(60));

        // One slot beside the four is for background runs that would not have had their turn.
        Assert.InRange(most, 1, 5);
        Assert.InRange(mostInteractive, 1, 4);
        Assert.Equal(new AdmissionLoad(0, 0, 5, 0, 0, false), admissions.Admission.ReadLoad());
        Assert.Equal(4, admissions.Fill().Count);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        var seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var found && found != seen)
        {
            seen = found;
        }
    }
}
