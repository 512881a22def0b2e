using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

public sealed class ConnectorAuditWriterTests
{
    private static readonly PlatformIdentity Platform =
        new(new IdentityEnvelopeSigner(ClusterKeyRing.Parse([Convert.ToBase64String(new byte[32])], "test"), TimeProvider.System));

    // Longer than what a loaded machine takes where nothing waits.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Record_OneTenantsAuditDoesNotAnswer_OthersAreWrittenAndItsOwnComeInOrder()
    {
        var grains = DispatchProxy.Create<IGrainFactory, AuditGrains>();
        var audit = (AuditGrains)(object)grains;
        using var writer = new ConnectorAuditWriter(grains, Platform, Options.Create(new ConnectorAuditOptions { LongestUnwritten = Bound }), TimeProvider.System, NullLogger<ConnectorAuditWriter>.Instance);
        await writer.StartAsync(default);

        await writer.RecordAsync(Entry("t-stuck", "1"), isChange: false);
        await UntilAsync(() => audit.Asked.Contains("t-stuck"));
        await writer.RecordAsync(Entry("t-stuck", "2"), isChange: false);
        await writer.RecordAsync(Entry("t-other", "1"), isChange: false);
        await UntilAsync(() => audit.Written.Contains("t-other/1"));
        Assert.Equal(["t-other/1"], audit.Written);

        audit.Stuck.SetResult();
        await writer.StopAsync(default);
        Assert.Equal(["t-other/1", "t-stuck/1", "t-stuck/2"], audit.Written);
    }

    [Fact]
    public async Task Record_ManyWhileOneIsBeingWritten_AreWrittenInFewAppends()
    {
        var grains = DispatchProxy.Create<IGrainFactory, AuditGrains>();
        var audit = (AuditGrains)(object)grains;
        using var writer = new ConnectorAuditWriter(grains, Platform, Options.Create(new ConnectorAuditOptions { LongestUnwritten = Bound }), TimeProvider.System, NullLogger<ConnectorAuditWriter>.Instance);
        await writer.StartAsync(default);
        await writer.RecordAsync(Entry("t-stuck", "0"), isChange: false);
        await UntilAsync(() => audit.Asked.Contains("t-stuck"));

        // One at a time, as calls end: each must not become an append of its own.
        for (var i = 1; i <= 500; i++)
        {
            await writer.RecordAsync(Entry("t-stuck", $"{i}"), isChange: false);
            await Task.Yield();
            Thread.SpinWait(20_000);
        }

        audit.Stuck.SetResult();
        await writer.StopAsync(default);
        Assert.Equal(Enumerable.Range(0, 501).Select(i => $"t-stuck/{i}"), audit.Written);
        Assert.InRange(audit.Asked.Count, 2, 100);
    }

    [Fact]
    public async Task RecordAsync_Change_ReturnsOnceItsEntryIsWritten()
    {
        var grains = DispatchProxy.Create<IGrainFactory, AuditGrains>();
        var audit = (AuditGrains)(object)grains;
        using var writer = new ConnectorAuditWriter(grains, Platform, Options.Create(new ConnectorAuditOptions { LongestUnwritten = Bound }), TimeProvider.System, NullLogger<ConnectorAuditWriter>.Instance);
        await writer.StartAsync(default);

        var change = writer.RecordAsync(Entry("t-stuck", "1"), isChange: true).AsTask();
        await UntilAsync(() => audit.Asked.Contains("t-stuck"));
        var read = writer.RecordAsync(Entry("t-stuck", "2"), isChange: false);

        Assert.True(read.IsCompleted);
        Assert.False(change.IsCompleted);
        audit.Stuck.SetResult();
        await change.WaitAsync(TimeSpan.FromSeconds(1));
        Assert.Contains("t-stuck/1", audit.Written);
        await writer.StopAsync(default);
    }

    [Fact]
    public async Task RecordAsync_ReadWhileTheLogFallsBehind_WaitsUntilItIsWritten()
    {
        var grains = DispatchProxy.Create<IGrainFactory, AuditGrains>();
        var audit = (AuditGrains)(object)grains;
        using var writer = new ConnectorAuditWriter(
            grains, Platform, Options.Create(new ConnectorAuditOptions { LongestUnwritten = Bound }), TimeProvider.System, NullLogger<ConnectorAuditWriter>.Instance);
        await writer.StartAsync(default);
        Assert.True(writer.RecordAsync(Entry("t-stuck", "1"), isChange: false).AsTask().IsCompleted);
        await Task.Delay(Bound * 1.1);

        var behind = writer.RecordAsync(Entry("t-stuck", "2"), isChange: false).AsTask();
        Assert.True(writer.RecordAsync(Entry("t-other", "1"), isChange: false).AsTask().IsCompleted);
        Assert.False(behind.IsCompleted);
        audit.Stuck.SetResult();
        await behind;

        Assert.Contains("t-stuck/2", audit.Written);
        Assert.True(writer.RecordAsync(Entry("t-stuck", "3"), isChange: false).AsTask().IsCompleted);
        await writer.StopAsync(default);
    }

    [Fact]
    public async Task RecordAsync_ReadWhileTheLogIsAway_WaitsNoLongerThanTheBound()
    {
        var grains = DispatchProxy.Create<IGrainFactory, AuditGrains>();
        var audit = (AuditGrains)(object)grains;
        using var writer = new ConnectorAuditWriter(
            grains, Platform, Options.Create(new ConnectorAuditOptions { LongestUnwritten = TimeSpan.FromMilliseconds(50) }), TimeProvider.System, NullLogger<ConnectorAuditWriter>.Instance);
        await writer.StartAsync(default);
        await writer.RecordAsync(Entry("t-stuck", "1"), isChange: false);
        await Task.Delay(100);

        var behind = writer.RecordAsync(Entry("t-stuck", "2"), isChange: false).AsTask();

        Assert.False(behind.IsCompleted);
        await behind.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Empty(audit.Written);
        audit.Stuck.SetResult();
        await writer.StopAsync(default);
    }

    [Fact]
    public async Task RecordAsync_ReadsWait_ReturnsOnceItsEntryIsWritten()
    {
        var grains = DispatchProxy.Create<IGrainFactory, AuditGrains>();
        var audit = (AuditGrains)(object)grains;
        using var writer = new ConnectorAuditWriter(
            grains, Platform, Options.Create(new ConnectorAuditOptions { ReadsWait = true }), TimeProvider.System, NullLogger<ConnectorAuditWriter>.Instance);
        await writer.StartAsync(default);

        var read = writer.RecordAsync(Entry("t-stuck", "1"), isChange: false).AsTask();

        Assert.False(read.IsCompleted);
        audit.Stuck.SetResult();
        await read;
        Assert.Equal(["t-stuck/1"], audit.Written);
        await writer.StopAsync(default);
    }

    [Fact]
    public async Task RecordAsync_ChangeWhileTheLogIsAway_IsNotHeldUpForLong()
    {
        var grains = DispatchProxy.Create<IGrainFactory, AuditGrains>();
        var audit = (AuditGrains)(object)grains;
        using var writer = new ConnectorAuditWriter(grains, Platform, Options.Create(new ConnectorAuditOptions { LongestUnwritten = Bound }), TimeProvider.System, NullLogger<ConnectorAuditWriter>.Instance);
        await writer.StartAsync(default);

        var began = TimeProvider.System.GetTimestamp();
        await writer.RecordAsync(Entry("t-stuck", "1"), isChange: true);

        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(10));
        audit.Stuck.SetResult();
        await writer.StopAsync(default);
        Assert.Equal(["t-stuck/1"], audit.Written);
    }

    [Fact]
    public async Task RecordAsync_ChangeWhileTheLogMovesToAnotherSilo_IsWrittenBeforeItReturns()
    {
        var grains = DispatchProxy.Create<IGrainFactory, AuditGrains>();
        var audit = (AuditGrains)(object)grains;
        audit.Failures = 2;
        using var writer = new ConnectorAuditWriter(grains, Platform, Options.Create(new ConnectorAuditOptions { LongestUnwritten = Bound }), TimeProvider.System, NullLogger<ConnectorAuditWriter>.Instance);
        await writer.StartAsync(default);

        await writer.RecordAsync(Entry("t-other", "1"), isChange: true);

        Assert.Equal(["t-other/1"], audit.Written);
        Assert.Equal([false, true, true], audit.Repeated);
        await writer.StopAsync(default);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var until = Environment.TickCount64 + 20_000; !holds();)
        {
            Assert.True(Environment.TickCount64 < until, "It did not come about.");
            await Task.Delay(20);
        }
    }

    private static CallAudit Entry(string tenant, string id) => new()
    {
        At = TimeProvider.System.GetUtcNow(),
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
