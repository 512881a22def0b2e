using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Sandboxing.Remote;

namespace Steward.Engines.Sandboxing.Tests;

public sealed class RemoteSandboxTests : IAsyncLifetime
{
    private RemoteSandboxSim _sim = null!;
    private ServiceProvider _services = null!;

    private ISandboxProvider Remote => _services.GetServices<ISandboxProvider>().Single(provider => provider.Tier == SandboxTier.Remote);

    public async Task InitializeAsync()
    {
        _sim = await RemoteSandboxSim.StartAsync();
        _services = Services(_sim.Address);
        await Remote.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _services.DisposeAsync();
        await _sim.DisposeAsync();
    }

    [Fact]
    public async Task Run_Code_GivesTextTablesFilesAndTellsTheOutput()
    {
        var heard = new Heard();
        var outcome = await Remote.RunAsync(Job("work") with { Files = [new SandboxFile("in.csv", "a"u8.ToArray())] }, heard, NoData.Instance, CancellationToken.None);

        Assert.Equal((SandboxStatus.Finished, "one\n1 files\n", "remote", 0), (outcome.Status, outcome.Text, outcome.Provider, outcome.ExitCode));
        Assert.Equal("[[1],[2]]", Assert.Single(outcome.Tables).Rows.GetRawText());
        Assert.Equal("hi", Encoding.UTF8.GetString(Assert.Single(outcome.Files).Content.Span));
        Assert.Equal("remote|one\n|1 files\n", string.Join('|', heard.All));
    }

    [Fact]
    public async Task Run_CodeThatFails_GivesTheErrorAndItsLine()
    {
        var outcome = await RunAsync("fail");
        Assert.Equal((SandboxStatus.Failed, SandboxCodes.CodeFailed, new SandboxError("ValueError", "no", 3)), (outcome.Status, outcome.Code, outcome.Error));
    }

    [Fact]
    public async Task Run_ServiceThatNeverEnds_TimesOutAndIsToldToKill()
    {
        var outcome = await RunAsync("hang", new SandboxLimits { WallTime = TimeSpan.FromMilliseconds(50) });
        Assert.Equal((SandboxStatus.TimedOut, SandboxCodes.TimedOut), (outcome.Status, outcome.Code));
        Assert.StartsWith("r-", await _sim.Killed.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Cancelled_KillsAndSaysSo()
    {
        using var stop = new CancellationTokenSource();
        var running = Remote.RunAsync(Job("hang"), NoOutputSink.Instance, NoData.Instance, stop.Token);
        await _sim.Hanging.Task;
        await stop.CancelAsync();
        Assert.Equal(SandboxStatus.Cancelled, (await running).Status);
        Assert.StartsWith("r-", await _sim.Killed.Task, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("flood")]
    [InlineData("forge")]
    [InlineData("climb")]
    public async Task Run_AnswerThatCannotBeTrusted_IsLostWithoutAResult(string how)
    {
        var outcome = await RunAsync(how, new SandboxLimits { FileBytes = 1 << 20, ResultBytes = 1 << 20 });
        Assert.Equal((SandboxStatus.Failed, SandboxCodes.Lost), (outcome.Status, outcome.Code));
        Assert.Empty(outcome.Files);
        Assert.StartsWith("r-", await _sim.Killed.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ResultOfAnEarlierRequest_IsDropped()
    {
        Assert.Equal(SandboxCodes.Finished, (await RunAsync("replay")).Code);
        Assert.Equal(SandboxCodes.Lost, (await RunAsync("replay")).Code);
    }

    [Fact]
    public async Task Run_TextBeyondTheLimit_IsCutAndNamed()
    {
        var outcome = await RunAsync("chatter", new SandboxLimits { TextBytes = 1000 });
        Assert.Equal((SandboxStatus.Finished, ""), (outcome.Status, outcome.Text));
        Assert.Equal(SandboxLimit.Text, Assert.Single(outcome.LimitsHit));
    }

    [Fact]
    public async Task Run_QuestionsForData_AreAnsweredWithTheJobAndCounted()
    {
        var broker = new TableBroker();

        var outcome = await Remote.RunAsync(Job("ask") with { Limits = new SandboxLimits { DataCalls = 1 } }, NoOutputSink.Instance, broker, CancellationToken.None);

        var said = outcome.Text.Split('\n');
        Assert.StartsWith("""1 A {"table":{"columns":[{"name":"n","type":"integer"}""", said[0], StringComparison.Ordinal);
        Assert.StartsWith("""2 A {"error":"too_many_calls""", said[1], StringComparison.Ordinal);
        Assert.Equal(["t-acme SELECT 1 [\"x\"]"], broker.Asked);
    }

    [Fact]
    public async Task Run_QuestionThatIsNotSigned_IsNotAnswered()
    {
        var broker = new TableBroker();

        var outcome = await Remote.RunAsync(Job("ask-forged"), NoOutputSink.Instance, broker, CancellationToken.None);

        Assert.Equal((SandboxStatus.Failed, SandboxCodes.Lost), (outcome.Status, outcome.Code));
        Assert.Empty(broker.Asked);
    }

    [Fact]
    public async Task Start_ServiceThatIsDown_IsNotAvailableUntilItIsBack()
    {
        _sim.IsIll = true;
        await Remote.StartAsync(CancellationToken.None);
        Assert.Contains("503", Remote.Availability.Remedy, StringComparison.Ordinal);
        Assert.Equal((SandboxStatus.Refused, SandboxCodes.NotAvailable), await StatusAsync("work"));
        _sim.IsIll = false;
        await Remote.StartAsync(CancellationToken.None);
        Assert.True(Remote.Availability.IsAvailable);
    }

    [Fact]
    public async Task Execute_TenantOfTheRemoteTier_IsRunThereAndAnotherIsNot()
    {
        var pool = _services.GetRequiredService<ISandboxPool>();
        var there = await pool.ExecuteAsync(Job("work") with { Tenant = "t-far", Validate = false }, NoOutputSink.Instance, NoData.Instance, CancellationToken.None);
        var nowhere = await pool.ExecuteAsync(Job("work") with { Tenant = "t-own-kernel", Validate = false }, NoOutputSink.Instance, NoData.Instance, CancellationToken.None);
        Assert.Equal((SandboxStatus.Finished, "remote"), (there.Status, there.Provider));
        Assert.Equal((SandboxCodes.NotAvailable, "Code execution is switched off."), (nowhere.Code, nowhere.Reason));
    }

    [Fact]
    public void Options_PlainHttpToAnotherMachine_IsRefused() =>
        Assert.False(new RemoteSandboxOptions { Address = new Uri("http://sandbox.example"), Key = RemoteSandboxSim.Key }.IsValid);

    private static ServiceProvider Services(Uri address) => new ServiceCollection().AddLogging()
        .AddStewardSandbox(options =>
        {
            options.Enabled = false;
            options.TenantTiers["t-far"] = SandboxTier.Remote;
            options.TenantTiers["t-own-kernel"] = SandboxTier.GVisor;
        })
        .AddStewardRemoteSandbox(options => (options.Address, options.Key, options.Patience) = (address, RemoteSandboxSim.Key, TimeSpan.FromSeconds(1)))
        .BuildServiceProvider();

    private static SandboxJob Job(string code) => new() { ExecutionId = "x-1", Tenant = "t-acme", Profile = SandboxProfile.Python, Code = code };

    private Task<SandboxOutcome> RunAsync(string code, SandboxLimits? limits = null) =>
        Remote.RunAsync(Job(code) with { Limits = limits ?? SandboxLimits.Interactive }, NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

    private async Task<(SandboxStatus Status, string Code)> StatusAsync(string code)
    {
        var outcome = await RunAsync(code);
        return (outcome.Status, outcome.Code);
    }

    private sealed class Heard : ISandboxOutputSink
    {
        public List<string> All { get; } = [];

        public void Queued(int position)
        {
        }

        public void Started(string provider) => All.Add(provider);

        public void Text(string text) => All.Add(text);
    }
}
