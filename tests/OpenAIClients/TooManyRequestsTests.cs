using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.Identity;
using Steward.ModelSim;

namespace Steward.OpenAIClients.Tests;

/// <summary>What a client sees of a queue that is full and of a budget that is used up: a status, a code, and when to come again.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class TooManyRequestsTests(StewardEndpoint shared)
{
    [Fact]
    public async Task Queue_Full_IsTooManyRequestsWithTheTimeToWaitAndThenFree()
    {
        var steward = new StewardEndpoint
        {
            Settings = new Dictionary<string, string?>
            {
                ["Steward:Models:Admission:MaxConcurrent"] = "1",
                ["Steward:Models:Admission:MaxWaiting"] = "0",
                // Beside the one that the other tests share.
                ["Steward:Cluster:ClusterId"] = "full-queue",
                ["Steward:Cluster:ServiceId"] = "full-queue",
            },
        };
        await steward.InitializeAsync();
        try
        {
            using var http = steward.Http();
            using var gone = new CancellationTokenSource();
            var holding = http.PostAsJsonAsync("chat/completions", Body("endless, to hold the only place"), gone.Token);
            await UntilAsync(() => Task.FromResult(steward.First.Requests.Count == 1));
            var refused = await AskAsync(http, "Is there a place?");

            Assert.Equal((HttpStatusCode.TooManyRequests, "model_overloaded", "rate_limit_error", "true"), (refused.Status, refused.Code, refused.Type, refused.ShouldRetry));
            Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
            Assert.Single(steward.First.Requests);

            // Whoever held the place goes, and the next call has it.
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => holding);
            await UntilAsync(async () => (await AskAsync(http, "Is there a place now?")).Status == HttpStatusCode.OK);
            Assert.Equal(RequestOutcome.Aborted, steward.First.Requests[0].Outcome);
        }
        finally
        {
            await steward.DisposeAsync();
        }
    }

    [Fact]
    public async Task Budget_UsedUp_IsInsufficientQuotaAndNothingIsAsked()
    {
        var tenant = await shared.TenantAsync();
        using var ada = shared.Http(shared.Token(tenant));
        using var admin = shared.Http(shared.Token(tenant, "u-root", WellKnownRoles.Admin));
        using var set = await admin.PutAsJsonAsync("../../v1/model-budgets/chats", new { scope = "tenant", unit = "requests", window = "day", limit = 1 });
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(ada, $"First {Guid.NewGuid():N}")).Status);
        var late = $"Second {Guid.NewGuid():N}";
        var refused = await AskAsync(ada, late);

        Assert.Equal((HttpStatusCode.TooManyRequests, "insufficient_quota", "insufficient_quota", "false"), (refused.Status, refused.Code, refused.Type, refused.ShouldRetry));
        // The window ends with the day; until then it is of no use to come again.
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(25));
        Assert.DoesNotContain(shared.First.Requests, request => request.Body.ToJsonString().Contains(late, StringComparison.Ordinal));
    }

    private static object Body(string question) => new { model = "steward/mid", messages = new[] { new { role = "user", content = question } } };

    private static async Task<(HttpStatusCode Status, string? Code, string? Type, string? ShouldRetry, TimeSpan? RetryAfter)> AskAsync(HttpClient client, string question)
    {
        using var answer = await client.PostAsJsonAsync("chat/completions", Body(question));
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var error = body.TryGetProperty("error", out var found) ? found : default;
        return (
            answer.StatusCode,
            error.ValueKind == JsonValueKind.Object ? error.GetProperty("code").GetString() : null,
            error.ValueKind == JsonValueKind.Object ? error.GetProperty("type").GetString() : null,
            answer.Headers.TryGetValues("x-should-retry", out var retry) ? retry.Single() : null,
            answer.Headers.RetryAfter?.Delta);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }
}
