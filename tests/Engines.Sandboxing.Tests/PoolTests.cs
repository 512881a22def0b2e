using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Sandboxing.Tests;

public sealed class PoolTests
{
    [Fact]
    public void FairQueue_TwoTenants_TakeTurns()
    {
        var queue = new FairQueue<string>(perTenant: 10);
        foreach (var item in new[] { "a1", "a2", "a3", "b1" })
        {
            queue.Add(item[..1], 0, item);
        }

        Assert.Equal(["a1", "b1", "a2", "a3"], Enumerable.Range(0, 4).Select(_ => queue.Next()));
    }

    [Fact]
    public void FairQueue_OneAtATime_TurnsAreInProportionToTheWeights()
    {
        var queue = new FairQueue<string>(perTenant: 10);
        for (var round = 0; round < 12; round++)
        {
            queue.Add("free", 0, "f", weight: 1);
            queue.Add("pro", 0, "p", weight: 4);
        }

        var served = "";
        for (var round = 0; round < 10; round++)
        {
            var next = queue.Next()!;
            served += next;
            queue.Finished(next == "f" ? "free" : "pro");
        }

        Assert.Equal((2, 8), (served.Count(one => one == 'f'), served.Count(one => one == 'p')));
        Assert.InRange(served.IndexOf('f', StringComparison.Ordinal), 0, 4);
    }

    [Fact]
    public void FairQueue_ManyAtOnce_RunInProportionToTheWeights()
    {
        var queue = new FairQueue<string>(perTenant: 100);
        for (var round = 0; round < 20; round++)
        {
            queue.Add("free", 0, "f", weight: 1);
            queue.Add("enterprise", 0, "e", weight: 8);
        }

        var running = Enumerable.Range(0, 18).Select(_ => queue.Next()).ToList();

        Assert.Equal((2, 16), (running.Count(one => one == "f"), running.Count(one => one == "e")));
    }

    [Fact]
    public void FairQueue_TenantThatComesLate_HasNoTurnsSavedUp()
    {
        var queue = new FairQueue<string>(perTenant: 10);
        for (var round = 0; round < 8; round++)
        {
            queue.Add("a", 0, "a");
        }

        for (var round = 0; round < 4; round++)
        {
            queue.Finished(queue.Next()!);
        }

        for (var round = 0; round < 4; round++)
        {
            queue.Add("b", 0, "b");
        }

        var served = "";
        for (var round = 0; round < 4; round++)
        {
            var next = queue.Next()!;
            served += next;
            queue.Finished(next);
        }

        Assert.Equal(2, served.Count(one => one == 'a'));
    }

    [Fact]
    public void FairQueue_Positions_TellTheOrder()
    {
        var queue = new FairQueue<string>(perTenant: 10);
        foreach (var item in new[] { "a1", "a2", "a3", "b1" })
        {
            queue.Add(item[..1], 0, item);
        }

        queue.Add("b", 5, "b0");

        Assert.Equal(["b0", "a1", "a2", "b1", "a3"], queue.Positions().OrderBy(one => one.Position).Select(one => one.Item));
    }

    [Fact]
    public void FairQueue_TenantAtItsLimit_WaitsForItsOwn()
    {
        var queue = new FairQueue<string>(perTenant: 1);
        queue.Add("a", 0, "a1");
        queue.Add("a", 9, "a2");

        Assert.Equal("a2", queue.Next());
        Assert.Null(queue.Next());
        queue.Finished("a");
        Assert.Equal("a1", queue.Next());
    }

    [Fact]
    public void WarmEstimate_Burst_IsRememberedAndFades()
    {
        var clock = new HandClock();
        var estimate = new WarmEstimate(2, 32, clock);
        for (var job = 0; job < 12; job++)
        {
            estimate.Arrived();
        }

        Assert.Equal(16, estimate.Target());
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(8, estimate.Target());
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(2, estimate.Target());
    }

    [Fact]
    public async Task Execute_FullQueue_IsBusy()
    {
        var provider = new HeldProvider();
        await using var pool = Pool(provider, options => (options.Capacity, options.QueueLength) = (1, 1));
        var (first, second) = (Run(pool), Run(pool));

        var third = await Run(pool);

        Assert.Equal(SandboxCodes.Busy, third.Code);
        provider.Go.SetResult();
        Assert.All(await Task.WhenAll(first, second), outcome => Assert.Equal(SandboxStatus.Finished, outcome.Status));
    }

    [Fact]
    public async Task Execute_Waiting_IsToldItsPosition()
    {
        var provider = new HeldProvider();
        await using var pool = Pool(provider, options => options.Capacity = 1);
        var sink = new PositionSink();
        var (first, second) = (Run(pool), Run(pool));

        var third = Run(pool, sink);

        Assert.Equal([2], sink.Positions);
        provider.Go.SetResult();
        await Task.WhenAll(first, second, third);
        Assert.Equal([2, 1], sink.Positions);
        Assert.Equal(new SandboxPoolLoad(0, 0, 0, 1), pool.Load);
    }

    [Fact]
    public async Task Execute_CancelledWhileWaiting_LeavesTheQueue()
    {
        var provider = new HeldProvider();
        await using var pool = Pool(provider, options => options.Capacity = 1);
        using var source = new CancellationTokenSource();
        var first = Run(pool);
        var second = Run(pool, cancellationToken: source.Token);

        await source.CancelAsync();

        Assert.Equal(SandboxStatus.Cancelled, (await second).Status);
        Assert.Equal(0, pool.Load.Waiting);
        provider.Go.SetResult();
        Assert.Equal(SandboxStatus.Finished, (await first).Status);
    }

    [Fact]
    public async Task Execute_ProviderTooWeakForTenants_IsRefused()
    {
        await using var pool = Pool(new HeldProvider { MultiTenant = false }, _ => { });

        Assert.Equal(SandboxCodes.NotAvailable, (await Run(pool)).Code);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("a\n")]
    public void Problem_InputFileName_IsRefused(string name) =>
        Assert.Contains("file name", SandboxJobRules.Problem(Sandboxes.Job("x") with { Files = [new SandboxFile(name, default)] }), StringComparison.Ordinal);

    [Fact]
    public async Task Execute_SecondOpinionObjects_IsRefusedWithItsFindings()
    {
        var provider = new HeldProvider();
        await using var pool = Pool(provider, _ => { }, new Reviewer(job => [new CodeFinding(1, "second_opinion", $"It is {job.Code}.")]));

        var outcome = await Run(pool);

        Assert.Equal((SandboxStatus.Refused, SandboxCodes.Refused), (outcome.Status, outcome.Code));
        Assert.Equal(new CodeFinding(1, "second_opinion", "It is x."), Assert.Single(outcome.Findings));
    }

    [Fact]
    public async Task Execute_SecondOpinionFails_TheValidatorsWordStands()
    {
        var provider = new HeldProvider();
        provider.Go.SetResult();
        await using var pool = Pool(provider, _ => { }, new Reviewer(_ => throw new InvalidOperationException("away")));

        Assert.Equal(SandboxStatus.Finished, (await Run(pool)).Status);
    }

    [Theory]
    [InlineData(true, "strong")]
    [InlineData(false, "held")]
    public async Task Execute_NoSecondOpinionCouldBeHad_RunsWhereRiskyCodeRuns(bool isAway, string expected)
    {
        var (usual, strong) = (new HeldProvider(), new HeldProvider { Name = "strong", Tier = SandboxTier.GVisor });
        usual.Go.SetResult();
        strong.Go.SetResult();
        var options = new SandboxOptions { RiskTier = SandboxTier.GVisor, Risks = SandboxRisks.Unreviewed };
        await using var pool = new SandboxPool(
            [usual, strong], new NoValidator(), Options.Create(options), TimeProvider.System, NullLogger<SandboxPool>.Instance, new Reviewer(_ => isAway ? null : []));

        Assert.Equal(expected, (await Run(pool)).Provider);
    }

    [Fact]
    public async Task Execute_ValidatorRefuses_NoSecondOpinionIsAskedAndNoneAllowsIt()
    {
        var asked = 0;
        await using var pool = Pool(new HeldProvider(), _ => { }, new Reviewer(_ =>
        {
            asked++;
            return [];
        }), new Refusing());

        Assert.Equal(SandboxCodes.Refused, (await Run(pool)).Code);
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task Execute_ListenerThrows_TheExecutionAndThoseBehindItGoOn()
    {
        var provider = new HeldProvider();
        await using var pool = Pool(provider, options => options.Capacity = 1);
        var first = Run(pool, new ThrowingSink());
        var second = Run(pool, new ThrowingSink());
        var third = Run(pool);
        provider.Go.SetResult();

        Assert.All(await Task.WhenAll(first, second, third), outcome => Assert.Equal(SandboxStatus.Finished, outcome.Status));
    }

    private static SandboxPool Pool(ISandboxProvider provider, Action<SandboxOptions> configure, ICodeReviewer? reviewer = null, ICodeValidator? validator = null)
    {
        var options = new SandboxOptions { CapacityPerTenant = 10 };
        configure(options);
        return new SandboxPool([provider], validator ?? new NoValidator(), Options.Create(options), TimeProvider.System, NullLogger<SandboxPool>.Instance, reviewer);
    }

    private static Task<SandboxOutcome> Run(SandboxPool pool, ISandboxOutputSink? sink = null, CancellationToken cancellationToken = default) =>
        pool.ExecuteAsync(Sandboxes.Job("x") with { Validate = true }, sink ?? NoOutputSink.Instance, NoData.Instance, cancellationToken);

    private sealed class HeldProvider : ISandboxProvider
    {
        public bool MultiTenant { get; init; } = true;

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name { get; init; } = "held";

        public SandboxTier Tier { get; init; }

        public SandboxAvailability Availability => new() { IsAvailable = true, MultiTenant = MultiTenant };

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void KeepWarm(SandboxProfile profile, int count)
        {
        }

        public int Warm(SandboxProfile profile) => 0;

        public async Task<SandboxOutcome> RunAsync(SandboxJob job, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken)
        {
            output.Started(Name);
            await Go.Task.WaitAsync(cancellationToken);
            return new SandboxOutcome { Status = SandboxStatus.Finished, Code = SandboxCodes.Finished, Reason = "", Provider = Name };
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Refusing : ICodeValidator
    {
        public Task<CodeVerdict> ValidateAsync(SandboxProfile profile, string code, CancellationToken cancellationToken) =>
            Task.FromResult(new CodeVerdict(false, [new CodeFinding(1, "import", "no")]));
    }

    private sealed class Reviewer(Func<SandboxJob, IReadOnlyList<CodeFinding>?> say) : ICodeReviewer
    {
        public Task<IReadOnlyList<CodeFinding>?> ReviewAsync(SandboxJob job, CancellationToken cancellationToken) => Task.FromResult(say(job));
    }

    private sealed class ThrowingSink : ISandboxOutputSink
    {
        public void Queued(int position) => throw new InvalidOperationException("queued");

        public void Started(string provider) => throw new InvalidOperationException("started");

        public void Text(string text) => throw new InvalidOperationException("text");
    }

    private sealed class PositionSink : ISandboxOutputSink
    {
        public List<int> Positions { get; } = [];

        public void Queued(int position) => Positions.Add(position);

        public void Started(string provider)
        {
        }

        public void Text(string text)
        {
        }
    }

    private sealed class HandClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan time) => _now += time.Ticks;
    }
}
