using System.Diagnostics;
using Steward.EnterpriseSim;
using Steward.Engines.Experiments.Evaluation;
using Steward.ModelSim;

namespace Steward.EndToEnd.Tests;

/// <summary><c>steward eval</c> as a pipeline runs it, with the suite that ships: of a model alone, and of a running Steward. The model knows the answers, until it is made worse.</summary>
public sealed class EvalCommandTests : IAsyncLifetime
{
    private static readonly string Suite = Path.Combine(DocumentationTests.Root, "samples", "evaluation", "desk.jsonl");

    private readonly TemporaryDirectory _data = new();
    private ModelSimulation? _model;

    public async Task InitializeAsync()
    {
        using var reader = new StreamReader(Suite);
        var set = GoldenSet.Read("desk", reader);
        _model = await ModelSimulation.StartAsync(new ModelSimOptions
        {
            Script = new ModelScript
            {
                Rules =
                [
                    new ModelRule { Name = "judge", When = new ModelMatch { LastUserMessageContains = "\"reference\":" }, Reply = new ModelReply { Text = """{"faithfulness":0.9,"relevance":0.95}""" } },
                    .. set.Cases.Select(golden => new ModelRule { Name = golden.Id, When = new ModelMatch { LastUserMessageContains = golden.Input }, Reply = new ModelReply { Text = golden.Expected } }),
                ],
                Default = new ModelReply { Text = "I do not know." },
            },
        });
    }

    public async Task DisposeAsync()
    {
        await _model!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Eval_AgainstItsBaseline_PassesAndIsRefusedOnceTheModelIsWorse()
    {
        var (baseline, run) = (Path.Combine(_data.Path, "baseline.json"), Path.Combine(_data.Path, "run.json"));
        var first = await EvalAsync(Suite, "--out", baseline);
        Assert.True(first.Exit == 0, first.Errors);
        Assert.Contains("right        1.0000 of 46 judged; 0 calls failed", first.Output, StringComparison.Ordinal);

        var same = await EvalAsync(Suite, "--against", baseline, "--out", run);
        Assert.True(same.Exit == 0, same.Errors + same.Output);
        Assert.Contains("Not worse on the frozen subset: 1.000 right against 1.000 of 18", same.Output, StringComparison.Ordinal);
        Assert.EndsWith("passed\n", same.Output, StringComparison.Ordinal);

        _model!.Prepend(new ModelRule { When = new ModelMatch { AnyMessageContains = "You sort tickets", LastRole = "user" }, Reply = new ModelReply { Text = "The group is Network, I think." } });
        var worse = await EvalAsync(Suite, "--against", baseline);
        Assert.True(worse.Exit == 1, worse.Errors + worse.Output);
        Assert.Contains("Worse on all questions: 0.565 right against 1.000 of 46, 0 won and 20 lost", worse.Output, StringComparison.Ordinal);
        Assert.EndsWith("REFUSED\n", worse.Output, StringComparison.Ordinal);
    }

    // The frozen subset is what makes runs of different versions of a suite comparable.
    [Fact]
    public async Task Eval_FrozenSubsetChanged_IsRefused()
    {
        var (baseline, changed) = (Path.Combine(_data.Path, "baseline.json"), Path.Combine(_data.Path, "desk.jsonl"));
        Assert.Equal(0, (await EvalAsync(Suite, "--out", baseline)).Exit);
        var lines = await File.ReadAllLinesAsync(Suite);
        await File.WriteAllLinesAsync(changed, lines.Where(line => !line.Contains("\"triage-01\"", StringComparison.Ordinal)));
        var refused = await EvalAsync(changed, "--against", baseline);

        Assert.Equal(1, refused.Exit);
        Assert.Contains("The frozen subset was changed", refused.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"a","input":"What?"}""", "line 1: a case has an id, an input")]
    [InlineData("""{"id":"a","input":"What?","expected":"x","chek":"Exact"}""", "line 1")]
    [InlineData("", "The set has no case.")]
    public async Task Eval_BadSuite_CouldNotRun(string suite, string problem)
    {
        var file = Path.Combine(_data.Path, "bad.jsonl");
        await File.WriteAllTextAsync(file, suite);
        var failed = await EvalAsync(file);

        Assert.Equal(2, failed.Exit);
        Assert.Contains(problem, failed.Errors, StringComparison.Ordinal);
        Assert.Empty(_model!.Requests);
    }

    [Fact]
    public async Task Eval_NothingToAsk_CouldNotRun()
    {
        Assert.Equal(2, (await EvalAsync(Path.Combine(_data.Path, "nowhere.jsonl"))).Exit);
        var model = await EvalAsync(Suite, "--model", "nobody/nothing");
        Assert.Equal(2, model.Exit);
        Assert.Contains("There are: small, standard, large", model.Errors, StringComparison.Ordinal);
        var token = await EvalAsync(Suite, "--endpoint", "http://127.0.0.1:9");
        Assert.Equal(2, token.Exit);
        Assert.Contains("STEWARD_TOKEN", token.Errors, StringComparison.Ordinal);
        var nobody = await RunAsync(new() { ["STEWARD_TOKEN"] = "x" }, Suite, "--endpoint", "http://127.0.0.1:9");
        Assert.Equal(2, nobody.Exit);
        Assert.Contains("is no endpoint of Steward", nobody.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Eval_OfARunningSteward_GoesItsWholeWay()
    {
        await using var simulation = await EnterpriseSimulation.StartAsync();
        await using var steward = await StewardProcess.StartAsync(Path.Combine(_data.Path, "data"), simulation, new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = _model!.ApiKey,
            ["OPENAI_BASE_URL"] = _model.Url.ToString(),
            ["OPENAI_MODEL"] = "sim-large",
            ["Steward:Orchestration:Strategy"] = "react",
        });
        var token = new Dictionary<string, string?> { ["STEWARD_TOKEN"] = steward.Token(Host.Demo.DemoTenant.Find(Host.Demo.DemoTenant.DefaultEmployee)!) };
        var (url, run) = (steward.Url.ToString(), Path.Combine(_data.Path, "run.json"));

        var auto = await RunAsync(token, Suite, "--endpoint", url, "--out", run);
        Assert.True(auto.Exit == 0, auto.Errors + auto.Output);
        Assert.Contains("46 questions to steward/auto", auto.Output, StringComparison.Ordinal);
        Assert.Contains("right        1.0000 of 46 judged; 0 calls failed", auto.Output, StringComparison.Ordinal);

        // An agent's run has the platform's own instructions beside those of the suite.
        _model.ClearRequests();
        var agent = await RunAsync(token, Suite, "--endpoint", url + "openai/v1", "--model", "steward/agent", "--against", run);
        Assert.True(agent.Exit == 0, agent.Errors + agent.Output);
        Assert.Contains(_model.Requests, request => request.Rule == "policy-01" && request.Body["messages"]!.AsArray().Count > 1);
        var wrong = await RunAsync(token, Suite, "--endpoint", url, "--model", "steward/nothing");
        Assert.Equal(2, wrong.Exit);
        Assert.Contains("There is no steward/nothing for this token", wrong.Errors, StringComparison.Ordinal);
    }

    private Task<(int Exit, string Output, string Errors)> EvalAsync(params string[] arguments) =>
        RunAsync(new() { ["OPENAI_API_KEY"] = _model!.ApiKey, ["OPENAI_BASE_URL"] = _model.Url.ToString(), ["OPENAI_MODEL"] = "sim-large" }, arguments);

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(Dictionary<string, string?> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "eval", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in new[] { "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "STEWARD_TOKEN" })
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120));
        return (process.ExitCode, await output, await errors);
    }
}
