using System.Security.Cryptography;
using System.Text;
using Orleans.Runtime;
using Steward.Connectors;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Security;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

/// <summary>The secret of webhooks while it is replaced, and what stays of events when their instance is deleted.</summary>
public sealed class WebhookSecretTests : IClassFixture<SignInCluster>
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly SignInCluster _cluster;
    private readonly string _tenant = "t-hooked" + Guid.NewGuid().ToString("n")[..8];

    public WebhookSecretTests(SignInCluster cluster)
    {
        _cluster = cluster;
        _cluster.SignIn(_tenant, "u-boss", WellKnownRoles.Admin);
    }

    [Fact]
    public async Task RotateCredentials_WebhookSecret_TheOldOneHoldsForADayAndThenIsGone()
    {
        var connector = await _cluster.CreateAsync(_tenant, "desk", ("webhookSecret", "first"));
        Assert.Equal(202, await SendAsync("desk", "first", "1"));
        await connector.RotateCredentials(_cluster.Seal(_tenant, "desk", "webhookSecret", "second"));
        Assert.Equal(202, await SendAsync("desk", "second", "2"));
        Assert.Equal(202, await SendAsync("desk", "first", "3"));

        _cluster.Time.Advance(TimeSpan.FromHours(24));
        Assert.Equal(401, await SendAsync("desk", "first", "4"));
        Assert.Equal(202, await SendAsync("desk", "second", "5"));

        // It stops to count by itself; the next check removes it from the vault, and nothing else.
        AssumePlatform();
        await connector.AsReference<IRemindable>().ReceiveReminder("check", default);
        await Conversing.UntilAsync(async () => (await SecretsAsync("desk")).Keys.Order(StringComparer.Ordinal).SequenceEqual(["token", "webhookSecret"]));
        Assert.Equal("second", (await SecretsAsync("desk"))["webhookSecret"].Reveal());
    }

    [Fact]
    public async Task RotateCredentials_AgainDuringTheOverlap_OnlyTheLastTwoHold()
    {
        var connector = await _cluster.CreateAsync(_tenant, "leaked", ("webhookSecret", "first"));
        await connector.RotateCredentials(_cluster.Seal(_tenant, "leaked", "webhookSecret", "second"));
        await connector.RotateCredentials(_cluster.Seal(_tenant, "leaked", "token", "another key"));
        Assert.Equal(202, await SendAsync("leaked", "first", "1"));
        await connector.RotateCredentials(_cluster.Seal(_tenant, "leaked", "webhookSecret", "third"));

        Assert.Equal(401, await SendAsync("leaked", "first", "2"));
        Assert.Equal(202, await SendAsync("leaked", "second", "3"));
        Assert.Equal(202, await SendAsync("leaked", "third", "4"));
    }

    [Fact]
    public async Task Delete_InstanceWithEvents_NothingOfThemStays()
    {
        var connector = await _cluster.CreateAsync(_tenant, "gone", ("webhookSecret", "first"));
        Assert.Equal(202, await SendAsync("gone", "first", "names and texts"));
        AssumePlatform();
        await Hooks("gone").Subscribe("somebody");
        _cluster.SignIn(_tenant, "u-boss", WellKnownRoles.Admin);
        await connector.Delete();

        var journal = await _cluster.Journals.ReadAsync(GrainKeys.HooksJournal(GrainKeys.Connector(_tenant, "gone")), 0, 100);
        Assert.DoesNotContain(journal, entry => Encoding.UTF8.GetString(entry.Payload.Span).Contains("names and texts", StringComparison.Ordinal));
        Assert.DoesNotContain(journal, entry => Encoding.UTF8.GetString(entry.Payload.Span).Contains("somebody", StringComparison.Ordinal));
        Assert.Single(journal);
        Assert.Empty((await Hooks("gone").ListDeadLetters(0, 10)).Letters);

        // One of the same name begins anew.
        await _cluster.CreateAsync(_tenant, "gone", ("webhookSecret", "first"));
        Assert.Equal(202, await SendAsync("gone", "first", "names and texts"));
    }

    [Fact]
    public void Keep_NoOverlap_KeepsNone()
    {
        Dictionary<string, SecretText> next = new() { ["webhookSecret"] = new("new") };

        Assert.False(WebhookSecrets.Keep(next, new Dictionary<string, SecretText> { ["webhookSecret"] = new("old") }, Now, Now));
        Assert.Equal(["new"], WebhookSecrets.Of(next, Now).Select(secret => secret.Reveal()));
    }

    [Fact]
    public void Keep_SameSecretAgain_ChangesNothing() => Assert.False(WebhookSecrets.Keep(
        new() { ["webhookSecret"] = new("same") }, new Dictionary<string, SecretText> { ["webhookSecret"] = new("same") }, Now.AddDays(1), Now));

    private async Task<int> SendAsync(string name, string secret, string text)
    {
        AssumePlatform();
        var body = Encoding.UTF8.GetBytes($$"""{"text":"{{text}}"}""");
        var answer = await Hooks(name).Receive(new HookDelivery
        {
            Method = "POST",
            Url = $"https://steward.example/hooks/{_tenant}/{name}",
            Query = new Dictionary<string, string>(),
            Headers = new Dictionary<string, string>
            {
                ["X-Signature"] = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)),
                ["X-Delivery"] = Guid.NewGuid().ToString("n"),
            },
            Body = body,
        });
        _cluster.SignIn(_tenant, "u-boss", WellKnownRoles.Admin);
        return answer.Status;
    }

    private async Task<IReadOnlyDictionary<string, SecretText>> SecretsAsync(string name) => (await _cluster.Vault.ReadAsync(InstanceCredentials.SecretsOf(_tenant, name)))!.Values;

    private IConnectorHooksGrain Hooks(string name) => _cluster.Grains.GetGrain<IConnectorHooksGrain>(GrainKeys.Connector(_tenant, name));

    private void AssumePlatform() => _cluster.SignIn(_tenant, PlatformIdentity.UserId, WellKnownRoles.System);
}
