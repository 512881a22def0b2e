using System.Diagnostics;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Templates;
using Xunit.Abstractions;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>Many callers, tokens that end several times a second, refresh tokens that are good for one use.</summary>
public sealed class TokenStormTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("steward-storm-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Get_200CallersAndSingleUseRefreshTokens_OneRefreshPerRotationAndNobodyFails()
    {
        await using var server = await TokenServer.StartAsync();
        (server.TokenLife, server.Delay, server.Grace) = (TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(20), TimeSpan.Zero);
        await using var host = await SignInHost.StartAsync(_folder);
        await host.StoreAsync(server.NewFamily());
        var changes = new ChangeLog();
        var credentials = host.Open(SignInHost.Target(server.Url, AuthKind.OAuth2Code), changes);
        var watch = Stopwatch.StartNew();

        var outcomes = (await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(async () =>
        {
            List<string> own = [];
            while (watch.Elapsed < TimeSpan.FromSeconds(4))
            {
                own.Add(await Caller.CallAsync(credentials, server.Url));
                await Task.Delay(20);
            }

            return own;
        })))).ToList();

        output.WriteLine($"{outcomes.Sum(own => own.Count)} calls, {server.Refreshes} refreshes, {server.Reuses} reuses.");
        // No grace at all: a refresh token that came twice would have ended everything.
        Assert.Equal((0, 0, 0), (server.Reuses, server.Revoked, server.Together));
        Assert.All(outcomes, own => Assert.All(own, outcome => Assert.Equal("ok", outcome)));
        Assert.True(server.Refreshes >= 6, $"{server.Refreshes} refreshes.");
        Assert.All(changes.Changes, change => Assert.NotEqual(CredentialState.Broken, change.To));
        var kept = (await host.Vault.ReadAsync(InstanceCredentials.GrantOf(SignInHost.Tenant, SignInHost.Name, null)))!;
        // Two writes for each rotation, one before and one after the use; one may have begun as the time was up.
        Assert.InRange(kept.Version, 1 + (2 * server.Refreshes), 2 + (2 * server.Refreshes));
    }

    [Fact]
    public async Task Renew_200CallersWithTheSameRefusedToken_ShareOneRefresh()
    {
        await using var server = await TokenServer.StartAsync();
        (server.TokenLife, server.Delay) = (TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(100));
        await using var host = await SignInHost.StartAsync(_folder);
        await host.StoreAsync(server.NewFamily());
        var credentials = host.Open(SignInHost.Target(server.Url, AuthKind.OAuth2Code));
        var refused = (await credentials.GetAsync(null)).Credential!.Generation;

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => credentials.RenewAsync(null, refused))));
        var late = await credentials.RenewAsync(null, refused);

        Assert.Equal(2, server.Refreshes);
        Assert.Single(answers.Append(late).Select(answer => answer.Credential!.Generation).Distinct());
        Assert.All(answers, answer => Assert.True(answer.Credential!.Generation > refused));
    }

    [Fact]
    public async Task Get_TwoOwnersOfOneInstance_NeverRefreshAtTheSameTime()
    {
        await using var server = await TokenServer.StartAsync();
        (server.TokenLife, server.Delay, server.Grace) = (TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(50), TimeSpan.Zero);
        await using var host = await SignInHost.StartAsync(_folder);
        await host.StoreAsync(server.NewFamily());
        var target = SignInHost.Target(server.Url, AuthKind.OAuth2Code);
        InstanceCredentials[] owners = [host.Open(target), host.Open(target)];
        var watch = Stopwatch.StartNew();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Task.Run(async () =>
        {
            var last = "";
            while (watch.Elapsed < TimeSpan.FromSeconds(3))
            {
                last = await Caller.CallAsync(owners[number % 2], server.Url);
                await Task.Delay(20);
            }

            return last;
        })));

        Assert.Equal((0, 0, 0), (server.Reuses, server.Revoked, server.Together));
        Assert.All(outcomes, outcome => Assert.Equal("ok", outcome));
    }
}
