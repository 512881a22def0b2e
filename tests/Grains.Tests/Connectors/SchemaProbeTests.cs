using Orleans;
using Orleans.Runtime;
using Steward.Connectors;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

/// <summary>What the check by itself looks at beside the verification call.</summary>
public sealed class SchemaProbeTests(SystemCluster cluster) : IClassFixture<SystemCluster>
{
    private const string Before = """{"key":"T-1","items":[{"id":"7","name":"ada"}],"next":"more"}""";
    private const string After = """{"key":"T-1","items":[{"id":"7","title":"ada"}],"next":"more"}""";

    // One of each that may be probed, and of each that may not.
    private const string Operations = """
            output: { fields: { number: key } }
          - { id: items.list, summary: Lists items., path: /items, effect: read, output: { list: true, path: items }, pagination: { kind: cursor, parameter: cursor, nextPath: next, maxPages: 5 } }
          - { id: queue.get, summary: Reads the queue., path: /queue, effect: read, input: { properties: { view: { type: string } } }, query: { view: "{view}" } }
          - { id: one.get, summary: Reads one., path: "/one/{id}", effect: read, input: { properties: { id: { type: string } }, required: [id] } }
          - { id: secret.get, summary: Reads a secret., path: /secret, effect: read, requiresApproval: true }
          - { id: report.get, summary: Reads a report., path: /report, effect: read, cost: 5 }
          - { id: rare.get, summary: Reads what is left to admins., path: /rare, effect: read, optIn: true }
          - { id: all.reset, summary: Resets all., method: POST, path: /reset, effect: write }

        """;

    [Fact]
    public async Task Check_ByItself_ProbesEachHarmlessOperationInTurnForNobody()
    {
        // Paths of its own: the system is that of other tests, too.
        var connector = await cluster.CreateAsync("probed", Operations.Replace("path: /", "path: /turn/", StringComparison.Ordinal).Replace("path: \"/", "path: \"/turn/", StringComparison.Ordinal));
        cluster.System.Answer = Before;

        // The third check comes back to the first operation; each asks for one page, although there are more.
        await CheckAsync(connector, "/turn/items", 1);
        await CheckAsync(connector, "/turn/queue", 1);
        await CheckAsync(connector, "/turn/items", 2);

        Assert.Equal(["/turn/items", "/turn/queue", "/turn/items"], cluster.System.Paths.Where(path => path.StartsWith("/turn/", StringComparison.Ordinal)));
        var audit = cluster.Grains.GetGrain<IConnectorAuditGrain>(GrainKeys.ConnectorAudit("t-acme"));
        IReadOnlyList<ConnectorAuditEntry> probes = [];
        await Conversing.UntilAsync(async () =>
        {
            cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
            probes = [.. (await audit.List("probed", 0, 200)).Entries.Where(entry => entry.ActionId.StartsWith("probe/probed/", StringComparison.Ordinal))];
            return probes.Count == 3;
        });
        Assert.Equal(["items.list", "items.list", "queue.get"], probes.Select(entry => entry.Operation).Order());
        Assert.All(probes, entry => Assert.Null(entry.UserId));
        Assert.All(probes, entry => Assert.Null(entry.OnBehalfOf));
    }

    [Fact]
    public async Task Check_ProbedOperationHasChanged_LooksUntilItIsSure()
    {
        var connector = await cluster.CreateAsync("probed-changing", Operations);
        cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
        await connector.Update(new UpdateConnector { Operations = ["tickets.get", "queue.get"] });
        cluster.System.Answer = Before;
        for (var call = 0; call < 20; call++)
        {
            cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
            var result = await cluster.Grains.GetGrain<IConnectorCallsGrain>("t-acme").Call(new ConnectorCallCommand { Instance = "probed-changing", Operation = "queue.get", ArgumentsJson = "{}", ActionId = $"learn-{call}" });
            Assert.Equal("succeeded", result.Outcome);
        }

        cluster.System.Answer = After;
        await RemindAsync(connector);

        ConnectorInfo? info = null;
        await Conversing.UntilAsync(async () =>
        {
            cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
            info = await connector.GetInfo();
            return info!.Drift.Any(drift => drift.Operation == "queue.get");
        });
        Assert.Contains(info!.Drift.Single(drift => drift.Operation == "queue.get").Changes, change => change is { Path: "items.*.name", Kind: "removed" });
    }

    [Theory]
    [InlineData("one.get")]
    [InlineData("secret.get")]
    [InlineData("report.get")]
    [InlineData("rare.get")]
    [InlineData("all.reset")]
    [InlineData("tickets.get")]
    [InlineData("nothing")]
    public async Task Probe_OperationThatMayNotBeCalledForNobody_IsRefusedAndNotSent(string operation)
    {
        var name = "unprobed-" + operation.Replace('.', '-');
        await cluster.CreateAsync(name, Operations);
        var before = cluster.System.Calls;
        var calls = cluster.Grains.GetGrain<IConnectorCallsGrain>("t-acme");

        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => calls.Probe(name, operation))).Code);
        Assert.Equal(before, cluster.System.Calls);
    }

    [Fact]
    public async Task Probe_ByAPerson_IsRefused()
    {
        await cluster.CreateAsync("not-for-people", Operations);
        cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => cluster.Grains.GetGrain<IConnectorCallsGrain>("t-acme").Probe("not-for-people", "queue.get"))).Code);
    }

    private async Task RemindAsync(IConnectorGrain connector)
    {
        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await connector.AsReference<IRemindable>().ReceiveReminder("check", default);
    }

    private async Task CheckAsync(IConnectorGrain connector, string path, int times)
    {
        await RemindAsync(connector);
        await Conversing.UntilAsync(() => Task.FromResult(cluster.System.Paths.Count(asked => asked.StartsWith(path, StringComparison.Ordinal)) == times));
    }
}
