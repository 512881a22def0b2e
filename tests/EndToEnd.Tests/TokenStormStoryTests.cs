using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.EnterpriseSim;
using Steward.Host.Demo;
using Xunit.Abstractions;

namespace Steward.EndToEnd.Tests;

/// <summary>200 callers share one sign-in whose refresh tokens are good for one use, and the process is killed while it renews.</summary>
public sealed class TokenStormStoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Callers = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // A killed process is known to be over when its request to the token endpoint must have ended.
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["Steward:Connectors:Credentials:RequestTimeout"] = "00:00:05",
        ["Steward:Connectors:Credentials:AttemptSlack"] = "00:00:01",
    };

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;
    private StewardProcess? _steward;

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();

        // Atlassian accepts a refresh token again for ten minutes: nothing else could help who never heard the answer.
        _simulation.RotateTokens(SimSystem.Jira, singleUse: true, grace: TimeSpan.FromMinutes(10));
        _steward = await StewardProcess.StartAsync(_data.Path, _simulation, Settings);
    }

    public async Task DisposeAsync()
    {
        await _steward!.DisposeAsync();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Storm_TokenExpiresAndTheProcessIsKilledDuringTheRefresh_OneRefreshPerRotationAndNobodyFailsForGood()
    {
        using (var admin = _steward!.Client(_steward.Token(DemoTenant.Admin)))
        {
            await admin.ConnectAsync(new
            {
                name = "issues",
                templateId = "jira",
                baseUrl = _simulation!.Jira.ToString(),
                authId = "oauth",
                fields = new { site = "acme.atlassian.example", clientId = _simulation.Credentials.JiraClientId },
                secrets = new { clientSecret = _simulation.Credentials.JiraClientSecret },
            });
            await admin.SignInToAsync("issues");
            await admin.ResultAsync("issues", "users.me", new { });
        }

        var before = _simulation.TokenCounts(SimSystem.Jira);
        Assert.Equal((0, 0), (before.Repeated, before.Reused));
        var refused = Refused();

        // A rotation that nobody disturbs.
        _simulation.ExpireTokens(SimSystem.Jira);
        var first = await StormAsync("first");
        Assert.Equal(new SimTokenCounts(before.Refreshed + 1, 0, 0), _simulation.TokenCounts(SimSystem.Jira));
        Assert.True(Refused() > refused, "Nobody was refused an expired token.");

        // One whose answer never arrives: the next refresh token is known to the product alone when the process dies.
        _simulation.Inject(new SimFault { Kind = SimFaultKind.TimeoutAfterCommit, System = SimSystem.Jira, Operation = "token" });
        _simulation.ExpireTokens(SimSystem.Jira);
        var storm = StormAsync("second");
        await ConnectorApi.UntilAsync(() => Task.FromResult(_simulation.TokenCounts(SimSystem.Jira).Refreshed == before.Refreshed + 2), "the token is renewed");
        await _steward.KillAsync();
        await using var killed = _steward;
        _steward = await StewardProcess.StartAsync(_data.Path, _simulation, Settings);
        var second = await storm;
        Assert.Equal(new SimTokenCounts(before.Refreshed + 2, 1, 0), _simulation.TokenCounts(SimSystem.Jira));

        // And the sign-in goes on living.
        _simulation.ExpireTokens(SimSystem.Jira);
        var third = await StormAsync("third");
        Assert.Equal(new SimTokenCounts(before.Refreshed + 3, 1, 0), _simulation.TokenCounts(SimSystem.Jira));
        output.WriteLine($"{Callers} callers in each storm; tries {first}, {second} (killed), {third}.");
    }

    private int Refused() => _simulation!.Calls.Count(call => call is { System: SimSystem.Jira, Status: 401 });

    /// <summary>Everybody calls at once, and each again until it has an answer. Gives how often they tried together.</summary>
    private async Task<int> StormAsync(string name)
    {
        var (tries, problems) = (0, new ConcurrentBag<string>());
        var people = DemoTenant.Employees.ToList();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async number =>
        {
            var action = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
            for (var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds; ; await Task.Delay(250))
            {
                Interlocked.Increment(ref tries);
                var problem = await TryAsync(people[number % people.Count], action);
                if (problem is null)
                {
                    return;
                }

                problems.Add(problem);
                Assert.True(Environment.TickCount64 < deadline, $"{action}: {problem}");
            }
        }));

        // Nobody was ever told that somebody has to sign in again.
        Assert.DoesNotContain(problems, problem => problem.Contains("unauthenticated", StringComparison.Ordinal) || problem.Contains("not_configured", StringComparison.Ordinal));
        return tries;
    }

    /// <summary>One call; null when it succeeded, otherwise what the caller was told.</summary>
    private async Task<string?> TryAsync(string person, string action)
    {
        try
        {
            using var client = _steward!.SignIn(person);
            using var response = await client.PostAsJsonAsync("v1/connectors/issues/operations/users.me/call", new { arguments = new { }, actionId = action });
            var text = await response.Content.ReadAsStringAsync();
            return response.StatusCode == HttpStatusCode.OK && JsonElement.Parse(text).GetProperty("outcome").GetString() == "succeeded" ? null : $"{(int)response.StatusCode} {text}";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException)
        {
            // The process is gone, or not there yet.
            return exception.Message;
        }
    }
}
