using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Auth;

public sealed class CredentialLifeTests
{
    private readonly List<CredentialState> _states = [];
    private readonly List<TaskCompletionSource<TokenGrant>> _asked = [];

    [Fact]
    public async Task Reset_WhileARenewalIsUnderWayThatFails_TheFailureIsNotThatOfTheNewSignIn()
    {
        var life = Life();
        var waiting = life.GetAsync(CancellationToken.None);
        await AskedAsync(1);
        life.Reset();
        _asked[0].SetException(OAuthException.Refused("The old secret is not accepted.", "invalid_client", isGrant: false));
        await AskedAsync(2);
        _asked[1].SetResult(Grant("new"));

        Assert.Equal("new", (await waiting).Credential!.Values["access_token"].Reveal());
        Assert.Equal(CredentialState.Active, life.State);
        Assert.DoesNotContain(CredentialState.Broken, _states);
    }

    [Fact]
    public async Task Reset_AgainAndAgainWhileRenewalsFail_EndsWithAnAnswerAndLeavesNoFailureBehind()
    {
        var life = Life();
        var waiting = life.GetAsync(CancellationToken.None);
        for (var round = 0; round < 3; round++)
        {
            await AskedAsync(round + 1);
            life.Reset();
            _asked[round].SetException(OAuthException.Refused("No.", "invalid_client", isGrant: false));
        }

        Assert.Null((await waiting).Credential);
        Assert.Empty(_states);

        // Nothing keeps the next one away.
        var next = life.GetAsync(CancellationToken.None);
        await AskedAsync(4);
        _asked[3].SetResult(Grant("new"));
        Assert.NotNull((await next).Credential);
    }

    [Fact]
    public async Task Reset_WhileARenewalIsUnderWayThatSucceeds_ItsTokenIsNotKept()
    {
        var life = Life();
        var waiting = life.GetAsync(CancellationToken.None);
        await AskedAsync(1);
        life.Reset();
        _asked[0].SetResult(Grant("old"));
        await waiting;
        var next = life.GetAsync(CancellationToken.None);
        await AskedAsync(2);
        _asked[1].SetResult(Grant("new"));

        Assert.Equal("new", (await next).Credential!.Values["access_token"].Reveal());
    }

    [Fact]
    public async Task Failed_WithoutAReset_IsBroken()
    {
        var life = Life();
        var waiting = life.GetAsync(CancellationToken.None);
        await AskedAsync(1);
        _asked[0].SetException(OAuthException.Refused("No.", "invalid_client", isGrant: false));

        Assert.Null((await waiting).Credential);
        Assert.Equal([CredentialState.Broken], _states);
        life.Reset();
        Assert.Equal(CredentialState.Active, life.State);
    }

    private async Task AskedAsync(int count)
    {
        for (var until = Environment.TickCount64 + 20_000; ; await Task.Delay(5))
        {
            lock (_asked)
            {
                if (_asked.Count >= count)
                {
                    return;
                }
            }

            Assert.True(Environment.TickCount64 < until, $"renewal {count} did not begin");
        }
    }

    private static TokenGrant Grant(string token)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new TokenGrant { AccessToken = new SecretText(token), ObtainedAt = now, ExpiresAt = now.AddHours(1), StatesLifetime = true };
    }

    private CredentialLife Life() => new(
        _ =>
        {
            var asked = new TaskCompletionSource<TokenGrant>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_asked)
            {
                _asked.Add(asked);
            }

            return asked.Task;
        },
        grant => new Credential(0, new Dictionary<string, SecretText> { ["access_token"] = grant.AccessToken }, null),
        new CredentialOptions(),
        TimeSpan.FromMinutes(2),
        TimeProvider.System,
        new Random(1),
        (state, _, _) => _states.Add(state));
}
