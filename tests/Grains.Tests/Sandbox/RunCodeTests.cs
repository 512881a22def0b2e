using System.Text.Json;
using Steward.Grains.Tests.Hosting;
using Steward.Runs;
using Steward.Sandbox;

namespace Steward.Grains.Tests.Sandbox;

/// <summary>What an agent gets from the tool.</summary>
[Collection(SandboxClusterGroup.Name)]
public sealed class RunCodeTests
{
    private readonly SandboxCluster _cluster;

    public RunCodeTests(SandboxCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", "u-ada", "hr");
    }

    [Fact]
    public async Task RunCode_Chart_IsInTheResultWithItsAddressAndBelongsToThePerson()
    {
        var results = await RunAsync(Call("say drawn\nchart\ntable"));

        var result = Assert.Single(results);
        Assert.Equal("finished", result.GetProperty("status").GetString());
        var id = result.GetProperty("execution").GetString()!;
        var chart = result.GetProperty("files")[0];
        Assert.Equal($"![Tickets per week](/v1/sandbox/executions/{id}/files/chart-1.png)", chart.GetProperty("markdown").GetString());
        Assert.Equal("2026-W11", result.GetProperty("tables")[0].GetProperty("rows")[1][0].GetString());
        Assert.NotNull(await _cluster.Lease(id).ReadFile("chart-1.png"));
        Assert.StartsWith("r-", (await _cluster.Lease(id).Get())!.RunId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunCode_OfARunWithADeadline_HasNoMoreTimeThanTheRun()
    {
        var deadline = _cluster.Time.GetUtcNow().AddSeconds(60);
        var session = await _cluster.OpenAsync(Conversing.NewSession("t-acme", "u-ada"));
        var submitted = await session.Submit(new Steward.Sessions.SubmitMessage { Text = Call("say in time") + " ; say done", OperationId = Guid.NewGuid().ToString("n"), Deadline = deadline });
        var events = await _cluster.Run(submitted).WatchToEndAsync();
        var execution = events.Where(next => next.Type == "step.completed").Select(next => JsonElement.Parse(next.Data).GetProperty("result").GetProperty("execution").GetString()!).Single();

        Assert.InRange((await _cluster.Lease(execution).Get())!.Deadline, deadline.AddMilliseconds(-5), deadline.AddMilliseconds(5));
    }

    [Fact]
    public async Task RunCode_CodeThatIsRefusedOrFails_SaysWhereAndCanBeMended()
    {
        var results = await RunAsync(Call("refuse"), Call("fail week"), Call("say mended"));

        Assert.Equal(["failed", "failed", "finished"], results.Select(result => result.GetProperty("status").GetString()));
        Assert.Equal(3, results[0].GetProperty("findings")[0].GetProperty("line").GetInt32());
        Assert.Equal("KeyError", results[1].GetProperty("error").GetProperty("type").GetString());
        Assert.Equal("mended\n", results[2].GetProperty("text").GetString());
    }

    [Fact]
    public async Task RunCode_MendedTooOften_IsNotRunAnyMore()
    {
        var before = _cluster.Pool.Jobs.Count(job => job.Code.StartsWith("fail often", StringComparison.Ordinal));

        var results = await RunAsync([.. Enumerable.Range(0, RunCodeTool.MendRounds + 2).Select(number => Call($"fail often {number}"))]);

        Assert.Equal(RunCodeTool.MendRounds + 1, _cluster.Pool.Jobs.Count(job => job.Code.StartsWith("fail often", StringComparison.Ordinal)) - before);
        Assert.Equal(RunCodeTool.MendRounds + 1, results.Count);
    }

    [Theory]
    [InlineData("lose it")]
    [InlineData("throw")]
    public async Task RunCode_LostTooOften_IsNoReasonNotToRunCode(string end)
    {
        var results = await RunAsync([.. Enumerable.Range(0, RunCodeTool.MendRounds + 2).Select(number => Call($"say {number}\n{end}")), Call("say at last")]);

        Assert.Equal(RunCodeTool.MendRounds + 3, results.Count);
        Assert.Equal("finished", results[^1].GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("hr", "u-ada of t-acme")]
    [InlineData("staff", "may not read it")]
    public async Task RunCode_Sql_SeesWhatThePersonMaySee(string role, string expected)
    {
        _cluster.SignIn("t-acme", "u-ada", role);

        var result = Assert.Single(await RunAsync(Call("SELECT * FROM salaries", "sql")));

        Assert.Contains(expected, result.GetRawText(), StringComparison.Ordinal);
    }

    internal static string Call(string code) => Call(code, "python");

    private static string Call(string code, string language) => "do sandbox_run_code " + JsonSerializer.Serialize(new { language, code });

    /// <summary>Lets the model make calls one after the other, and gives the results of the steps.</summary>
    private async Task<List<JsonElement>> RunAsync(params string[] calls)
    {
        var user = "u-ada";
        var session = await _cluster.OpenAsync(Conversing.NewSession("t-acme", user));
        var run = _cluster.Run(await session.SayAsync(string.Join(" ; ", calls) + " ; say done"));
        var events = await run.WatchToEndAsync();
        return [.. events.Where(next => next.Type == "step.completed").Select(next => JsonElement.Parse(next.Data)).Where(data => data.TryGetProperty("result", out _)).Select(data => data.GetProperty("result"))];
    }
}
