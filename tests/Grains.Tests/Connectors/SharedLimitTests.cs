using Steward.Connectors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

/// <summary>A limit that all instances of a template in a tenant have in common.</summary>
public sealed class SharedLimitTests(SignInCluster cluster) : IClassFixture<SignInCluster>
{
    private readonly string _tenant = "t-share" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task Enter_SecondInstanceOfTheTemplate_TheyHaveTheLimitTogether()
    {
        var first = await CreateAsync("first");
        var used = 0;
        await Conversing.UntilAsync(async () => (used += await EnterAsync(first)) > 0);
        Assert.Equal(4, used);

        // The limit is used up, whoever asks.
        var second = await CreateAsync("second");
        Assert.Equal(0, await EnterAsync(second));
    }

    [Fact]
    public async Task Enter_AloneInTheTenant_HasAllOfIt()
    {
        var connector = await CreateAsync("alone");
        var granted = 0;
        await Conversing.UntilAsync(async () => (granted += await EnterAsync(connector)) > 0);

        Assert.Equal(4, granted);
    }

    private async Task<IConnectorGrain> CreateAsync(string name)
    {
        cluster.SignIn(_tenant, "u-boss", WellKnownRoles.Admin);
        return await cluster.CreateAsync(_tenant, name);
    }

    // As many calls as are let through; each has ended.
    private async Task<int> EnterAsync(IConnectorGrain connector)
    {
        cluster.SignIn(_tenant, PlatformIdentity.UserId, WellKnownRoles.System);
        for (var granted = 0; ; granted++)
        {
            var permit = await connector.Enter(new ConnectorIntent { OperationId = "things.shared", Cost = 1 });
            if (permit.Refusal is not null)
            {
                return granted;
            }

            await connector.Leave(new ConnectorReport { PermitId = permit.Id, OperationId = "things.shared", Outcome = "succeeded", IsFailure = false, Duration = TimeSpan.Zero, Status = 200 });
        }
    }
}
