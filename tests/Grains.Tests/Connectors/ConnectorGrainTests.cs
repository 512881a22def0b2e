using Orleans.Runtime;
using Steward.Connectors;
using Steward.Errors;

namespace Steward.Grains.Tests.Connectors;

/// <summary>What is left, seen or handed out when things fail half way.</summary>
public sealed class ConnectorGrainTests(ConnectorCluster cluster) : IClassFixture<ConnectorCluster>
{
    private const string Tenant = "t-halfway";

    [Fact]
    public async Task GetDefinition_WhileAnUpdateIsWritten_GivesWhatWasWrittenLast()
    {
        var connector = await CreateAsync("update");
        var held = cluster.Storage.Next(Tenant + "/c-update");
        cluster.SignIn(Tenant, "u-admin", "admin");
        var update = connector.Update(new UpdateConnector { Title = "Another" });
        await held.Reached.Task.WaitAsync(TimeSpan.FromSeconds(20));

        cluster.AssumePlatform(Tenant);
        var during = await connector.GetDefinition(withText: true);
        held.LetOn.SetResult();
        await update;

        Assert.DoesNotContain("Another", during!.InstanceJson, StringComparison.Ordinal);
        Assert.Contains("Another", (await connector.GetDefinition(withText: true))!.InstanceJson, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetDefinition_WhileTheLastOfItIsDeleted_GivesNothingAndNoPermit()
    {
        var connector = await CreateAsync("delete");
        var held = cluster.Storage.Next(Tenant + "/c-delete", after: 1);
        cluster.SignIn(Tenant, "u-admin", "admin");
        var delete = connector.Delete();
        await held.Reached.Task.WaitAsync(TimeSpan.FromSeconds(20));

        cluster.AssumePlatform(Tenant);
        var during = await connector.GetDefinition(withText: true);
        var permit = await connector.Enter(new ConnectorIntent { OperationId = "things.list", Cost = 1 });
        held.LetOn.SetResult();
        await delete;

        Assert.Null(during);
        Assert.Equal("not_configured", permit.Refusal);
    }

    [Fact]
    public async Task Enter_CallerGaveUpDuringTheSignIn_PermitIsGivenBack()
    {
        var connector = await CreateAsync("patience");
        cluster.AssumePlatform(Tenant);
        cluster.Vault.IsSlow = true;
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connector.Enter(new ConnectorIntent { OperationId = "things.list", Cost = 1 }, patience.Token));
        }
        finally
        {
            cluster.Vault.IsSlow = false;
        }

        // One call at a time is allowed: the one that was given up must not be it.
        var permit = await connector.Enter(new ConnectorIntent { OperationId = "things.list", Cost = 1 });
        for (var until = Environment.TickCount64 + 5_000; permit.Refusal is not null && Environment.TickCount64 < until; permit = await connector.Enter(new ConnectorIntent { OperationId = "things.list", Cost = 1 }))
        {
            await Task.Delay(50);
        }

        Assert.Null(permit.Refusal);
        Assert.NotNull(permit.Credential);
    }

    [Fact]
    public async Task ReceiveReminder_VaultFailedTheDeletion_DeletesTheRest()
    {
        var connector = await CreateAsync("rest");
        cluster.SignIn(Tenant, "u-admin", "admin");
        cluster.Vault.IsFailing = true;
        try
        {
            Assert.Equal(ErrorCodes.Unavailable, (await Assert.ThrowsAsync<StewardException>(() => connector.Delete())).Code);
        }
        finally
        {
            cluster.Vault.IsFailing = false;
        }

        Assert.Contains(cluster.Vault.Paths, path => path.Path == "connectors/rest");
        await connector.AsReference<IRemindable>().ReceiveReminder("check", default);

        Assert.DoesNotContain(cluster.Vault.Paths, path => path.Path == "connectors/rest");
        Assert.Null(await connector.GetInfo());
    }

    [Fact]
    public async Task ReceiveReminder_ChangeCouldNotBeTold_IsToldThen()
    {
        var connector = await CreateAsync("untold");
        cluster.SignIn(Tenant, "u-admin", "admin");
        var info = await connector.Update(new UpdateConnector { Enabled = false });
        cluster.AssumePlatform(Tenant);
        await cluster.Index(Tenant).Put(new ConnectorEntry { Name = "untold", Revision = info.Revision - 1, Enabled = true });

        await connector.AsReference<IRemindable>().ReceiveReminder("check", default);

        cluster.AssumePlatform(Tenant);
        Assert.Contains(new ConnectorEntry { Name = "untold", Revision = info.Revision, Enabled = false }, await cluster.Index(Tenant).List());
    }

    [Fact]
    public async Task Call_DryRunOfWhatThePolicyForbids_IsRefused()
    {
        var calls = cluster.Grains.GetGrain<IConnectorCallsGrain>(Tenant);
        cluster.SignIn(Tenant, "u-eve", "employee");

        var burn = await calls.Call(new ConnectorCallCommand { Instance = "desk", Operation = "burn", ArgumentsJson = """{"text":"x"}""", ActionId = "a-1", DryRun = true });
        Assert.Equal(("forbidden", 0), (burn.Outcome, cluster.Forbidden.Executed));

        // What somebody would have to consent to may be looked at.
        var pay = await calls.Call(new ConnectorCallCommand { Instance = "desk", Operation = "pay", ArgumentsJson = """{"text":"x"}""", ActionId = "a-2", DryRun = true });
        Assert.Equal(("succeeded", 1), (pay.Outcome, cluster.Forbidden.Executed));
    }

    private async Task<IConnectorGrain> CreateAsync(string name)
    {
        cluster.SignIn(Tenant, "u-admin", "admin");
        var connector = cluster.Connector(Tenant, name);
        await connector.Create(cluster.Command(Tenant, name));
        return connector;
    }
}
