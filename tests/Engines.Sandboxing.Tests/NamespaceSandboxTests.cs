using System.Text.Json;

namespace Steward.Engines.Sandboxing.Tests;

public sealed class NamespaceSandboxTests(RootSandboxes sandboxes) : IClassFixture<RootSandboxes>
{
    [SandboxFact]
    public async Task Run_TableChartAndFile_ComeBackTyped()
    {
        var outcome = await sandboxes.RunAsync("""
            import pandas as pd
            df = pd.DataFrame({"n": [1, 2], "x": [0.5, None], "s": ["a", None], "b": [True, False], "d": pd.to_datetime(["2026-01-02", None])})
            df.to_csv("out.csv", index=False)
            df.plot(y="n", title="Tickets")
            df
            """);

        var table = Assert.Single(outcome.Tables);
        Assert.Equal(["integer", "number", "string", "boolean", "datetime"], table.Columns.Select(column => column.Type));
        Assert.Equal("""[[1,0.5,"a",true,"2026-01-02T00:00:00"],[2,null,null,false,null]]""", JsonSerializer.Serialize(table.Rows));
        var chart = Assert.Single(outcome.Charts);
        Assert.Equal("Tickets", chart.Title);
        Assert.StartsWith("n,x,s,b,d", System.Text.Encoding.UTF8.GetString(Assert.Single(outcome.Files).Content.Span), StringComparison.Ordinal);
        Assert.Equal(SandboxStatus.Finished, outcome.Status);
    }

    [SandboxFact]
    public async Task Run_InputFile_LiesInTheWorkDirectory()
    {
        var job = Sandboxes.Job("import pandas as pd\nprint(pd.read_csv('in.csv').a.sum())") with { Files = [new SandboxFile("in.csv", "a\n40\n2\n"u8.ToArray())] };

        var outcome = await sandboxes.Pool.ExecuteAsync(job, NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        Assert.Equal("42\n", outcome.Text);
        Assert.Empty(outcome.Files);
    }

    [SandboxFact]
    public async Task Run_CodeThatFails_NamesTypeAndLine()
    {
        var outcome = await sandboxes.RunAsync("x = {}\n\nprint(x['missing'])\n");

        Assert.Equal(new SandboxError("KeyError", "'missing'", 3), outcome.Error);
        Assert.Equal((SandboxStatus.Failed, SandboxCodes.CodeFailed, (int?)1), (outcome.Status, outcome.Code, outcome.ExitCode));
    }

    [SandboxFact]
    public async Task Run_Shell_RunsAPipeline()
    {
        var job = Sandboxes.Job("sort -u words | wc -l", SandboxProfile.Shell, validate: true) with { Files = [new SandboxFile("words", "b\na\nb\n"u8.ToArray())] };

        var outcome = await sandboxes.Pool.ExecuteAsync(job, NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        Assert.Equal("2", outcome.Text.Trim());
    }

    [SandboxFact]
    public async Task Run_QuestionsForData_AreAnsweredWithTheJob()
    {
        var broker = new TableBroker();

        var outcome = await sandboxes.RunAsync("""
            import steward
            frame = steward.sql("SELECT 1 WHERE a = $1", ["x"])
            print(frame.n.sum(), frame.d.dt.year.tolist())
            print(steward.connector("jira.get", key="A-1"))
            print(steward.file("a.txt"))
            try:
                steward.file("secret")
            except steward.DataError as error:
                print(error.code)
            """, data: broker);

        Assert.Equal("3 [2025, 2026]\n{'key': 'A-1'}\nb'content'\ndenied\n", outcome.Text);
        Assert.Equal(["t-acme SELECT 1 WHERE a = $1 [\"x\"]"], broker.Asked);
    }

    [SandboxFact]
    public async Task Run_AsksAgainWithoutReadingTheAnswer_IsEndedAndNobodyIsAskedAgain()
    {
        var broker = new LargeFiles();

        var outcome = await sandboxes.RunAsync("""
            import os, select, struct
            question = b'{"kind": "file", "name": "x"}'
            answer = select.poll()
            answer.register(3, select.POLLIN)
            for round in range(20):
                os.write(3, struct.pack("<IB", len(question), ord("Q")) + question)
                answer.poll()
            while True:
                pass
            """, data: broker);

        Assert.Equal((SandboxCodes.LimitReached, 1), (outcome.Code, broker.Asked));
        Assert.Equal([SandboxLimit.Results], outcome.LimitsHit);
    }

    [SandboxFact]
    public async Task Run_ManySmallCharts_StopsAtTwoHundred()
    {
        var outcome = await sandboxes.RunAsync("import steward\nfor n in range(300):\n    steward.table([{'n': n}])");

        Assert.Equal((SandboxCodes.LimitReached, 200), (outcome.Code, outcome.Tables.Count));
        Assert.Equal([SandboxLimit.Results], outcome.LimitsHit);
        Assert.Contains("more than 200", outcome.Error!.Message, StringComparison.Ordinal);
    }

    [SandboxFact]
    public async Task Run_TitleThatSteersATerminal_IsShownWithoutIt()
    {
        var outcome = await sandboxes.RunAsync("""
            import os, struct
            title = ("a\x1b]0;b\x07\u202ec\n" + "d" * 5000).encode()
            payload = struct.pack("<H", len(title)) + title + b"\x89PNG"
            os.write(3, struct.pack("<IB", len(payload), ord("C")) + payload)
            """);

        Assert.Equal("a ]0;b  c " + new string('d', 190), Assert.Single(outcome.Charts).Title);
    }

    [SandboxFact]
    public async Task Run_LongShellScript_RunsAsAShortOne()
    {
        var outcome = await sandboxes.RunAsync($"n=0\n# {new string('é', 100_000)}\nn=$((n + 1))\necho \"$n $# $0\"\nexit 3\n", SandboxProfile.Shell);

        Assert.Equal(("1 0 bash\n", 3), (outcome.Text, outcome.ExitCode));
    }

    [SandboxFact]
    public async Task Run_BrokerThatThrows_AnswersWithoutItsText()
    {
        var outcome = await sandboxes.RunAsync("import steward\nsteward.connector('boom')", data: new TableBroker());

        Assert.Contains("internal_error", outcome.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("password", outcome.Text, StringComparison.Ordinal);
    }

    [SandboxFact]
    public async Task Run_Cancelled_EndsAsCancelled()
    {
        using var source = new CancellationTokenSource();
        var sink = new StartSink(source.Cancel);

        var outcome = await sandboxes.Pool.ExecuteAsync(Sandboxes.Job("while True: pass"), sink, NoData.Instance, source.Token);

        Assert.Equal((SandboxStatus.Cancelled, SandboxCodes.Cancelled), (outcome.Status, outcome.Code));
    }

    [SandboxFact]
    public async Task Run_TwoForks_HaveDifferentRandomNumbers()
    {
        const string Code = "import random, numpy\nprint(random.random(), numpy.random.rand())";

        var numbers = (await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => sandboxes.RunAsync(Code)))).SelectMany(outcome => outcome.Text.Split()).Where(text => text.Length > 0).ToList();

        Assert.Equal(8, numbers.Distinct().Count());
    }

    [SandboxFact]
    public async Task Run_SupervisorKilled_FailsAsLostAndTheNextOneRuns()
    {
        await using var provider = Sandboxes.Create(cgroups: true, ordinary: false);
        await provider.StartAsync(CancellationToken.None);
        var sink = new StartSink(() => System.Diagnostics.Process.GetProcessById(provider.SupervisorId!.Value).Kill());

        var lost = await provider.RunAsync(Sandboxes.Job("while True: pass"), sink, NoData.Instance, CancellationToken.None);
        var next = await provider.RunAsync(Sandboxes.Job("print(1)"), NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        Assert.Equal((SandboxStatus.Failed, SandboxCodes.Lost), (lost.Status, lost.Code));
        Assert.Equal("1\n", next.Text);
    }

    // Ctrl-C at the silo's terminal goes to every process of its session.
    [SandboxFact]
    public async Task Start_Supervisor_HasASessionOfItsOwn()
    {
        await using var provider = Sandboxes.Create(cgroups: true, ordinary: false);
        await provider.StartAsync(CancellationToken.None);
        var supervisor = provider.SupervisorId!.Value;

        var stat = await File.ReadAllTextAsync($"/proc/{supervisor}/stat");

        Assert.Equal($"{supervisor}", stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3]);
    }

    [SandboxFact]
    public async Task Run_PastTheRotation_GoesOnInANewProcess()
    {
        await using var provider = Sandboxes.Create(cgroups: true, ordinary: false, options => options.RotateAfter = 3);
        var seeds = new HashSet<string>();

        // Forks of one process hash alike; another process does not.
        for (var round = 0; round < 200 && seeds.Count < 2; round++)
        {
            seeds.Add((await provider.RunAsync(Sandboxes.Job("import time\ntime.sleep(0.02)\nprint(hash('a'))"), NoOutputSink.Instance, NoData.Instance, CancellationToken.None)).Text);
        }

        Assert.True(seeds.Count >= 2);
        Assert.All(seeds, text => Assert.NotEqual("", text));
    }

    [SandboxFact]
    public async Task Start_WithoutBubblewrap_SaysHowToGetIt()
    {
        await using var provider = Sandboxes.Create(cgroups: true, ordinary: false, options => options.BubblewrapPath = "/nowhere/bwrap");

        var outcome = await provider.RunAsync(Sandboxes.Job("print(1)"), NoOutputSink.Instance, NoData.Instance, CancellationToken.None);

        Assert.Equal((SandboxStatus.Refused, SandboxCodes.NotAvailable), (outcome.Status, outcome.Code));
        Assert.Contains("apt-get install bubblewrap", outcome.Reason, StringComparison.Ordinal);
    }

    [SandboxFact]
    public void Availability_OfThisMachine_NamesEveryLayer() =>
        Assert.Equal(
            ["namespaces", "own_uid", "no_new_privs", "capabilities", "seccomp", "landlock", "read_only_root", "rlimits", "cgroup_memory", "cgroup_cpu", "cgroup_pids"],
            sandboxes.Provider.Availability.Layers.Select(layer => layer.Name));
}
