using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.Conformance;

[Alias("conformance.ticking")]
public interface ITickingGrain : IGrainWithStringKey
{
    [Alias("start")]
    Task Start(TimeSpan due, TimeSpan period, bool interleave, bool keepAlive);

    [Alias("start-failing")]
    Task StartFailing();

    [Alias("start-held")]
    Task StartHeld(string gate);

    [Alias("hold")]
    Task Hold(string gate);

    [Alias("stop")]
    Task Stop();

    [Alias("change")]
    Task Change(TimeSpan due, TimeSpan period);

    [Alias("ticks")]
    Task<int> Ticks();

    [Alias("deactivate")]
    Task Deactivate();

    [Alias("ticks-now")]
    [Concurrency.AlwaysInterleave]
    Task<int> TicksNow();
}

public sealed class TickingGrain : Grain, ITickingGrain
{
    private IGrainTimer? _timer;
    private int _ticks;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Notes.Add(this.GetPrimaryKeyString(), $"deactivate {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    public Task Start(TimeSpan due, TimeSpan period, bool interleave, bool keepAlive)
    {
        _timer = this.RegisterGrainTimer(Tick, new GrainTimerCreationOptions(due, period) { Interleave = interleave, KeepAlive = keepAlive });
        return Task.CompletedTask;
    }

    public Task StartFailing()
    {
        _timer = this.RegisterGrainTimer(
            () =>
            {
                _ticks++;
                throw new InvalidOperationException("tick");
            },
            TimeSpan.FromMilliseconds(10),
            TimeSpan.FromMilliseconds(10));
        return Task.CompletedTask;
    }

    public Task StartHeld(string gate)
    {
        _timer = this.RegisterGrainTimer(
            async (state, cancellationToken) =>
            {
                _ticks++;
                await Gates.Pass(state).WaitAsync(cancellationToken);
            },
            gate,
            TimeSpan.Zero,
            TimeSpan.FromMilliseconds(1));
        return Task.CompletedTask;
    }

    public Task Hold(string gate) => Gates.Pass(gate);

    public Task Stop()
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    public Task Change(TimeSpan due, TimeSpan period)
    {
        _timer!.Change(due, period);
        return Task.CompletedTask;
    }

    public Task<int> Ticks() => Task.FromResult(_ticks);

    public Task<int> TicksNow() => Task.FromResult(_ticks);

    public Task Deactivate()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private async Task Tick(CancellationToken cancellationToken)
    {
        await Task.Yield();
        Assert.Same(GrainContext.GrainInstance, this);
        _ticks++;
        Notes.Add(this.GetPrimaryKeyString(), "tick");
    }
}

public sealed class TimerCluster : Cluster
{
    protected override void ConfigureSilo(ISiloBuilder silo) => silo.Configure<GrainCollectionOptions>(options =>
    {
        options.CollectionQuantum = TimeSpan.FromSeconds(1);
        options.ClassSpecificCollectionAge[typeof(TickingGrain).FullName!] = TimeSpan.FromSeconds(2);
    });
}

public sealed class TimerTests(TimerCluster cluster) : IClassFixture<TimerCluster>
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(10);

    private static string Name() => Guid.NewGuid().ToString("N");

    private ITickingGrain Grain(string? key = null) => cluster.Client.GetGrain<ITickingGrain>(key ?? Name());

    [Fact]
    public async Task Timer_Ticks_UntilItIsDisposed()
    {
        var grain = Grain();
        await grain.Start(Soon, Soon, false, false);
        await Eventually.True(async () => await grain.Ticks() >= 3, "three ticks");
        await grain.Stop();
        var ticks = await grain.Ticks();
        await Task.Delay(200);
        Assert.Equal(ticks, await grain.Ticks());
    }

    [Fact]
    public async Task Timer_WithoutPeriod_TicksOnce()
    {
        var grain = Grain();
        await grain.Start(Soon, Timeout.InfiniteTimeSpan, false, false);
        await Eventually.True(async () => await grain.Ticks() == 1, "one tick");
        await Task.Delay(100);
        Assert.Equal(1, await grain.Ticks());
    }

    [Fact]
    public async Task Timer_DoesNotOverlapItself()
    {
        var (grain, gate) = (Grain(), Name());
        await grain.StartHeld(gate);
        await Gates.Entered(gate);
        await Task.Delay(100);
        Assert.Equal(1, await grain.TicksNow());
        Gates.Release(gate);
        await Eventually.True(async () => await grain.TicksNow() > 1, "the next tick");
    }

    [Fact]
    public async Task Tick_IsATurn_AndCallsWaitForIt()
    {
        var (grain, gate) = (Grain(), Name());
        await grain.StartHeld(gate);
        await Gates.Entered(gate);
        var call = grain.Ticks();
        Assert.Equal(1, await grain.TicksNow());
        Assert.False(call.IsCompleted);
        Gates.Release(gate);
        await call;
    }

    [Fact]
    public async Task Tick_WaitsForTheRunningCall_UnlessItInterleaves()
    {
        var (plain, interleaving, gate, gate2) = (Grain(), Grain(), Name(), Name());
        var held = plain.Hold(gate);
        await Gates.Entered(gate);
        var started = plain.Start(Soon, Soon, false, false);
        await interleaving.Start(Soon, Soon, true, false);
        var held2 = interleaving.Hold(gate2);
        await Gates.Entered(gate2);
        var before = await interleaving.TicksNow();
        await Eventually.True(async () => await interleaving.TicksNow() > before, "an interleaving tick");
        Assert.Equal(0, await plain.TicksNow());
        Gates.Release(gate);
        Gates.Release(gate2);
        await Task.WhenAll(held, held2, started);
    }

    [Fact]
    public async Task Timer_Failing_GoesOn()
    {
        var grain = Grain();
        await grain.StartFailing();
        await Eventually.True(async () => await grain.Ticks() >= 2, "two ticks");
    }

    [Fact]
    public async Task Timer_Changed_UsesTheNewTimes()
    {
        var grain = Grain();
        await grain.Start(TimeSpan.FromHours(1), TimeSpan.FromHours(1), false, false);
        await grain.Change(Soon, Timeout.InfiniteTimeSpan);
        await Eventually.True(async () => await grain.Ticks() == 1, "one tick");
    }

    [Fact]
    public async Task Timer_EndsWithTheActivation()
    {
        var key = Name();
        await Grain(key).Start(Soon, Soon, false, false);
        await cluster.Host.DeactivateAsync(Grain(key));
        var ticks = Notes.Of(key).Count;
        await Task.Delay(200);
        Assert.Equal(ticks, Notes.Of(key).Count);
    }

    [Fact]
    public async Task Timer_DoesNotKeepTheActivation_UnlessAsked()
    {
        var (plain, kept) = (Name(), Name());
        await Grain(plain).Start(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(200), false, false);
        await Grain(kept).Start(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(200), false, true);
        await Eventually.True(() => Notes.Of(plain).Contains("deactivate ActivationIdle"), "collected");
        Assert.DoesNotContain("deactivate ActivationIdle", Notes.Of(kept));
    }
}

[Alias("conformance.reminded")]
public interface IRemindedGrain : IGrainWithStringKey
{
    [Alias("register")]
    Task<string> Register(string name, TimeSpan due, TimeSpan period);

    [Alias("unregister")]
    Task Unregister(string name);

    [Alias("names")]
    Task<List<string>> Names();

    [Alias("get")]
    Task<string?> Get(string name);
}

public sealed class RemindedGrain : Grain, IRemindedGrain, IRemindable
{
    public async Task<string> Register(string name, TimeSpan due, TimeSpan period) => (await this.RegisterOrUpdateReminder(name, due, period)).ReminderName;

    public async Task Unregister(string name) => await this.UnregisterReminder((await this.GetReminder(name))!);

    public async Task<List<string>> Names() => [.. (await this.GetReminders()).Select(r => r.ReminderName)];

    public async Task<string?> Get(string name) => (await this.GetReminder(name))?.ReminderName;

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Notes.Add(this.GetPrimaryKeyString(), $"reminded {reminderName} {status.Period} {status.CurrentTickTime >= status.FirstTickTime} {status.FirstTickTime.Kind}");
        return Task.CompletedTask;
    }
}

/// <summary>A table of one's own, that outlives the silo.</summary>
public sealed class OwnReminderTable : IReminderTable
{
    private readonly Dictionary<(GrainId, string), ReminderEntry> _rows = [];

    private Action? _atFirstRead;

    public List<string> Lifecycle { get; } = [];

    /// <summary>Does something just before a silo reads what it has to tick for the first time.</summary>
    public void AtFirstRead(Action action) => _atFirstRead = action;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Lifecycle.Add("start");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Lifecycle.Add("stop");
        return Task.CompletedTask;
    }

    public Task<ReminderTableData> ReadRows(GrainId grainId) => Task.FromResult(Select(r => r.GrainId == grainId));

    public Task<ReminderTableData> ReadRows(uint begin, uint end)
    {
        Interlocked.Exchange(ref _atFirstRead, null)?.Invoke();
        return Task.FromResult(Select(r =>
        {
            var hash = r.GrainId.GetUniformHashCode();
            return begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;
        }));
    }

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName)
    {
        lock (_rows)
        {
            return Task.FromResult(_rows.GetValueOrDefault((grainId, reminderName)));
        }
    }

    public Task<string?> UpsertRow(ReminderEntry entry)
    {
        lock (_rows)
        {
            entry.ETag = Guid.NewGuid().ToString();
            _rows[(entry.GrainId, entry.ReminderName)] = entry;
            return Task.FromResult<string?>(entry.ETag);
        }
    }

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag)
    {
        lock (_rows)
        {
            return Task.FromResult(_rows.Remove((grainId, reminderName)));
        }
    }

    public Task TestOnlyClearTable()
    {
        lock (_rows)
        {
            _rows.Clear();
        }

        return Task.CompletedTask;
    }

    private ReminderTableData Select(Func<ReminderEntry, bool> predicate)
    {
        lock (_rows)
        {
            return new ReminderTableData(_rows.Values.Where(predicate));
        }
    }
}

public sealed class MemoryReminders : Cluster
{
    protected override void ConfigureSilo(ISiloBuilder silo)
    {
        silo.UseInMemoryReminderService();
        silo.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100));
    }
}

public sealed class OwnReminders : Cluster
{
    public OwnReminderTable Table { get; } = new();

    protected override void ConfigureSilo(ISiloBuilder silo)
    {
        silo.AddReminders();
        silo.Services.AddSingleton<IReminderTable>(Table);
    }
}

public sealed class ReminderTests(MemoryReminders memory, OwnReminders own) : IClassFixture<MemoryReminders>, IClassFixture<OwnReminders>
{
    private static string Name() => Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Reminder_Registered_IsFoundAndTicksAgainAndAgain()
    {
        var key = Name();
        var grain = memory.Client.GetGrain<IRemindedGrain>(key);
        Assert.Equal("r", await grain.Register("r", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300)));
        Assert.Equal(["r"], await grain.Names());
        Assert.Equal("r", await grain.Get("r"));
        Assert.Null(await grain.Get("other"));
        await Eventually.True(() => Notes.Of(key).Count >= 2, "two ticks");
        Assert.Equal("reminded r 00:00:00.3000000 True Utc", Notes.Of(key)[0]);
        await grain.Unregister("r");
        Assert.Empty(await grain.Names());
        await Task.Delay(100);
        var ticks = Notes.Of(key).Count;
        await Task.Delay(800);
        Assert.Equal(ticks, Notes.Of(key).Count);
    }

    [Fact]
    public async Task Reminder_ActivatesTheGrain()
    {
        var key = Name();
        var grain = memory.Client.GetGrain<IRemindedGrain>(key);
        await grain.Register("r", TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5));
        await memory.Host.DeactivateAsync(grain);
        await Eventually.True(() => Notes.Of(key).Count == 1, "a tick");
    }

    [Fact]
    public async Task Reminder_RegisteredAgain_ReplacesTheFirst()
    {
        var key = Name();
        var grain = memory.Client.GetGrain<IRemindedGrain>(key);
        await grain.Register("r", TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        await grain.Register("r", TimeSpan.FromMilliseconds(300), TimeSpan.FromHours(1));
        Assert.Equal(["r"], await grain.Names());
        await Eventually.True(() => Notes.Of(key).Count == 1, "a tick");
    }

    [Fact]
    public async Task Reminder_BelowTheFloor_IsRefused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => own.Client.GetGrain<IRemindedGrain>(Name()).Register("r", TimeSpan.Zero, TimeSpan.FromSeconds(59)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => own.Client.GetGrain<IRemindedGrain>(Name()).Register("r", TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Reminder_WithoutReminders_IsRefused()
    {
        await using var cluster = await ClientTests.Deploy(_ => { });
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => cluster.Client.GetGrain<IRemindedGrain>(Name()).Register("r", TimeSpan.Zero, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Reminder_InTheTable_TicksWhenTheSiloStarts()
    {
        var key = Name();
        var table = new OwnReminderTable();

        // A tick that was due before the silo came to read the table is left out, however long the silo takes to start.
        table.AtFirstRead(() => table.UpsertRow(new ReminderEntry
        {
            GrainId = GrainId.Create("reminded", key),
            ReminderName = "stored",
            StartAt = DateTime.UtcNow.AddSeconds(2),
            Period = TimeSpan.FromMinutes(10),
        }));
        await using var cluster = await ClientTests.Deploy(silo =>
        {
            silo.AddReminders();
            silo.Services.AddSingleton<IReminderTable>(table);
        });
        await Eventually.True(() => Notes.Of(key).Count == 1, "a tick", 30);
        Assert.StartsWith("reminded stored 00:10:00 True", Notes.Of(key)[0], StringComparison.Ordinal);
        Assert.Contains("start", table.Lifecycle);
    }

    [Fact]
    public async Task Reminder_Registered_IsInTheTable()
    {
        var key = Name();
        await own.Client.GetGrain<IRemindedGrain>(key).Register("r", TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(3));
        var row = await own.Table.ReadRow(GrainId.Create("reminded", key), "r");
        Assert.Equal(TimeSpan.FromMinutes(3), row!.Period);
        Assert.Equal(DateTimeKind.Utc, row.StartAt.Kind);
        Assert.InRange(row.StartAt, DateTime.UtcNow.AddSeconds(90), DateTime.UtcNow.AddSeconds(150));
    }
}
