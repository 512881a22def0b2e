using System.Net.Http.Json;
using System.Text.Json;
using Steward.Errors;
using Steward.Identity;

namespace Steward.OpenAIClients.Tests;

/// <summary>What a tenant's own rules and the ladder refuse, as clients of OpenAI's API see it.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class RefusalTests(StewardEndpoint steward)
{
    [Theory]
    [InlineData("cached", null, null, "steward/mid", 503, "model_degraded", true)]
    [InlineData("queue", null, null, "steward/mid", 503, "model_queued", true)]
    [InlineData(null, 0.000001, null, "steward/mid", 400, "model_over_cost_cap", false)]
    [InlineData(null, 0.000001, null, "steward/auto", 400, "model_over_cost_cap", false)]
    [InlineData(null, null, "usd", "steward/fast", 400, "model_price_unknown", false)]
    public async Task Refused_ByRulesOrTheLadder_HasAStatusThatClientsHeed(string? step, double? cap, string? budget, string model, int status, string code, bool isRepeated)
    {
        var tenant = await steward.TenantAsync();
        await steward.SetAsync(tenant, settings => settings with { ForcedDegradation = step, CostCaps = cap is { } most ? new Dictionary<string, decimal> { ["*"] = (decimal)most } : settings.CostCaps });
        if (budget is not null)
        {
            using var admin = steward.Http(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
            using var set = await admin.PutAsJsonAsync("../../v1/model-budgets/money", new { scope = "tenant", unit = budget, window = "day", limit = 10 });
            Assert.True(set.IsSuccessStatusCode, await set.Content.ReadAsStringAsync());
        }

        using var http = steward.Http(steward.Token(tenant));
        foreach (var stream in new[] { false, true })
        {
            using var answer = await http.PostAsJsonAsync("chat/completions", new { model, messages = new[] { new { role = "user", content = "Hi" } }, stream });
            var text = await answer.Content.ReadAsStringAsync();

            Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode}: {text}");
            using var body = JsonDocument.Parse(text);
            Assert.Equal((code, isRepeated ? "server_error" : "invalid_request_error"), (body.RootElement.GetProperty("error").GetProperty("code").GetString(), body.RootElement.GetProperty("error").GetProperty("type").GetString()));
            Assert.Equal(isRepeated ? "true" : "false", answer.Headers.GetValues("x-should-retry").Single());
            Assert.Equal(isRepeated, answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }
    }

    // Calls that the caps depend on have the classifier loaded; from then on the silo knows what a request may be about.
    [Fact]
    public async Task Cap_OfATopicThatThereIsNot_IsRefusedOnceTheClassifierIsThere()
    {
        var classifying = new StewardEndpoint
        {
            Settings = new Dictionary<string, string?>
            {
                ["Steward:Inference:ModelDirectory"] = Path.Combine(AppContext.BaseDirectory, "classifiers"),
                // Beside the one that the other tests share.
                ["Steward:Cluster:ClusterId"] = "topics",
                ["Steward:Cluster:ServiceId"] = "topics",
            },
        };
        await classifying.InitializeAsync();
        try
        {
            var caps = new Dictionary<string, decimal> { ["*"] = 0.5m, ["Hardware"] = 0.0000001m };
            await classifying.SetAsync("t-acme", settings => settings with { CostCaps = caps });
            using var http = classifying.Http();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            StewardException? refused = null;
            for (var number = 0; refused is null; number++)
            {
                using var asked = await http.PostAsJsonAsync("chat/completions", new { model = "steward/mid", messages = new[] { new { role = "user", content = $"The screen of my laptop {number} is broken." } } }, limit.Token);
                refused = await Record.ExceptionAsync(() => classifying.SetAsync("t-acme", settings => settings with { CostCaps = new Dictionary<string, decimal>(caps) { [$"No topic {number}"] = 0.5m } })) as StewardException;
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            }

            Assert.Equal("costCaps", refused.Field);
            Assert.Contains("Hardware", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            await classifying.DisposeAsync();
        }
    }

    // A run's calls are those of the person's team, and of what the headers say.
    [Fact]
    public async Task Agent_OfATeamWithABudget_IsCountedAndHeldToIt()
    {
        var tenant = await steward.TenantAsync();
        using var admin = steward.Http(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
        foreach (var (id, scope, subject) in new[] { ("team", "team", "ops"), ("feature", "feature", "desk"), ("tag", "tag", "project=atlas") })
        {
            using var set = await admin.PutAsJsonAsync($"../../v1/model-budgets/{id}", new { scope, subject, unit = "requests", window = "day", limit = id == "team" ? 1 : 100 });
            Assert.True(set.IsSuccessStatusCode, await set.Content.ReadAsStringAsync());
        }

        using var ada = steward.Http(steward.Token(tenant, "u-ada", "team-ops"));
        ada.DefaultRequestHeaders.Add("x-steward-feature", "desk");
        ada.DefaultRequestHeaders.Add("x-steward-tags", "project=atlas");
        Assert.Equal((200, null), await AskAgentAsync(ada));
        Assert.Equal((502, "model_over_budget"), await AskAgentAsync(ada));
        using var eve = steward.Http(steward.Token(tenant, "u-eve", "team-hr"));
        Assert.Equal((200, null), await AskAgentAsync(eve));

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Dictionary<string, decimal> used;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            var budgets = await admin.GetFromJsonAsync<JsonElement>("../../v1/model-budgets", limit.Token);
            used = budgets.GetProperty("budgets").EnumerateArray().ToDictionary(budget => budget.GetProperty("spec").GetProperty("id").GetString()!, budget => budget.GetProperty("use").EnumerateArray().Sum(use => use.GetProperty("used").GetDecimal()));
        }
        while (used.Values.Any(count => count == 0));

        Assert.Equal(new Dictionary<string, decimal> { ["team"] = 1, ["feature"] = 1, ["tag"] = 1 }, used);
    }

    [Fact]
    public async Task Agent_BelowTheTop_SaysAtWhichStepItAnswered()
    {
        var tenant = await steward.TenantAsync();
        using var ada = steward.Http(steward.Token(tenant));
        using var usual = await ada.PostAsJsonAsync("chat/completions", Agent(stream: false));
        await steward.SetAsync(tenant, settings => settings with { ForcedDegradation = "reduced" });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        HttpResponseMessage reduced;
        while (Step(reduced = await ada.PostAsJsonAsync("chat/completions", Agent(stream: false), limit.Token)) == "full")
        {
            // Servers know of it in seconds.
            reduced.Dispose();
        }

        using (reduced)
        {
            var run = await ada.GetFromJsonAsync<JsonElement>($"../../v1/runs/{reduced.Headers.GetValues("x-steward-run-id").Single()}");
            Assert.Equal(("full", "reduced", "reduced"), (Step(usual), Step(reduced), run.GetProperty("degradation").GetString()));
        }

        using var streamed = await ada.PostAsJsonAsync("chat/completions", Agent(stream: true));
        Assert.Contains(": x-steward-degradation: reduced\n", await streamed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static string Step(HttpResponseMessage answer) => answer.Headers.GetValues("x-steward-degradation").Single();

    private static object Agent(bool stream) => new { model = "steward/agent", messages = new[] { new { role = "user", content = $"What about {Guid.NewGuid():N}?" } }, stream };

    private static async Task<(int Status, string? Code)> AskAgentAsync(HttpClient http)
    {
        using var answer = await http.PostAsJsonAsync("chat/completions", Agent(stream: false));
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? null : text.Contains("model_over_budget", StringComparison.Ordinal) ? "model_over_budget" : text);
    }
}
