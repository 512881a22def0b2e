using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>gVisor gives what namespaces give: the same jobs, the same outcomes.</summary>
public sealed class GVisorSandboxTests(GVisorSandboxes sandboxes) : IClassFixture<GVisorSandboxes>
{
    [GVisorFact]
    public async Task Run_TableChartAndFiles_GoInAndComeBack()
    {
        var job = Sandboxes.Job("""
            import pandas as pd
            frame = pd.read_csv("in.csv")
            frame.to_csv("out.csv", index=False)
            frame.plot(y="n", title="Tickets")
            frame
            """) with { Files = [new SandboxFile("in.csv", "n,s\n1,a\n2,b\n"u8.ToArray())] };

        var outcome = await sandboxes.Pool.ExecuteAsync(job, NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        Assert.Equal((SandboxStatus.Finished, "gvisor"), (outcome.Status, outcome.Provider));
        Assert.Equal("""[[1,"a"],[2,"b"]]""", JsonSerializer.Serialize(Assert.Single(outcome.Tables).Rows));
        Assert.Equal("Tickets", Assert.Single(outcome.Charts).Title);
        var file = Assert.Single(outcome.Files);
        Assert.Equal(("out.csv", "n,s\n1,a\n2,b\n"), (file.Name, Encoding.UTF8.GetString(file.Content.Span)));
    }

    [GVisorFact]
    public async Task Run_Shell_RunsAPipeline()
    {
        var job = Sandboxes.Job("sort -u words | wc -l", SandboxProfile.Shell) with { Files = [new SandboxFile("words", "b\na\nb\n"u8.ToArray())] };

        Assert.Equal("2", (await sandboxes.Pool.ExecuteAsync(job, NoOutputSink.Instance, NoData.Instance, CancellationToken.None)).Text.Trim());
    }

    [GVisorFact]
    public async Task Run_CodeThatFails_NamesTypeAndLine() =>
        Assert.Equal(new SandboxError("KeyError", "'missing'", 3), (await sandboxes.RunAsync("x = {}\n\nprint(x['missing'])\n")).Error);

    [GVisorFact]
    public async Task Run_QuestionsForData_AreAnswered()
    {
        var broker = new TableBroker();

        var outcome = await sandboxes.RunAsync("import steward\nprint(steward.sql('SELECT 1', ['x']).n.sum())\nprint(steward.file('a.txt'))", data: broker);

        Assert.Equal("3\nb'content'\n", outcome.Text);
        Assert.Equal(["t-acme SELECT 1 [\"x\"]"], broker.Asked);
    }

    [GVisorFact]
    public async Task Run_Cancelled_EndsAsCancelled()
    {
        using var source = new CancellationTokenSource();

        var outcome = await sandboxes.Pool.ExecuteAsync(Sandboxes.Job("while True: pass"), new StartSink(source.Cancel), NoData.Instance, source.Token);

        Assert.Equal((SandboxStatus.Cancelled, SandboxCodes.Cancelled), (outcome.Status, outcome.Code));
    }

    [GVisorFact]
    public async Task Run_ThatAsksForValidation_IsCheckedOnTheTreeThatRuns()
    {
        var outcome = await sandboxes.RunAsync("print(1)\nimport os\n", validate: true);

        Assert.Equal((SandboxStatus.Refused, SandboxCodes.Refused, ""), (outcome.Status, outcome.Code, outcome.Text));
        Assert.Equal(2, Assert.Single(outcome.Findings).Line);
    }

    [GVisorFact]
    public async Task Run_WithItsModulesLoaded_LeavesNothingOfThemInTheWorkDirectory()
    {
        await using var provider = Sandboxes.CreateGVisor(cgroups: true, ordinary: false);

        var outcome = await provider.RunAsync(Sandboxes.Job("import os, sys\nprint('pandas' in sys.modules, os.listdir())"), NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        Assert.Equal("True []\n", outcome.Text);
    }

    [GVisorFact]
    public async Task Run_SupervisorKilled_FailsAsLostAndTheNextOneRuns()
    {
        await using var provider = Sandboxes.CreateGVisor(cgroups: true, ordinary: false, options => options.GVisor.Preload = false);
        await provider.StartAsync(CancellationToken.None);
        var sink = new StartSink(() => System.Diagnostics.Process.GetProcessById(provider.SupervisorId!.Value).Kill());

        var lost = await provider.RunAsync(Sandboxes.Job("while True: pass"), sink, NoData.Instance, CancellationToken.None);
        var next = await provider.RunAsync(Sandboxes.Job("print(1)"), NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        Assert.Equal((SandboxStatus.Failed, SandboxCodes.Lost), (lost.Status, lost.Code));
        Assert.Equal("1\n", next.Text);
    }

    [GVisorFact]
    public void Availability_OfThisMachine_NamesEveryLayer() =>
        Assert.Equal(
            ["own_kernel", "namespaces", "own_uid", "no_new_privs", "capabilities", "seccomp", "read_only_root", "rlimits", "cgroup_memory", "cgroup_cpu", "cgroup_pids"],
            sandboxes.Provider.Availability.Layers.Select(layer => layer.Name));

    [SandboxFact]
    public async Task Execute_TenantWhoseGVisorIsNotThere_IsRefusedAndRunsNowhereElse()
    {
        var options = new SandboxOptions { TenantTiers = { ["t-acme"] = SandboxTier.GVisor }, GVisor = { RunscPath = "/nowhere/runsc" } };
        await using var namespaces = Sandboxes.Create(cgroups: true, ordinary: false);
        await using var gvisor = Sandboxes.CreateGVisor(cgroups: true, ordinary: false, one => one.GVisor.RunscPath = "/nowhere/runsc");
        await using var pool = new SandboxPool([namespaces, gvisor], namespaces, Options.Create(options), TimeProvider.System, NullLogger<SandboxPool>.Instance);

        var refused = await pool.ExecuteAsync(Sandboxes.Job("print(1)"), NoOutputSink.Instance, NoData.Instance, CancellationToken.None);
        var other = await pool.ExecuteAsync(Sandboxes.Job("print(1)") with { Tenant = "t-other" }, NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        Assert.Equal((SandboxStatus.Refused, SandboxCodes.NotAvailable, (string?)null), (refused.Status, refused.Code, refused.Provider));
        Assert.Contains("apt-get install runsc", refused.Reason, StringComparison.Ordinal);
        Assert.Equal((SandboxStatus.Finished, "namespaces"), (other.Status, other.Provider));
    }

    [GVisorFact]
    public async Task Start_RunscThatCannotRun_SaysSo()
    {
        await using var gvisor = Sandboxes.CreateGVisor(cgroups: true, ordinary: false, one => one.GVisor.RunscPath = "/usr/bin/false");

        await gvisor.StartAsync(CancellationToken.None);

        Assert.False(gvisor.Availability.IsAvailable);
        Assert.Contains("user namespaces", gvisor.Availability.Remedy, StringComparison.Ordinal);
    }
}
