using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Approvals.People;
using Steward.Engines.Connectors;
using Steward.EnterpriseSim;
using Steward.People;

namespace Steward.Grains.Tests.People;

/// <summary>The directory that a tenant's Workday gives, over HTTP.</summary>
public sealed class WorkdayDirectoryTests(DirectoryCluster cluster) : IClassFixture<DirectoryCluster>
{
    private const string Ada = "ada.lovelace@acme.example";

    [Fact]
    public async Task Find_WorkersOfWorkday_AreWhoTheyAreThere()
    {
        var directory = cluster.Of(await cluster.WorkdayTenantAsync());
        var gone = cluster.Company.Company.People.First(person => person.Status == "DEPROVISIONED");

        var ada = await directory.FindAsync("Ada.Lovelace@ACME.example", default);

        Assert.Equal((Ada, "Ada Lovelace", true), (ada!.Email, ada.Name, ada.IsActive));
        Assert.False((await directory.FindAsync(gone.Email, default))!.IsActive);
        Assert.Null(await directory.FindAsync("nobody@acme.example", default));
    }

    [Theory]
    [InlineData("x\" OR email_PrimaryWork = \"ada.lovelace@acme.example")]
    [InlineData("x\\\" OR fullName = \"Ada Lovelace@acme.example")]
    [InlineData("x@acme.example\"\nLIMIT 1")]
    [InlineData("x@acme.example\0")]
    public async Task Find_AddressThatIsAQuery_IsNobodyAndNotSent(string email)
    {
        var directory = cluster.Of(await cluster.WorkdayTenantAsync());
        var before = cluster.Company.Calls.Count;

        Assert.Null(await directory.FindAsync(email, default));
        Assert.Equal(before, cluster.Company.Calls.Count);
    }

    [Fact]
    public async Task Find_AddressWithAnApostrophe_IsAskedForAsItIs()
    {
        var directory = cluster.Of(await cluster.WorkdayTenantAsync());

        Assert.Null(await directory.FindAsync("o'brien') OR (email_PrimaryWork = 'x@acme.example", default));
        Assert.Null(await directory.FindAsync("miles.o'brien@acme.example", default));
    }

    [Fact]
    public async Task FindManager_ToTheTop_IsAsTheCompanyIs()
    {
        var directory = cluster.Of(await cluster.WorkdayTenantAsync());
        var company = cluster.Company.Company;
        var at = company.People.Single(person => person.Email == Ada);
        for (; company.ManagerOf(at) is { } manager; at = manager)
        {
            Assert.Equal(manager.Email, (await directory.FindManagerAsync(at.Email, default))!.Email);
        }

        Assert.Null(await directory.FindManagerAsync(at.Email, default));
    }

    [Fact]
    public async Task FindGroup_SupervisoryOrganisation_IsWhoeverReportsToItsManager()
    {
        var directory = cluster.Of(await cluster.WorkdayTenantAsync());
        var company = cluster.Company.Company;
        var ada = company.People.Single(person => person.Email == Ada);
        var manager = company.ManagerOf(ada)!;
        var expected = company.People.Where(person => person.Manager == manager.Login && person.Status != "DEPROVISIONED").Select(person => person.Email).Order(StringComparer.Ordinal);

        var groups = await directory.FindGroupsOfAsync(Ada, default);
        var members = await directory.FindGroupAsync($"{manager.Department} ({manager.Name})", default);

        Assert.Contains($"{manager.Department} ({manager.Name})", groups);
        Assert.Contains(manager.Department, groups);
        Assert.Equal(expected, members!.Select(person => person.Email).Order(StringComparer.Ordinal));
        Assert.Null(await directory.FindGroupAsync("Nobody's (Nobody)", default));
    }

    [Fact]
    public async Task Find_WorkdayThatNoSettingNames_IsNotAsked()
    {
        var tenant = "t-hr-" + Guid.NewGuid().ToString("n");
        await cluster.ConnectWorkdayAsync(tenant, operations: null);
        await cluster.ConnectWorkdayAsync("t-acme", operations: null);
        var before = Asked();

        Assert.Null(await cluster.Of(tenant).FindManagerAsync(Ada, default));
        Assert.NotNull(await cluster.Of(tenant).FindAsync(Ada, default));
        Assert.Equal("Ada Lovelace", (await cluster.Acme.FindAsync(Ada, default))!.Name);
        Assert.Equal(before, Asked());

        int Asked() => cluster.Company.Calls.Count(call => call.Path.Contains("/ccx/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Operations_WhatTellsOfEverybody_IsOffUntilItIsNamed()
    {
        var (plain, named) = ("t-hr-" + Guid.NewGuid().ToString("n"), "t-hr-" + Guid.NewGuid().ToString("n"));
        await cluster.ConnectWorkdayAsync(plain, operations: null);
        await cluster.ConnectWorkdayAsync(named, ["organizations.list"]);

        Assert.Contains("hr.workers.find", (await OpenAsync(plain)).Operations.Select(operation => operation.Id));
        Assert.DoesNotContain((await OpenAsync(plain)).Operations, operation => operation.Id == "hr.people.find_left" || operation.Id.StartsWith("hr.organizations.", StringComparison.Ordinal));
        Assert.Equal(["hr.organizations.list"], (await OpenAsync(named)).Operations.Select(operation => operation.Id));

        async Task<ITenantConnectors> OpenAsync(string tenant)
        {
            cluster.AssumePlatform(tenant);
            return await cluster.Silo.GetRequiredService<IConnectorRegistry>().OpenAsync(tenant, null, default);
        }
    }

    [Theory]
    [InlineData(true, false, "Sales (Grace Hopper)")]
    [InlineData(true, false, "Nothing")]
    [InlineData(false, true, "Sales (Grace Hopper)")]
    public async Task FindGroup_ListThatIsCut_IsUnavailableAndNotAPart(bool isListCut, bool areMembersCut, string group)
    {
        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => Answering(isListCut, areMembersCut).FindGroupAsync(group, default));
    }

    [Fact]
    public async Task FindGroup_ListsThatAreWhole_IsItsMembers()
    {
        Assert.Equal([Ada], (await Answering(isListCut: false, areMembersCut: false).FindGroupAsync("sales (grace hopper)", default))!.Select(entry => entry.Person.Email));
        Assert.Null(await Answering(isListCut: true, areMembersCut: false).FindGroupAsync("Sales", default));
    }

    private WorkdayPeople Answering(bool isListCut, bool areMembersCut) => new(new(
        new ListedOrganizations(isListCut, areMembersCut),
        "hr",
        TimeSpan.FromSeconds(15),
        cluster.Time));

    private sealed class ListedOrganizations(bool isListCut, bool areMembersCut) : ITenantConnectors
    {
        public IReadOnlyList<ConnectorOperation> Operations => [];

        public Task<ActionOutcome> ExecuteAsync(ActionRequest request, CancellationToken cancellationToken)
        {
            object answer = request.OperationId == "hr.organizations.list"
                ? new { items = new[] { new { id = "1", name = "Sales", title = "Sales (Grace Hopper)" }, new { id = "2", name = "Sales", title = "Sales (Alan Turing)" } }, truncated = isListCut }
                : new { items = new[] { new { id = "3", name = "Ada Lovelace", email = Ada } }, truncated = areMembersCut };
            return Task.FromResult<ActionOutcome>(new ActionSucceeded(JsonSerializer.SerializeToElement(answer)));
        }

        public Task<ReconcileOutcome> ReconcileAsync(ActionRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    [Fact]
    public async Task Find_WhatWorkdayRefuses_IsUnavailableAndNotNobody()
    {
        var directory = cluster.Of(await cluster.WorkdayTenantAsync());
        cluster.Company.Inject(new SimFault { Kind = SimFaultKind.ServerError, Operation = "wql", Count = 1000 });
        try
        {
            await Assert.ThrowsAsync<DirectoryUnavailableException>(() => directory.FindAsync(Ada, default).AsTask());
        }
        finally
        {
            cluster.Company.ClearFaults();
        }
    }

    [Fact]
    public async Task Find_ApprovedTimeOff_IsAnAbsence()
    {
        var tenant = await cluster.WorkdayTenantAsync();
        var company = cluster.Company.Company;
        var ada = company.People.Single(person => person.Email == Ada);
        var (workerId, managerId) = (cluster.Company.State.WorkdayWorker(ada), cluster.Company.State.WorkdayWorker(company.ManagerOf(ada)!));
        var day = DateOnly.FromDateTime(cluster.Time.GetUtcNow().UtcDateTime).AddDays(3);
        cluster.AssumePlatform(tenant);
        var connectors = await cluster.Silo.GetRequiredService<IConnectorRegistry>().OpenAsync(tenant, null, default);
        var type = (await DoAsync("time_off.types", new { workerId })).GetProperty("items").EnumerateArray().First(item => item.GetProperty("unit").GetString() == "Days").GetProperty("id").GetString();
        await DoAsync("time_off.request", new { workerId, date = $"{day:yyyy-MM-dd}", quantity = 1, typeId = type });

        // Another tenant of the same company: what a tenant has once asked holds for minutes.
        Assert.Empty((await cluster.Of(await cluster.WorkdayTenantAsync()).FindAsync(Ada, default))!.Absences);

        var task = (await DoAsync("inbox.list", new { workerId = managerId })).GetProperty("items").EnumerateArray().First(item => item.GetProperty("name").GetString() == "Time Off Request: Ada Lovelace").GetProperty("id").GetString();
        await DoAsync("inbox.approve", new { taskId = task, comment = "Enjoy" });

        var absence = Assert.Single((await cluster.Of(tenant).FindAsync(Ada, default))!.Absences);
        Assert.Equal(new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero), absence.From);
        Assert.Equal(TimeSpan.FromDays(1), absence.Until - absence.From);

        async Task<JsonElement> DoAsync(string operation, object arguments)
        {
            cluster.AssumePlatform(tenant);
            var outcome = await connectors.ExecuteAsync(new() { ActionId = Guid.NewGuid().ToString("n"), OperationId = "hr." + operation, Arguments = JsonSerializer.SerializeToElement(arguments), Deadline = cluster.Time.GetUtcNow().AddSeconds(30) }, default);
            return Assert.IsType<ActionSucceeded>(outcome).Result;
        }
    }

    [Theory]
    [InlineData("""{"date":"2026-03-29","quantity":1,"unit":"Days","status":"Successfully Completed"}""", "2026-03-28T23:00Z", "2026-03-29T22:00Z")]
    [InlineData("""{"date":"2026-03-30","quantity":"8","unit":"Hours","status":"Approved"},{"date":"2026-03-31","quantity":1,"unit":"Days","status":"Approved"}""", "2026-03-29T22:00Z", "2026-03-31T22:00Z")]
    [InlineData("""{"date":"2026-03-30","quantity":0.5,"unit":"Days","status":"Approved"},{"date":"2026-03-30","quantity":4,"unit":"Hours","status":"Approved"}""", "2026-03-29T22:00Z", "2026-03-30T22:00Z")]
    [InlineData("""{"date":"2026-03-30","quantity":1,"unit":"Days","status":"In Progress"}""", null, null)]
    [InlineData("""{"date":"2026-03-30","quantity":1,"unit":"Days","status":"Approved"},{"date":"2026-03-30","quantity":-1,"unit":"Days","status":"Approved"}""", null, null)]
    [InlineData("""{"date":"2026-03-30","quantity":2,"unit":"Hours","status":"Approved"}""", null, null)]
    [InlineData("""{"date":"2026-02-02","quantity":1,"unit":"Days","status":"Approved"}""", null, null)]
    [InlineData("""{"date":"nonsense","quantity":1,"unit":"Days","status":"Approved"},{"date":"9999-12-31","quantity":1,"unit":"Days","status":"Approved"},{"quantity":{}},7""", null, null)]
    public void Read_TimeOff_IsWholeApprovedDaysInTheirZone(string items, string? from, string? until)
    {
        using var document = JsonDocument.Parse($$"""{"items":[{{items}}]}""");

        var absences = WorkdayAbsences.Read(document.RootElement, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"), DateTimeOffset.Parse("2026-03-20T10:00:00Z", null));

        Assert.Equal(from is null ? [] : [new Absence(DateTimeOffset.Parse(from, null), DateTimeOffset.Parse(until!, null), "directory")], absences);
    }
}
