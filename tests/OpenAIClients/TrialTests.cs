using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.Engines.Experiments.Quality;
using Steward.Identity;
using Steward.Models;
using Steward.ModelSim;

namespace Steward.OpenAIClients.Tests;

/// <summary>Prompts of runs, judged answers, and vectors under budgets, over the real interfaces.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class TrialTests(StewardEndpoint steward)
{
    private static readonly string Today = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Run_OfATenantWithItsOwnPrompt_IsInstructedByItAndSaysItsVersion()
    {
        var tenant = await steward.TenantAsync();
        using var ada = steward.Http(steward.Token(tenant));
        using var author = steward.Http(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
        using var reviewer = steward.Http(steward.Token(tenant, "u-rita", WellKnownRoles.Admin));
        using var unknown = await author.PostAsJsonAsync(Api("prompts/agent-assistant/versions"), new { text = "Call them {nickname}.", variables = new[] { "nickname" } });
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        foreach (var text in new[] { "You are {title}. Speak like a pirate.", "You are {title}. Speak like a poet." })
        {
            Assert.Equal(HttpStatusCode.OK, (await author.PostAsJsonAsync(Api("prompts/agent-assistant/versions"), new { text, variables = new[] { "title" } })).StatusCode);
        }

        foreach (var version in new[] { 1, 2 })
        {
            Assert.Equal(HttpStatusCode.OK, (await reviewer.PostAsync(Api($"prompts/agent-assistant/versions/{version}/approve"), null)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await author.PostAsync(Api("prompts/agent-assistant/versions/1/publish"), null)).StatusCode);
        var (question, run) = await RunAsync(ada);
        var system = SystemOf(question);
        Assert.Contains("Speak like a pirate.", system, StringComparison.Ordinal);
        Assert.DoesNotContain("{title}", system, StringComparison.Ordinal);
        using var said = await ada.PostAsJsonAsync(Api("feedback"), new { target = run, isGood = true });
        Assert.Equal("agent-assistant@1", (await said.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("promptVersion").GetString());

        // Silos know of it in seconds.
        Assert.Equal(HttpStatusCode.OK, (await author.PostAsync(Api("prompts/agent-assistant/versions/2/publish"), null)).StatusCode);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!SystemOf((await RunAsync(ada)).Question).Contains("Speak like a poet.", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
        }
    }

    [Fact]
    public async Task Answers_OfATenantThatWantsIt_AreJudgedAndComparedWithWhatPeopleSay()
    {
        var tenant = await steward.TenantAsync();
        using var ada = steward.Http(steward.Token(tenant));
        using var admin = steward.Http(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
        await steward.SetAsync(tenant, settings => settings with { JudgesAnswers = true });
        var call = $"mc-{Guid.CreateVersion7():N}";
        while (!JudgedSample.Includes(call, JudgedSample.Most))
        {
            call = $"mc-{Guid.CreateVersion7():N}";
        }

        var question = $"Is {Guid.NewGuid():N} good?";
        await foreach (var _ in steward.Models(tenant).StreamAsync(call, new StartModelCall { Model = "standard", Feature = "chat", Chat = new ModelChat { Messages = [new ModelMessage { Role = "user", Text = question }] } }))
        {
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        JsonElement report;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
            report = await admin.GetFromJsonAsync<JsonElement>(Api("answer-quality"), limit.Token);
        }
        while (report.GetProperty("features").GetArrayLength() == 0 || report.GetProperty("features")[0].GetProperty("judged").GetInt64() == 0);

        // The simulated judge says 0.9 and 0.8.
        var feature = report.GetProperty("features")[0];
        Assert.Equal(("chat", 1, 0.85), (feature.GetProperty("feature").GetString(), feature.GetProperty("judged").GetInt32(), Math.Round(feature.GetProperty("score").GetDouble(), 3)));
        Assert.Equal(0, report.GetProperty("judge").GetProperty("labelled").GetInt32());
        Assert.Single(steward.Second.Requests.Concat(steward.First.Requests), request => Last(request).Contains(question, StringComparison.Ordinal) && Last(request).Contains("\"answer\"", StringComparison.Ordinal) && request.Outcome == RequestOutcome.Completed);

        // The person, u-admin, does not agree.
        using var critic = steward.Http(steward.Token(tenant, "u-admin"));
        HttpStatusCode status;
        while ((status = (await critic.PostAsJsonAsync(Api("feedback"), new { target = call, isGood = false })).StatusCode) == HttpStatusCode.NotFound)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }

        Assert.Equal(HttpStatusCode.OK, status);
        var judge = (await admin.GetFromJsonAsync<JsonElement>(Api("answer-quality"))).GetProperty("judge");
        Assert.Equal((1, 0.0), (judge.GetProperty("labelled").GetInt32(), judge.GetProperty("specificity").GetDouble()));
    }

    [Fact]
    public async Task Embeddings_PassBudgetsAndAreRecorded()
    {
        var tenant = await steward.TenantAsync();
        using var ada = steward.Http(steward.Token(tenant));
        using var admin = steward.Http(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
        await steward.SetAsync(tenant, settings => settings with { Models = ["first/sim-embedding"], RequiredTags = ["project"] });
        Assert.Equal(HttpStatusCode.OK, (await admin.PutAsJsonAsync(Api("model-budgets/vectors"), new { scope = "tenant", unit = "requests", window = "day", limit = 2 })).StatusCode);
        async Task<(HttpStatusCode Status, string? Code)> EmbedAsync(string model, bool isTagged = true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "embeddings") { Content = JsonContent.Create(new { model, input = "four words of text" }) };
            if (isTagged)
            {
                request.Headers.Add("x-steward-tags", "project=atlas");
            }

            using var answer = await ada.SendAsync(request);
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
            return (answer.StatusCode, body.TryGetProperty("error", out var error) ? error.GetProperty("code").GetString() : null);
        }

        Assert.Equal("model_tags_missing", (await EmbedAsync("first/sim-embedding", isTagged: false)).Code);
        Assert.Equal((HttpStatusCode.OK, null), await EmbedAsync("first/sim-embedding"));
        Assert.Equal((HttpStatusCode.OK, null), await EmbedAsync("first/sim-embedding"));
        Assert.Equal("insufficient_quota", (await EmbedAsync("first/sim-embedding")).Code);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        JsonElement rows;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            rows = (await admin.GetFromJsonAsync<JsonElement>(Api($"model-costs?fromDay={Today}&toDay={DateTimeOffset.UtcNow:yyyy-MM-dd}&by=provider,user,tag:project"), limit.Token)).GetProperty("rows");
        }
        while (rows.GetArrayLength() == 0 || rows[0].GetProperty("calls").GetInt32() < 2);

        var row = Assert.Single(rows.EnumerateArray());
        Assert.Equal(["first", "u-ada", "atlas"], row.GetProperty("keys").EnumerateArray().Select(key => key.GetString()));
        Assert.True(row.GetProperty("inputTokens").GetInt64() > 0);
    }

    [Fact]
    public async Task Cache_SharedByRoles_IsSharedWithThoseAlone()
    {
        var question = $"Which colours has the flag of country {Guid.NewGuid():N}?";
        async Task<string?> AskAsync(string user, string? scope, params string[] roles)
        {
            using var http = steward.Http(steward.Token("t-acme", user, roles), usesCaches: true);
            using var request = new HttpRequestMessage(HttpMethod.Post, "chat/completions") { Content = JsonContent.Create(new { model = "steward/mid", messages = new[] { new { role = "user", content = question } } }) };
            if (scope is not null)
            {
                request.Headers.Add("x-steward-cache-scope", scope);
            }

            using var answer = await http.SendAsync(request);
            return answer.IsSuccessStatusCode ? answer.Headers.GetValues("x-steward-cache").Single() : answer.StatusCode.ToString();
        }

        Assert.Equal("miss", await AskAsync("u-ada", "roles", "team-ops"));
        Assert.Equal("exact", await AskAsync("u-eve", "roles", "team-ops"));
        Assert.Equal("miss", await AskAsync("u-eve", "roles", "team-hr"));
        Assert.Equal("miss", await AskAsync("u-eve", null, "team-ops"));
        Assert.Equal("miss", await AskAsync("u-ben", "person", "team-ops"));
        Assert.Equal("BadRequest", await AskAsync("u-ada", "everybody", "team-ops"));
    }

    private static async Task<(string Question, string Run)> RunAsync(HttpClient client)
    {
        var question = $"What about {Guid.NewGuid():N}?";
        using var asked = await client.PostAsJsonAsync("chat/completions", new { model = "steward/agent", messages = new[] { new { role = "user", content = question } } });
        return (question, asked.Headers.GetValues("x-steward-run-id").Single());
    }

    private static string Api(string path) => "../../v1/" + path;

    private static string Last(RecordedRequest request) => request.Body["messages"] is { } messages ? messages.AsArray()[^1]!["content"]!.ToString() : "";

    private string SystemOf(string question)
    {
        var request = Assert.Single(steward.First.Requests, request => Last(request) == question);
        return request.Body["messages"]!.AsArray().First(message => message!["role"]!.ToString() is "system" or "developer")!["content"]!.ToString();
    }
}
