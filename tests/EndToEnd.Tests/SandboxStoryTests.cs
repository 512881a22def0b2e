using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Steward.Engines.Security;
using Steward.EnterpriseSim;
using Steward.Host.Demo;
using Steward.ModelSim;

namespace Steward.EndToEnd.Tests;

/// <summary>An agent runs code for an employee, and an employee runs code over the API: with real sandboxes and a database whose salaries only the help desk may read.</summary>
public sealed class SandboxStoryTests : IAsyncLifetime
{
    private const string Csv = "opened,title\n2026-03-02,Printer\n2026-03-03,VPN\n2026-03-10,Laptop\n2026-03-17,Badge\n2026-03-18,Mail\n";

    private const string Plot = """
        import pandas as pd
        import matplotlib.pyplot as plt
        import steward
        frame = pd.read_csv("tickets.csv", parse_dates=["opened"])
        weeks = frame.set_index("opened").resample("W").size().rename("tickets").reset_index()
        steward.table(weeks, "Weeks")
        weeks.plot.bar(x="opened", y="tickets", title="Tickets per week")
        """;

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;
    private ModelSimulation? _model;
    private StewardProcess? _steward;

    public async Task InitializeAsync()
    {
        var file = Path.Combine(_data.Path, "reports.db");
        await using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE salaries (who TEXT, amount INTEGER); INSERT INTO salaries VALUES ('Ada', 4711); CREATE TABLE tickets (id INTEGER); INSERT INTO tickets VALUES (1), (2);";
            await command.ExecuteNonQueryAsync();
        }

        _simulation = await EnterpriseSimulation.StartAsync();
        _model = await ModelSimulation.StartAsync();
        var tenant = $"Steward:Sandbox:Data:Tenants:{DemoTenant.Id}";
        _steward = await StewardProcess.StartAsync(_data.Path, _simulation, new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = _model.ApiKey,
            ["OPENAI_BASE_URL"] = _model.Url.ToString(),
            ["OPENAI_MODEL"] = "sim-large",
            ["Steward:Orchestration:Strategy"] = "react",
            [$"{tenant}:SqliteFile"] = file,
            [$"{tenant}:SqliteTables:salaries:0"] = "helpdesk",
            [$"{tenant}:SqliteTables:tickets:0"] = "*",
        });
    }

    public async Task DisposeAsync()
    {
        await _steward!.DisposeAsync();
        await _model!.DisposeAsync();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task PlotTicketsPerWeek_FromTheCsv_TheAnswerHasTheChart()
    {
        Ask("Plot tickets per week", Run("python", Plot));
        Answer("Here it is: ${chart}");
        using var client = _steward!.SignIn();
        var run = await client.SubmitAsync(await client.OpenSessionAsync(), "Plot tickets per week from the CSV:\n" + Csv);

        var events = await client.WatchAsync(run);
        var address = ChartIn(events.Answer());
        using var chart = await client.GetAsync(address);
        var trace = await client.GetStringAsync($"v1/runs/{run}/trace");
        using var other = _steward.SignIn("sam.patel");
        using var refused = await other.GetAsync(address);

        Assert.Equal("image/png", chart.Content.Headers.ContentType?.MediaType);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await chart.Content.ReadAsByteArrayAsync())[..4]);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Contains("Tickets per week", events.Answer() + trace, StringComparison.Ordinal);
        Assert.Contains("chart-1.png", trace, StringComparison.Ordinal);
        var result = events.Last(wire => wire.Type == "step.completed").Data.GetProperty("result");
        Assert.Equal([2, 1, 2], result.GetProperty("tables")[0].GetProperty("rows").EnumerateArray().Select(row => row[1].GetInt32()));
    }

    [Fact]
    public async Task FailingSnippet_IsMendedInTheSecondRound()
    {
        Ask("mend it", Run("python", "import os\nprint(os.listdir())"));
        _model!.Append(new ModelRule { Times = 1, When = new ModelMatch { LastRole = "tool", LastMessageContains = "findings" }, Reply = new ModelReply { ToolCalls = [Run("python", Plot.Replace("\"opened\"]", "\"opend\"]", StringComparison.Ordinal))] } });
        _model.Append(new ModelRule { Times = 1, When = new ModelMatch { LastRole = "tool", LastMessageContains = "opend" }, Reply = new ModelReply { ToolCalls = [Run("python", Plot)] } });
        Answer("Mended: ${chart}");
        using var client = _steward!.SignIn();

        var events = await client.AskAsync(await client.OpenSessionAsync(), "Plot the CSV and mend it");
        var results = events.Where(wire => wire.Type == "step.completed").Select(wire => wire.Data.GetProperty("result")).ToList();

        Assert.Equal(["code_refused", "code_failed", "finished"], results.Select(result => result.GetProperty("code").GetString()));
        Assert.Equal(1, results[0].GetProperty("findings")[0].GetProperty("line").GetInt32());
        Assert.StartsWith("Mended: ![", events.Answer(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ada.lovelace", "failed", false)]
    [InlineData("sam.patel", "finished", true)]
    public async Task Salaries_OnlyWhoMayReadThem_GetsThem(string employee, string status, bool mayRead)
    {
        Ask("earn", Run("sql", "SELECT who, amount FROM salaries"));
        _model!.Append(new ModelRule { When = new ModelMatch { LastRole = "tool" }, Reply = new ModelReply { Text = "That is what I found." } });
        using var client = _steward!.SignIn(employee);

        var events = await client.AskAsync(await client.OpenSessionAsync(), "What does everybody earn?");

        Assert.Equal(status, events.Single(wire => wire.Type == "step.completed").Data.GetProperty("result").GetProperty("status").GetString());
        Assert.Equal(mayRead, string.Concat(events.Select(wire => wire.Data.GetRawText())).Contains("4711", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Api_Execution_IsFollowedAndReadByItsPersonAlone()
    {
        using var client = _steward!.SignIn();
        using var started = await client.PostAsJsonAsync("v1/sandbox/executions", new { language = "sql", code = "SELECT count(*) AS n FROM tickets", operationId = "once" });
        using var again = await client.PostAsJsonAsync("v1/sandbox/executions", new { language = "sql", code = "SELECT 1", operationId = "once" });
        var address = started.Headers.Location!.ToString();

        using var stream = await client.GetAsync($"{address}/events", HttpCompletionOption.ResponseHeadersRead);
        var events = new List<string>();
        await foreach (var item in SseParser.Create(await stream.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            events.Add(item.EventType);
        }

        var ended = await client.GetFromJsonAsync<JsonElement>(address);
        using var over = await client.GetAsync($"{address}/events?after={ended.GetProperty("lastSequence").GetInt64()}");
        using var other = _steward.SignIn("sam.patel");
        using var refused = await other.GetAsync(address);
        using var wrong = await client.PostAsJsonAsync("v1/sandbox/executions", new { language = "cobol", code = "x" });

        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        Assert.Equal(started.Headers.Location, again.Headers.Location);
        Assert.Equal("ended", events[^1]);
        Assert.Equal("finished", ended.GetProperty("state").GetString());
        Assert.True(ended.GetProperty("destroyed").GetBoolean());
        Assert.Equal(2, ended.GetProperty("result").GetProperty("tables")[0].GetProperty("rows")[0][0].GetInt32());
        Assert.Equal(HttpStatusCode.NoContent, over.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Equal("language", (await wrong.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("field").GetString());
    }

    [Fact]
    public async Task Snippet_ProposedAndAccepted_IsInWhatTheModelIsTold()
    {
        _model!.Append(new ModelRule { When = new ModelMatch { LastRole = "user" }, Reply = new ModelReply { Text = "That is how." } });
        using var ada = _steward!.SignIn();
        using var admin = _steward.Client(_steward.Token(new EnvelopeIdentity { TenantId = DemoTenant.Id, UserId = "u-reviewer", Roles = ["admin"] }));
        using var started = await ada.PostAsJsonAsync("v1/sandbox/executions", new { language = "python", code = "print('weeks of tickets')" });
        using var stream = await ada.GetAsync($"{started.Headers.Location}/events", HttpCompletionOption.ResponseHeadersRead);
        await foreach (var item in SseParser.Create(await stream.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            Assert.NotEqual("", item.EventType);
        }

        var proposal = new { executionId = started.Headers.Location!.ToString().Split('/')[^1], title = "Tickets per week" };
        using var off = await ada.PostAsJsonAsync("v1/sandbox/snippets", proposal);
        using var on = await admin.PutAsJsonAsync("v1/sandbox/snippet-settings", new { enabled = true });
        using var proposed = await ada.PostAsJsonAsync("v1/sandbox/snippets", proposal);
        var address = $"v1/sandbox/snippets/{proposal.executionId}";
        using var refused = await ada.PostAsJsonAsync($"{address}/decide", new { accepted = true });
        using var accepted = await admin.PostAsJsonAsync($"{address}/decide", new { accepted = true });
        var session = await ada.OpenSessionAsync();
        for (var round = 0; round < 20 && !Told(); round++)
        {
            await ada.AskAsync(session, $"Plot tickets per week, please ({round})");
        }

        Assert.Equal([HttpStatusCode.Conflict, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.OK], new[] { off, on, proposed, refused, accepted }.Select(answer => answer.StatusCode));
        Assert.Equal("accepted", (await ada.GetFromJsonAsync<JsonElement>("v1/sandbox/snippets")).GetProperty("snippets")[0].GetProperty("state").GetString());
        Assert.True(Told());
        bool Told() => _model.Requests.Any(request => request.Body?["tools"]?.ToJsonString().Contains("weeks of tickets", StringComparison.Ordinal) == true);
    }

    private void Ask(string words, ModelToolCall call) =>
        _model!.Append(new ModelRule { When = new ModelMatch { LastRole = "user", LastUserMessageContains = words }, Reply = new ModelReply { ToolCalls = [call] } });

    private void Answer(string text) =>
        _model!.Append(new ModelRule { When = new ModelMatch { LastRole = "tool", LastMessageMatches = @"(?<chart>!\[[^\]]*\]\(/v1/sandbox/[^)]+\))" }, Reply = new ModelReply { Text = text } });

    private static ModelToolCall Run(string language, string code)
    {
        var arguments = new JsonObject { ["language"] = language, ["code"] = code };
        if (language == "python")
        {
            arguments["files"] = new JsonArray(new JsonObject { ["name"] = "tickets.csv", ["text"] = Csv });
        }

        return new ModelToolCall { Name = "sandbox_run_code", Arguments = arguments };
    }

    private static string ChartIn(string answer)
    {
        Assert.Matches(@"!\[[^\]]*\]\(/v1/sandbox/executions/x-[a-z0-9]+/files/chart-1\.png\)", answer);
        return answer[(answer.IndexOf("(/v1", StringComparison.Ordinal) + 2)..answer.LastIndexOf(')')];
    }
}
