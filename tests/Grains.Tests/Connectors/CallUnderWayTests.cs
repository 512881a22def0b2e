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
    }

    [Fact]
    public async Task Call_SystemTakesLong_IsAnsweredSoonAndItsEndCanBeWaitedFor()
    {
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
        Assert.Equal(1, cluster.System.Calls);
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
    public async Task Keep_MoreThanATenantMayHave_LeavesNoRoomUntilTheyEnd()
    {
        var calls = new CallsUnderWay();
        var ends = new TaskCompletionSource<ConnectorCallResult>();
        for (var i = 0; i < CallsUnderWay.MaxPerTenant; i++)
        {
            Assert.True(calls.HasRoom(Tenant));
            calls.Keep(Tenant, new CallUnderWay("u-ada", ends.Task, new CancellationTokenSource()));
        }

        Assert.False(calls.HasRoom(Tenant));
        Assert.True(calls.HasRoom("t-other"));
        ends.SetResult(new ConnectorCallResult { Outcome = "succeeded" });
        for (var until = Environment.TickCount64 + 20_000; !calls.HasRoom(Tenant); await Task.Delay(10))
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
}
