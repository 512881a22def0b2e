using System.Text.Json;
using Orleans.Runtime;
using Steward.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
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
    public async Task Delete_TemplateThatTheRulesNoLongerAllow_IsDeleted()
    {
        await CreateAsync("rules");
        var connector = cluster.Connector(Tenant, "outdated");
        var instance = new ConnectorInstance
        {
            TenantId = Tenant,
            Name = "outdated",
            Title = "Outdated",
            TemplateId = "desk",
            TemplateVersion = "1.0.0",
            TemplateHash = "0",
            AuthId = "key",
            Secrets = ["token"],
            Revision = 1,
        };
        await cluster.Storage.WriteStateAsync("connector", connector.GetGrainId(), new GrainState<ConnectorState>
        {
            State = new ConnectorState
            {
                InstanceJson = JsonSerializer.Serialize(instance, TemplateJson.Options),
                TemplateText = ConnectorCluster.Template.Replace("maxConcurrent: 1", "maxConcurrent: 0", StringComparison.Ordinal),
                OwnTemplate = true,
                LastRevision = 1,
            },
        });
        cluster.SignIn(Tenant, "u-admin", "admin");

        Assert.Equal("Outdated", (await connector.GetInfo())!.Title);
        await connector.Delete();
        Assert.Null(await connector.GetInfo());
    }

    [Fact]
    public async Task Create_TemplateThatIsNone_SaysSoToTheCaller()
    {
        cluster.SignIn(Tenant, "u-admin", "admin");

        var refused = await Assert.ThrowsAsync<StewardException>(() => cluster.Connector(Tenant, "none").Create(new CreateConnector { TemplateText = "id: [" }));

        Assert.Equal((ErrorCodes.InvalidArgument, "template"), (refused.Code, refused.Field));
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
        Assert.Contains(await cluster.Index(Tenant).List(), entry => entry is { Name: "untold", Enabled: false, TemplateCharacters: > 0 } && entry.Revision == info.Revision);
    }

    [Fact]
    public async Task BeginSignIn_AgainAndAgain_TakesNobodyElsesRoom()
    {
        cluster.SignIn(Tenant, "u-admin", "admin");
        var connector = cluster.Connector(Tenant, "mailbox");
        await connector.Create(cluster.Command(Tenant, "mailbox") with
        {
            TemplateText = ConnectorCluster.PersonalTemplate,
            Fields = new Dictionary<string, string> { ["clientId"] = "steward" },
            SealedSecrets = cluster.Seal(Tenant, "mailbox", "clientSecret", "s3cret"),
            OnBehalfOfUser = true,
        });
        cluster.SignIn(Tenant, "u-ada", "employee");
        var ada = await BeginAsync();
        cluster.SignIn(Tenant, "u-eve", "employee");
        var first = await BeginAsync();
        for (var i = 0; i < 1100; i++)
        {
            await BeginAsync();
        }

        Assert.Equal("state", (await Assert.ThrowsAsync<StewardException>(() => connector.CompleteSignIn(first, "x"))).Field);
        cluster.SignIn(Tenant, "u-ada", "employee");
        Assert.Equal("code", (await Assert.ThrowsAsync<StewardException>(() => connector.CompleteSignIn(ada, "x"))).Field);

        async Task<string> BeginAsync() =>
            System.Web.HttpUtility.ParseQueryString(new Uri(await connector.BeginSignIn("https://steward.acme.example/signed-in")).Query)["state"]!;
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

    [Fact]
    public async Task Update_LargerPlan_LetsMoreThroughWithinTheOperatorsBound()
    {
        var connector = await CreateAsync("plan");
        cluster.SignIn(Tenant, "u-admin", "admin");
        Assert.Equal(1, (await connector.GetInfo())!.LimitFactor);
        Assert.Equal(1, await GrantedAsync());

        cluster.SignIn(Tenant, "u-admin", "admin");
        var refused = await Assert.ThrowsAsync<StewardException>(() => connector.Update(new UpdateConnector { LimitFactor = 11 }));
        Assert.Equal((ErrorCodes.InvalidArgument, "limitFactor"), (refused.Code, refused.Field));
        Assert.Equal(3, (await connector.Update(new UpdateConnector { LimitFactor = 3 })).LimitFactor);
        Assert.Equal(3, await GrantedAsync());

        // One call at a time is what the template says.
        async Task<int> GrantedAsync()
        {
            var permits = new List<ConnectorPermit>();
            do
            {
                cluster.AssumePlatform(Tenant);
                permits.Add(await connector.Enter(new ConnectorIntent { OperationId = "things.list", Cost = 1 }));
            }
            while (permits[^1].Refusal is null && permits.Count < 20);

            Assert.Equal("rate_limited", permits[^1].Refusal);
            foreach (var permit in permits.SkipLast(1))
            {
                await connector.Leave(new ConnectorReport { PermitId = permit.Id, OperationId = "things.list", Outcome = "succeeded", IsFailure = false, Status = 200, Duration = TimeSpan.FromMilliseconds(1) });
            }

            return permits.Count - 1;
        }
    }

    private async Task<IConnectorGrain> CreateAsync(string name)
    {
        cluster.SignIn(Tenant, "u-admin", "admin");
        var connector = cluster.Connector(Tenant, name);
        await connector.Create(cluster.Command(Tenant, name));
        return connector;
    }
}
