using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.Identity;
using Steward.ModelSim;

namespace Steward.OpenAIClients.Tests;

/// <summary>What other gateways were found to get wrong, asked over HTTP of the whole platform: silo, gateway, budgets and providers.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class KnownFailureTests(StewardEndpoint shared)
{
    [Fact]
    public async Task Budget_HundredCallersAtOnce_AsManyAreAnsweredAsItHasRoomFor()
    {
        const int Limit = 10;
        var tenant = await shared.TenantAsync();
        using var admin = Admin(tenant);
        using var set = await admin.PutAsJsonAsync("../../v1/model-budgets/calls", new { scope = "tenant", unit = "requests", window = "day", limit = Limit });
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        using var ada = shared.Http(shared.Token(tenant));
        var mark = Guid.NewGuid().ToString("N");

        var statuses = await Task.WhenAll(Enumerable.Range(0, 100).Select(async number =>
        {
            using var answer = await ada.PostAsJsonAsync("chat/completions", Body("steward/mid", $"{mark} {number}"));
            return answer.StatusCode;
        }));

        Assert.Equal((Limit, 100 - Limit), (statuses.Count(status => status == HttpStatusCode.OK), statuses.Count(status => status == HttpStatusCode.TooManyRequests)));
        Assert.Equal(Limit, shared.First.Requests.Count(request => Question(request).StartsWith(mark, StringComparison.Ordinal)));
        await UntilAsync(async () => await UsedAsync(admin) == Limit);
    }

    // One person with the same name and roles at two customers, who even share answers among those with these roles.
    [Fact]
    public async Task Cache_SamePersonAndQuestionOfAnotherTenant_IsAskedAnew()
    {
        var (one, other) = (await shared.TenantAsync(), await shared.TenantAsync());
        var question = $"Which colours has the flag of country {Guid.NewGuid():N}?";
        async Task<string> AskAsync(string tenant)
        {
            using var http = shared.Http(shared.Token(tenant, "u-ada", "team-ops"), usesCaches: true);
            http.DefaultRequestHeaders.Add("x-steward-cache-scope", "roles");
            using var answer = await http.PostAsJsonAsync("chat/completions", Body("steward/mid", question));
            return answer.Headers.GetValues("x-steward-cache").Single();
        }

        Assert.Equal(["miss", "exact", "miss", "exact"], new[] { await AskAsync(one), await AskAsync(one), await AskAsync(other), await AskAsync(other) });
        Assert.Equal(2, shared.First.Requests.Count(request => Question(request) == question));
    }

    [Fact]
    public async Task Stream_ClientGoes_WhatWasDeliveredIsPaidAndCounted()
    {
        var tenant = await shared.TenantAsync();
        using var admin = Admin(tenant);
        using var set = await admin.PutAsJsonAsync("../../v1/model-budgets/calls", new { scope = "tenant", unit = "tokens", window = "day", limit = 1_000_000 });
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        using var ada = shared.Http(shared.Token(tenant));
        using (var asked = new HttpRequestMessage(HttpMethod.Post, "chat/completions") { Content = JsonContent.Create(new { model = "steward/mid", messages = new[] { new { role = "user", content = $"endless {Guid.NewGuid():N}" } }, stream = true }) })
        using (var answer = await ada.SendAsync(asked, HttpCompletionOption.ResponseHeadersRead))
        {
            await using var body = await answer.Content.ReadAsStreamAsync();
            var (seen, buffer) = ("", new byte[4_096]);
            while (seen.Split("\"content\":\"").Length < 5)
            {
                seen += System.Text.Encoding.UTF8.GetString(buffer, 0, await body.ReadAsync(buffer));
            }
        }

        var today = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        JsonElement rows = default;
        await UntilAsync(async () => (rows = (await admin.GetFromJsonAsync<JsonElement>($"../../v1/model-costs?fromDay={today}&toDay={DateTimeOffset.UtcNow:yyyy-MM-dd}&by=outcome")).GetProperty("rows")).GetArrayLength() > 0);

        var row = Assert.Single(rows.EnumerateArray());
        var (read, written) = (row.GetProperty("inputTokens").GetInt64(), row.GetProperty("outputTokens").GetInt64());
        Assert.Equal(("aborted", 1), (row.GetProperty("keys")[0].GetString(), row.GetProperty("estimatedCalls").GetInt32()));
        Assert.True(read > 0 && written > 0);
        // One dollar for a million tokens read, two for a million written.
        Assert.Equal((read + (2 * written)) / 1_000_000m, row.GetProperty("costUsd").GetDecimal());
        await UntilAsync(async () => await UsedAsync(admin) == read + written);
    }

    [Fact]
    public async Task Breaker_ThreeFailuresInARow_LeaveTheProviderAlone()
    {
        var steward = new StewardEndpoint
        {
            Settings = new Dictionary<string, string?>
            {
                ["Steward:Models:BreakerOpen"] = "01:00:00",
                // Beside the one that the other tests share.
                ["Steward:Cluster:ClusterId"] = "breaker",
                ["Steward:Cluster:ServiceId"] = "breaker",
            },
        };
        await steward.InitializeAsync();
        try
        {
            using var http = steward.Http();
            for (var call = 0; call < 6; call++)
            {
                using var answer = await http.PostAsJsonAsync("chat/completions", Body("steward/mid", $"server error {call}"));
                Assert.Contains("second provider", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }

            Assert.Equal((3, 6), (steward.First.Requests.Count, steward.Second.Requests.Count));
        }
        finally
        {
            await steward.DisposeAsync();
        }
    }

    private static object Body(string model, string question) => new { model, messages = new[] { new { role = "user", content = question } } };

    private static string Question(RecordedRequest request) => request.Body["messages"]?.AsArray().LastOrDefault()?["content"]?.ToString() ?? "";

    private static async Task<decimal> UsedAsync(HttpClient admin)
    {
        var budgets = await admin.GetFromJsonAsync<JsonElement>("../../v1/model-budgets");
        return budgets.GetProperty("budgets").EnumerateArray().Single().GetProperty("use").EnumerateArray().Sum(use => use.GetProperty("used").GetDecimal());
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    private HttpClient Admin(string tenant) => shared.Http(shared.Token(tenant, "u-root", WellKnownRoles.Admin));
}
