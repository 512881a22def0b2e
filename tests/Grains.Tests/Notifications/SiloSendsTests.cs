using Steward.Engines.Notifications;
using Steward.Notifications;

namespace Steward.Grains.Tests.Notifications;

/// <summary>What leaves a silo at a time is bounded over all tenants, and shared by them in turn.</summary>
public sealed class SiloSendsTests
{
    [Fact]
    public async Task Give_TenantsThatWait_GetPlacesInTurn()
    {
        var places = new SiloSends(1);
        Assert.True(places.TryTake());
        var order = new List<string>();
        List<Task> waiting = [.. Enumerable.Range(0, 4).Select(_ => Wait("t-many")), Wait("t-few"), Wait("t-other")];
        for (var given = 0; given < 6; given++)
        {
            places.Give();
            await Task.WhenAny(waiting);
            waiting.RemoveAll(wait => wait.IsCompleted);
        }

        Assert.Equal(["t-many", "t-few", "t-other", "t-many", "t-many", "t-many"], order);
        places.Give();
        Assert.True(places.TryTake());
        Assert.False(places.TryTake());

        async Task Wait(string tenant)
        {
            await places.WaitAsync(tenant, default);
            order.Add(tenant);
        }
    }

    [Fact]
    public async Task TryTake_WhileOthersWait_DoesNotPassThem()
    {
        var places = new SiloSends(1);
        places.TryTake();
        var waits = places.WaitAsync("t-a", default);
        places.Give();

        await waits;
        Assert.False(places.TryTake());
    }

    [Fact]
    public async Task Give_WhoeverWaitedHasStopped_IsPassedOver()
    {
        var places = new SiloSends(1);
        places.TryTake();
        using var stop = new CancellationTokenSource();
        var stopped = places.WaitAsync("t-a", stop.Token);
        var waits = places.WaitAsync("t-b", default);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        places.Give();
        await waits;
        places.Give();

        Assert.True(places.TryTake());
    }

    [Fact]
    public async Task TakeAndGive_ManyAtOnce_NeverExceedsThePlaces()
    {
        var places = new SiloSends(5);
        var (inUse, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(number => Task.Run(async () =>
        {
            if (!places.TryTake())
            {
                await places.WaitAsync($"t-{number % 7}", default);
            }

            var now = Interlocked.Increment(ref inUse);
            InterlockedMax(ref most, now);
            await Task.Yield();
            Interlocked.Decrement(ref inUse);
            places.Give();
        })));

        Assert.InRange(most, 1, 5);
        Assert.All(Enumerable.Range(0, 5), _ => Assert.True(places.TryTake()));
        Assert.False(places.TryTake());
    }

    [Fact]
    public void Dispatch_NoPlaceLeft_SendsNothingUntilOneIsGivenBack()
    {
        var rig = new QueueRig { Places = new SiloSends(1) };
        rig.Time.Run(async () =>
        {
            Assert.True(rig.Places.TryTake());
            await rig.EnqueueAsync(rig.Notice("n-1"));
            await rig.EnqueueAsync(rig.Notice("n-2"));
            await rig.Time.Wait(30);
            Assert.Empty(rig.Slack.Attempts);

            rig.Places.Give();
            await rig.Time.Until(() => rig.Table.Rows.All(row => !row.IsOpen), 10);

            Assert.Equal(2, rig.Slack.Effects.Count);
            Assert.True(rig.Places.TryTake());
        });
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen && Interlocked.CompareExchange(ref most, value, seen) != seen; seen = Volatile.Read(ref most))
        {
        }
    }
}
