using Steward.EnterpriseSim;
using Steward.Host.Demo;

namespace Steward.EndToEnd.Tests;

/// <summary>Salesforce and Workday tell Steward what happened, by what their administrators wrote for it.</summary>
[Collection(ConnectorStories.Name)]
public sealed class FlowHookStoryTests(LocalSteward local)
{
    [Fact]
    public async Task Hooks_OfSalesforceAndWorkday_AreTakenOnceWithTheRightSecretOnly()
    {
        using var admin = local.Steward.Client(local.Steward.Token(DemoTenant.Admin));
        var credentials = local.Simulation.Credentials;
        await admin.ConnectAsync(new
        {
            name = "crm-hooks",
            templateId = "salesforce",
            baseUrl = local.Simulation.Salesforce.ToString(),
            authId = "client_credentials",
            fields = new { domain = "acme.my.salesforce.example", clientId = credentials.SalesforceClientId },
            secrets = new { clientSecret = credentials.SalesforceClientSecret, webhookSecret = "of the named credential" },
            operations = new[] { "cases.find", "cases.update" },
            access = new Dictionary<string, string[]> { ["cases.update"] = ["admin"] },
        });
        await admin.ConnectAsync(new
        {
            name = "hr-hooks",
            templateId = "workday",
            baseUrl = local.Simulation.Workday.ToString(),
            authId = "oauth",
            fields = new { host = "wd2.acme.example", tenant = "acme", clientId = credentials.WorkdayClientId },
            secrets = new { clientSecret = credentials.WorkdayClientSecret, webhookSecret = "steward:pass:word" },
            operations = new[] { "workers.me", "time_off.types", "time_off.request" },
            access = new Dictionary<string, string[]> { ["time_off.request"] = ["admin"] },
        });
        await admin.SignInToAsync("hr-hooks", "ada.lovelace");
        var known = local.Simulation.Events.Count;
        Assert.Null(await local.Simulation.SubscribeAsync(SimSystem.Salesforce, Hook("crm-hooks"), "of the named credential"));
        Assert.Null(await local.Simulation.SubscribeAsync(SimSystem.Salesforce, Hook("hr-hooks"), "of the named credential"));
        Assert.Null(await local.Simulation.SubscribeAsync(SimSystem.Workday, Hook("hr-hooks"), "steward:pass:word"));
        Assert.Null(await local.Simulation.SubscribeAsync(SimSystem.Workday, Hook("crm-hooks"), "steward:pass:word"));
        local.Simulation.Inject(new SimFault { Kind = SimFaultKind.DuplicateEvent, System = SimSystem.Salesforce, PathContains = "crm-hooks" });

        // What people do in the systems.
        var found = await admin.ResultAsync("crm-hooks", "cases.find", new { isClosed = false });
        await admin.ResultAsync("crm-hooks", "cases.update", new { id = found.GetProperty("items")[0].GetProperty("id").GetString(), status = "Working" }, "hooked-1");
        var worker = local.Simulation.State.WorkdayWorker(local.Simulation.Company.Find("ada.lovelace")!);
        var types = await admin.ResultAsync("hr-hooks", "time_off.types", new { workerId = worker });
        await admin.ResultAsync(
            "hr-hooks", "time_off.request", new { workerId = worker, date = "2027-05-05", quantity = 1, typeId = types.GetProperty("items")[0].GetProperty("id").GetString(), comment = "x" }, "hooked-2");
        await ConnectorApi.UntilAsync(() => Task.FromResult(Sent(known).Count == 5), "five attempts are made");

        var sent = Sent(known);
        Assert.Equal([202, 202], sent.Where(one => one.System == SimSystem.Salesforce && one.Url == Hook("crm-hooks")).Select(one => one.Status));
        Assert.Equal(202, Assert.Single(sent, one => one.System == SimSystem.Workday && one.Url == Hook("hr-hooks")).Status);

        // Another system's secret is none here.
        Assert.Equal([401, 401], sent.Where(one => one.Url == Hook(one.System == SimSystem.Salesforce ? "hr-hooks" : "crm-hooks")).Select(one => one.Status));

        // Both are in the journal as they came; the one that came twice takes no more room than the other.
        var written = await SecretScan.DumpAsync(Path.Combine(local.Steward.DataDirectory, "steward.db"));
        Assert.All(sent.Where(one => one.Status == 202), one => Assert.Contains(one.EventId, written, StringComparison.Ordinal));
        Assert.Equal(Count(written, "timeOff.requested"), Count(written, "Case.updated"));
    }

    private Uri Hook(string connector) => new(local.Steward.Url, $"hooks/{DemoTenant.Id}/{connector}");

    private IReadOnlyList<SentEvent> Sent(int after) => [.. local.Simulation.Events.Skip(after)];

    private static int Count(string text, string part) => (text.Length - text.Replace(part, "", StringComparison.Ordinal).Length) / part.Length;
}
