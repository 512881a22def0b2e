using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Testing;

namespace Steward.Grains.Tests.Connectors;

public sealed class ConnectorAuditWriterTests(ConnectorCluster cluster) : IClassFixture<ConnectorCluster>
{
    // How long an append is waited for by all, and how long by whoever asked for a change.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    // A test that hangs, not one that is slow.
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(60);

    private readonly ManualTimeProvider _time = new();
    private readonly IGrainFactory _grains = DispatchProxy.Create<IGrainFactory, AuditGrains>();

    private AuditGrains Audit => (AuditGrains)(object)_grains;

    [Fact]
    public async Task Record_OneTenantsAuditDoesNotAnswer_OthersAreWrittenAndItsOwnComeInOrder()
    {
        using var writer = await StartAsync();

        await writer.RecordAsync(Entry("t-stuck", "1"), isChange: false);
        await AdvanceAsync(Gathering);
        await UntilAsync(() => Audit.Asked.Contains("t-stuck"));
        await writer.RecordAsync(Entry("t-stuck", "2"), isChange: false);
        await writer.RecordAsync(Entry("t-other", "1"), isChange: false);
        await AdvanceAsync(Patience);
        await AdvanceAsync(Gathering);
        await UntilAsync(() => Audit.Written.Contains("t-other/1"));
        Assert.Equal(["t-other/1"], Audit.Written);

        Audit.Stuck.SetResult();
        await writer.StopAsync(default);
        Assert.Equal(["t-other/1", "t-stuck/1", "t-stuck/2"], Audit.Written);
    }

    [Fact]
    public async Task Record_ManyWhileOneIsBeingWritten_AreWrittenInFewAppends()
    {
        using var writer = await StartAsync();
        await writer.RecordAsync(Entry("t-stuck", "0"), isChange: false);
        await AdvanceAsync(Gathering);
        await UntilAsync(() => Audit.Asked.Contains("t-stuck"));
        await AdvanceAsync(Patience);

        // One at a time, as calls end, two seconds in all: each must not become an append of its own.
        for (var i = 1; i <= 500; i++)
        {
            await writer.RecordAsync(Entry("t-stuck", $"{i}"), isChange: false);
            _time.Advance(TimeSpan.FromMilliseconds(4));
            await Task.Yield();
            Thread.SpinWait(20_000);
        }

        Audit.Stuck.SetResult();
        await writer.StopAsync(default);
        Assert.Equal(Enumerable.Range(0, 501).Select(i => $"t-stuck/{i}"), Audit.Written);

        // They gather for 25 ms each time, by the clock that is moved here.
        Assert.InRange(Audit.Asked.Count, 2, 120);
    }

    [Fact]
    public async Task RecordAsync_ReadsOfAMoment_ShareAnAppendAndAChangeDoesNotWaitForIt()
    {
        using var writer = await StartAsync();
        await writer.RecordAsync(Entry("t-other", "1"), isChange: false);
        await _time.WhenWaitingAsync(Gathering);
        await writer.RecordAsync(Entry("t-other", "2"), isChange: false);
        await AdvanceAsync(Gathering);
        await UntilAsync(() => Audit.Written.Count == 2);
        Assert.Single(Audit.Asked);

        // No clock is moved.
        await writer.RecordAsync(Entry("t-other", "3"), isChange: false);
        await _time.WhenWaitingAsync(Gathering);
        await writer.RecordAsync(Entry("t-other", "4"), isChange: true).AsTask().WaitAsync(Stalled);
        Assert.Equal(["t-other/1", "t-other/2", "t-other/3", "t-other/4"], Audit.Written);
        await writer.StopAsync(default);
    }

    [Fact]
    public async Task RecordAsync_Change_ReturnsOnceItsEntryIsWritten()
    {
        using var writer = await StartAsync();

        var change = writer.RecordAsync(Entry("t-stuck", "1"), isChange: true).AsTask();
        await UntilAsync(() => Audit.Asked.Contains("t-stuck"));
        var read = writer.RecordAsync(Entry("t-stuck", "2"), isChange: false);

        Assert.True(read.IsCompleted);
        Assert.False(change.IsCompleted);
        Audit.Stuck.SetResult();
        await change.WaitAsync(Stalled);
        Assert.Contains("t-stuck/1", Audit.Written);
        await writer.StopAsync(default);
    }

    [Fact]
    public async Task RecordAsync_ReadWhileTheLogFallsBehind_WaitsUntilItIsWritten()
    {
        using var writer = await StartAsync(new ConnectorAuditOptions { LongestUnwritten = TimeSpan.FromSeconds(1) });
        Assert.True(writer.RecordAsync(Entry("t-stuck", "1"), isChange: false).AsTask().IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1.1));

        var behind = writer.RecordAsync(Entry("t-stuck", "2"), isChange: false).AsTask();
        Assert.True(writer.RecordAsync(Entry("t-other", "1"), isChange: false).AsTask().IsCompleted);
        Assert.False(behind.IsCompleted);
        Audit.Stuck.SetResult();
        await behind.WaitAsync(Stalled);

        Assert.Contains("t-stuck/2", Audit.Written);
        Assert.True(writer.RecordAsync(Entry("t-stuck", "3"), isChange: false).AsTask().IsCompleted);
        await writer.StopAsync(default);
    }

    [Fact]
    public async Task RecordAsync_ReadWhileTheLogIsAway_WaitsNoLongerThanTheBound()
    {
        var bound = TimeSpan.FromMilliseconds(50);
        using var writer = await StartAsync(new ConnectorAuditOptions { LongestUnwritten = bound });
        await writer.RecordAsync(Entry("t-stuck", "1"), isChange: false);
        _time.Advance(bound * 2);

        var behind = writer.RecordAsync(Entry("t-stuck", "2"), isChange: false).AsTask();
        _time.Advance(bound * 0.9);
        Assert.False(behind.IsCompleted);

        _time.Advance(bound * 0.2);
        await behind.WaitAsync(Stalled);
        Assert.Empty(Audit.Written);
        Audit.Stuck.SetResult();
        await writer.StopAsync(default);
    }

    [Fact]
    public async Task RecordAsync_ReadsWait_ReturnsOnceItsEntryIsWritten()
    {
        using var writer = await StartAsync(new ConnectorAuditOptions { ReadsWait = true });

        var read = writer.RecordAsync(Entry("t-stuck", "1"), isChange: false).AsTask();

        Assert.False(read.IsCompleted);
        Audit.Stuck.SetResult();
        await read.WaitAsync(Stalled);
        Assert.Equal(["t-stuck/1"], Audit.Written);
        await writer.StopAsync(default);
    }

    [Fact]
    public async Task RecordAsync_ChangeWhileTheLogIsAway_IsNotHeldUpForLong()
    {
        using var writer = await StartAsync();

        var change = writer.RecordAsync(Entry("t-stuck", "1"), isChange: true).AsTask();
        _time.Advance(LongestWait * 0.9);
        Assert.False(change.IsCompleted);
        _time.Advance(LongestWait * 0.2);
        await change.WaitAsync(Stalled);

        Assert.Empty(Audit.Written);
        Audit.Stuck.SetResult();
        await writer.StopAsync(default);
        Assert.Equal(["t-stuck/1"], Audit.Written);
    }

    [Fact]
    public async Task RecordAsync_ChangeWhileTheLogMovesToAnotherSilo_IsWrittenBeforeItReturns()
    {
        Audit.Failures = 2;
        using var writer = await StartAsync();

        var change = writer.RecordAsync(Entry("t-other", "1"), isChange: true).AsTask();
        foreach (var pause in new[] { TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100) })
        {
            await _time.WhenWaitingAsync(pause);
            _time.Advance(pause);
        }

        await change.WaitAsync(Stalled);
        Assert.Equal(["t-other/1"], Audit.Written);
        Assert.Equal([false, true, true], Audit.Repeated);
        await writer.StopAsync(default);
    }

    private async Task<ConnectorAuditWriter> StartAsync(ConnectorAuditOptions? options = null)
    {
        var writer = new ConnectorAuditWriter(
            _grains, cluster.Silo.GetRequiredService<PlatformIdentity>(), Options.Create(options ?? new ConnectorAuditOptions { LongestUnwritten = TimeSpan.FromMinutes(1) }), _time, NullLogger<ConnectorAuditWriter>.Instance);
        await writer.StartAsync(default);
        return writer;
    }

    // The writer has begun to wait for the clock by then.
    private async Task AdvanceAsync(TimeSpan by)
    {
        await _time.WhenWaitingAsync(by);
        _time.Advance(by);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var until = Environment.TickCount64 + (long)Stalled.TotalMilliseconds; !holds();)
        {
            Assert.True(Environment.TickCount64 < until, "It did not come about.");
            await Task.Delay(20);
        }
    }

    private CallAudit Entry(string tenant, string id) => new()
    {
        At = _time.GetUtcNow(),
        TenantId = tenant,
        Instance = "desk",
        Operation = "things.list",
        ActionId = id,
        ArgumentsHash = "0",
        Arguments = "{}",
        Outcome = "succeeded",
        Attempts = 1,
        Duration = TimeSpan.Zero,
        Cost = 1,
    };

    /// <summary>Audit grains, one of which does not answer until it is let.</summary>
    public class AuditGrains : DispatchProxy
    {
        internal ConcurrentQueue<string> Asked { get; } = new();

        internal ConcurrentQueue<string> Written { get; } = new();

        internal TaskCompletionSource Stuck { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>How many appends fail before one succeeds.</summary>
        internal int Failures { get; set; }

        /// <summary>For each append of a single entry, whether it was marked as repeated.</summary>
        internal ConcurrentQueue<bool> Repeated { get; } = new();

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var tenant = GrainKeys.TenantOf((string)args![0]!);
            return FakeGrain.Of<IConnectorAuditGrain>((_, call) => AppendAsync(tenant, (IReadOnlyList<ConnectorAuditEntry>)call[0]!));
        }

        private async Task AppendAsync(string tenant, IReadOnlyList<ConnectorAuditEntry> entries)
        {
            Asked.Enqueue(tenant);
            Repeated.Enqueue(entries[0].IsRepeated);
            if (Failures-- > 0)
            {
                throw new StewardException(ErrorCodes.Unavailable, "The silo is gone.") { IsRetryable = true };
            }

            if (tenant == "t-stuck")
            {
                await Stuck.Task;
            }

            foreach (var entry in entries)
            {
                Written.Enqueue($"{tenant}/{entry.ActionId}");
            }
        }
    }
}
