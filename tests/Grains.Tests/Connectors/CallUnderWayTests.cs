using Microsoft.Extensions.DependencyInjection;
using Steward.Connectors;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

/// <summary>Calls of external systems that take longer than a grain call may: nobody waits for their answer in one call, which a lost silo would never give.</summary>
public sealed class CallUnderWayTests(SystemCluster cluster) : IClassFixture<SystemCluster>, IDisposable
{
    private const string Tenant = "t-acme";

    // Whoever waits for a lost silo notices after this time; see the silo's and the client's response timeouts.
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _answers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose()
    {
        _answers.TrySetResult();
        cluster.System.Gate = Task.CompletedTask;
        cluster.AttachFails = false;
    }

    [Fact]
    public async Task Call_SystemTakesLong_IsAnsweredSoonAndItsEndCanBeWaitedFor()
    {
        var before = cluster.System.Calls;
        var going = await BeginAsync("slow");
        var call = cluster.Grains.GetGrain<IConnectorCallUnderWayGrain>(GrainKeys.CallUnderWay(Tenant, going.UnderWay!));

        cluster.SignIn(Tenant, "u-eve", WellKnownRoles.Admin);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => call.Wait())).Code);

        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        var waiting = call.Wait();
        _answers.SetResult();
        var ended = await waiting;
        Assert.Equal(("succeeded", (string?)null), (ended.Outcome, ended.UnderWay));
        Assert.Contains("T-1", ended.ResultJson, StringComparison.Ordinal);
        Assert.Equal(before + 1, cluster.System.Calls);

        // The answer may have been lost on its way; and whoever waited may stop the call when it has ended.
        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        Assert.Equal("succeeded", (await call.Wait()).Outcome);
        await cluster.Silo.GetRequiredService<CallsUnderWay>().Find(GrainKeys.CallUnderWay(Tenant, going.UnderWay!))!.Stop.CancelAsync();
    }

    [Fact]
    public async Task Call_CannotBeHandedOver_IsWaitedForInPlace()
    {
        cluster.System.Answer = """{"key":"T-1"}""";
        await cluster.CreateAsync("stuck", "    output: { fields: { number: key } }\n");
        cluster.System.Gate = _answers.Task;
        cluster.AttachFails = true;
        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        var calling = Calls.Call(CommandOf("stuck"));
        await Task.Delay(CallsUnderWay.AnswerWithin + TimeSpan.FromSeconds(1));
        _answers.SetResult();

        var ended = await calling;
        Assert.Equal(("succeeded", (string?)null), (ended.Outcome, ended.UnderWay));
    }

    [Fact]
    public async Task Call_AsManyAsATenantMayHaveAreBeingMade_IsRefusedAtOnce()
    {
        await cluster.CreateAsync("crowded", "    output: { fields: { number: key } }\n");
        cluster.System.Gate = _answers.Task;
        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        var others = Enumerable.Range(0, CallsUnderWay.MaxPerTenant).Select(number => Calls.Call(CommandOf("crowded"))).ToList();
        var underWay = cluster.Silo.GetRequiredService<CallsUnderWay>();
        await UntilAsync(() => underWay.Count(Tenant) == CallsUnderWay.MaxPerTenant);

        var refused = await Calls.Call(CommandOf("crowded"));

        Assert.All(others, other => Assert.False(other.IsCompleted));
        Assert.Equal(("unavailable", true), (refused.Outcome, refused.IsRetryable));
        _answers.SetResult();
        await Task.WhenAll(others);
        await UntilAsync(() => underWay.Count(Tenant) == 0);
    }

    [Fact]
    public async Task Wait_SiloThatMadeTheCallIsLost_SaysThatTheOutcomeIsUnknown()
    {
        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        var lost = cluster.Grains.GetGrain<IConnectorCallUnderWayGrain>(GrainKeys.CallUnderWay(Tenant, "x-0123456789abcdef"));

        var answer = await lost.Wait();

        Assert.Equal(("unknown", (string?)null, false), (answer.Outcome, answer.UnderWay, answer.IsRetryable));
    }

    [Fact]
    public void Methods_OfTheCalls_HaveNoLongerResponseTimeoutThanTheClusters()
    {
        // Else a client that called a silo just before it was lost waits that long.
        var timeouts = new[] { typeof(IConnectorCallsGrain).GetMethod(nameof(IConnectorCallsGrain.Call))!, typeof(IConnectorCallUnderWayGrain).GetMethod(nameof(IConnectorCallUnderWayGrain.Wait))! }
            .SelectMany(method => method.GetCustomAttributes(typeof(ResponseTimeoutAttribute), inherit: false));

        Assert.Empty(timeouts);
        Assert.True(CallsUnderWay.AnswerWithin < Noticed / 2);
    }

    [Fact]
    public async Task Begin_MoreThanATenantMayHave_BeginsNothingUntilTheyEnd()
    {
        var calls = new CallsUnderWay(TimeProvider.System);
        var ends = new TaskCompletionSource<ConnectorCallResult>();
        for (var i = 0; i < CallsUnderWay.MaxPerTenant; i++)
        {
            Assert.NotNull(calls.Begin(Tenant, "u-ada", _ => ends.Task));
        }

        Assert.Null(calls.Begin(Tenant, "u-ada", _ => ends.Task));
        Assert.NotNull(calls.Begin("t-other", "u-ada", _ => ends.Task));
        ends.SetResult(new ConnectorCallResult { Outcome = "succeeded" });
        await UntilAsync(() => calls.Count(Tenant) == 0);
        Assert.NotNull(calls.Begin(Tenant, "u-ada", _ => ends.Task));
    }

    [Fact]
    public async Task Stopping_CallIsUnderWay_IsWaitedForAndNoOtherBegins()
    {
        var calls = new CallsUnderWay(TimeProvider.System);
        var ends = new TaskCompletionSource<ConnectorCallResult>();
        var call = calls.Begin(Tenant, "u-ada", _ => ends.Task)!;

        var stopping = calls.StoppingAsync(default);

        Assert.Null(calls.Begin(Tenant, "u-ada", _ => ends.Task));
        Assert.False(stopping.IsCompleted);
        ends.SetResult(new ConnectorCallResult { Outcome = "succeeded" });
        await stopping;
        Assert.Equal("succeeded", (await call.Result).Outcome);
    }

    [Fact]
    public async Task Stopping_HostWaitsNoLonger_CallIsStoppedAndItsOutcomeIsUnknown()
    {
        var calls = new CallsUnderWay(TimeProvider.System);
        using var timeout = new CancellationTokenSource();
        var call = calls.Begin(Tenant, "u-ada", async token =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return new ConnectorCallResult { Outcome = "succeeded" };
        })!;

        var stopping = calls.StoppingAsync(timeout.Token);
        Assert.False(call.Result.IsCompleted);
        await timeout.CancelAsync();
        await stopping;

        Assert.Equal("unknown", (await call.Result).Outcome);
    }

    [Fact]
    public async Task Keep_CallEndedMinutesAgo_IsForgotten()
    {
        var calls = new CallsUnderWay(new HurriedTime());
        var ends = new TaskCompletionSource<ConnectorCallResult>();
        var call = calls.Begin(Tenant, "u-ada", _ => ends.Task)!;
        var key = GrainKeys.CallUnderWay(Tenant, calls.Keep(Tenant, call));
        await Task.Delay(CallsUnderWay.KeptFor / HurriedTime.Times * 2);
        Assert.Same(call, calls.Find(key));

        ends.SetResult(new ConnectorCallResult { Outcome = "succeeded" });
        await UntilAsync(() => calls.Find(key) is null);
    }

    private IConnectorCallsGrain Calls => cluster.Grains.GetGrain<IConnectorCallsGrain>(Tenant);

    private static ConnectorCallCommand CommandOf(string name) => new() { Instance = name, Operation = "tickets.get", ArgumentsJson = "{}", ActionId = Guid.NewGuid().ToString("n") };

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var until = Environment.TickCount64 + 20_000; !isSo(); await Task.Delay(10))
        {
            Assert.True(Environment.TickCount64 < until);
        }
    }

    private async Task<ConnectorCallResult> BeginAsync(string name)
    {
        cluster.System.Answer = """{"key":"T-1"}""";
        await cluster.CreateAsync(name, "    output: { fields: { number: key } }\n");
        cluster.System.Gate = _answers.Task;
        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        var began = Environment.TickCount64;
        var going = await cluster.Grains.GetGrain<IConnectorCallsGrain>(Tenant).Call(new ConnectorCallCommand { Instance = name, Operation = "tickets.get", ArgumentsJson = "{}", ActionId = "slow-1" });

        Assert.True(Environment.TickCount64 - began < Noticed.TotalMilliseconds);
        Assert.Equal("running", going.Outcome);
        Assert.NotNull(going.UnderWay);
        return going;
    }

    /// <summary>A clock whose timers do not take as long as they should.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        public const int Times = 1_000;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(callback, state, dueTime / Times, period);
    }
}
