using System.Text.Json;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Sandbox;
using Steward.Storage;

namespace Steward.Grains.Tests.Sandbox;

/// <summary>Leases whose silo goes while they are at work. On a silo of their own, which they restart.</summary>
public sealed class SandboxLossTests(SandboxCluster cluster) : IClassFixture<SandboxCluster>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Watchdog_LeaseOfALostSilo_EndsItAsFailedAndDestroyed(int steps)
    {
        var id = SandboxCluster.NewId();
        var key = GrainKeys.SandboxLease("t-acme", id);
        await WriteAsync(key, steps);

        await cluster.WatchdogAsync("t-acme");
        var head = await cluster.Journals.GetHeadAsync(key);
        cluster.SignIn("t-acme", "u-ada");
        var ended = (await cluster.Lease(id).Get())!;
        var events = new List<SandboxEvent>();
        await foreach (var next in cluster.Lease(id).Watch(7))
        {
            events.Add(next);
        }

        Assert.Null(head!.WakeAt);
        Assert.Equal((SandboxState.Failed, true), (ended.State, ended.IsDestroyed));
        Assert.Equal(steps == 3 ? "kept" : "silo_lost", ended.Result!.Code);
        Assert.Equal(steps == 3 ? [] : [SandboxEventKind.Ended], events.Select(next => next.Kind));
    }

    [Fact]
    public async Task Retire_LeaseThatEnded_LeavesAReceiptThatLoads()
    {
        cluster.SignIn("t-acme", "u-ada");
        var id = SandboxCluster.NewId();
        await cluster.Lease(id).Start(SandboxCluster.Code("say x"));
        var ended = await SandboxCluster.EndedAsync(cluster.Lease(id));
        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);

        Assert.False(await cluster.Lease(id).Retire(ended.EndedAt!.Value.AddMinutes(-1)));
        Assert.True(await cluster.Lease(id).Retire(ended.EndedAt!.Value.AddMinutes(1)));
        Assert.False(await cluster.Lease(id).Retire(ended.EndedAt!.Value.AddMinutes(1)));
        await cluster.RestartAsync();
        cluster.SignIn("t-acme", "u-ada");

        Assert.Equal((SandboxState.Finished, ended.CodeHash), ((await cluster.Lease(id).Get())!.State, (await cluster.Lease(id).Get())!.CodeHash));
    }

    [Fact]
    public async Task Restart_CodeAtWork_IsStoppedAndSaysSo()
    {
        cluster.SignIn("t-acme", "u-ada");
        var id = SandboxCluster.NewId();
        await cluster.Lease(id).Start(SandboxCluster.Code($"hold {id}"));
        await Conversing.UntilAsync(async () => (await cluster.Lease(id).Get())!.State == SandboxState.Running);

        await cluster.RestartAsync();
        cluster.SignIn("t-acme", "u-ada");
        var ended = (await cluster.Lease(id).Get())!;

        Assert.True(cluster.Pool.Stopped[id]);
        Assert.Equal((SandboxState.Failed, true, "silo_lost"), (ended.State, ended.IsDestroyed, ended.Result!.Code));
    }

    [Fact]
    public async Task RunCode_MendedWithARestartBetween_CountsWhatTheCodeDidAndNotTheLossOfItsSilo()
    {
        cluster.SignIn("t-acme", "u-ada", "hr");
        var hold = $"hold {SandboxCluster.NewId()}";
        var session = await cluster.OpenAsync(Conversing.NewSession("t-acme", "u-ada"));
        var calls = Enumerable.Range(1, RunCodeTool.MendRounds).Select(number => $"fail before {number}").Append(hold).Append("fail after").Append("say too late").Select(RunCodeTests.Call);
        var submitted = await session.SayAsync(string.Join(" ; ", calls) + " ; say done");
        await Conversing.UntilAsync(() => Task.FromResult(cluster.Pool.Jobs.Any(job => job.Code == hold)));

        await cluster.RestartAsync();
        await cluster.WatchdogAsync("t-acme");
        cluster.SignIn("t-acme", "u-ada", "hr");
        var events = await cluster.Run(submitted).WatchToEndAsync();

        Assert.Contains(cluster.Pool.Jobs, job => job.Code == "fail after");
        Assert.DoesNotContain(cluster.Pool.Jobs, job => job.Code == "say too late");
        Assert.Contains(events, next => next.Type == "step.failed" && next.Data.Contains("mend_limit", StringComparison.Ordinal));
    }

    // What a silo had journaled when it was killed.
    private async Task WriteAsync(string key, int steps)
    {
        var requested = new LeaseRequested
        {
            By = new CallerIdentity { TenantId = "t-acme", UserId = "u-ada" },
            Language = "python",
            CodeHash = "00",
            SealedCode = "11",
            IsBackground = false,
            Deadline = cluster.Time.GetUtcNow().AddMinutes(1),
        };
        List<(string, byte[])> records =
        [
            (LeaseRecordTypes.Requested, JsonSerializer.SerializeToUtf8Bytes(requested, LeaseJson.Default.LeaseRequested)),
            (LeaseRecordTypes.Granted, "{}"u8.ToArray()),
            (LeaseRecordTypes.Running, "{}"u8.ToArray()),
            (LeaseRecordTypes.Ended, JsonSerializer.SerializeToUtf8Bytes(new LeaseEnded { State = SandboxState.Failed, Code = "kept", Reason = "Kept.", LastSequence = 7 }, LeaseJson.Default.LeaseEnded)),
        ];
        var written = records.Take(steps + 1).Select(record => new JournalRecord { Type = record.Item1, Payload = record.Item2, At = cluster.Time.GetUtcNow() });
        await cluster.Journals.AppendAsync(new JournalAppend { Journal = key, ExpectedSequence = 0, Records = [.. written], Wake = new JournalWake(cluster.Time.GetUtcNow().AddSeconds(-1)) });
    }
}
