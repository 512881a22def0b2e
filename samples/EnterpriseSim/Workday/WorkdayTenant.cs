using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Workday;

internal sealed record WorkdayTimeOff(string Id, string WorkerId, DateOnly Date, decimal Quantity, string TypeId, string Status, string? Comment);

internal sealed class WorkdayTask
{
    public required string Id { get; init; }

    public required string AssigneeId { get; init; }

    public required string Name { get; init; }

    public required string Subject { get; init; }

    public required DateTimeOffset Assigned { get; init; }

    /// <summary>The request that is decided with it; null if there is none.</summary>
    public string? TimeOffId { get; init; }

    public JsonObject Render(string root) => new()
    {
        ["id"] = Id,
        ["descriptor"] = Name,
        ["href"] = $"{root}/inboxTasks/{Id}",
        ["subject"] = new JsonObject { ["descriptor"] = Subject },
        ["stepType"] = new JsonObject { ["descriptor"] = "Approval" },
        ["assigned"] = Assigned.Iso(),
        ["due"] = Assigned.AddDays(2).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ["status"] = new JsonObject { ["descriptor"] = "Awaiting Action" },
    };
}

/// <summary>Workers, time off and inboxes. Callers hold the system's lock.</summary>
internal sealed class WorkdayTenant
{
    private const decimal YearlyDays = 25;
    private readonly SimWorld world;
    private readonly Dictionary<string, Person> byId;

    public WorkdayTenant(SimWorld world)
    {
        this.world = world;
        byId = world.Company.People.ToDictionary(IdOf);
        Types = [(world.Ids.Workday("type/vacation"), "Vacation", "Days"), (world.Ids.Workday("type/sick"), "Sick Leave", "Days"), (world.Ids.Workday("type/volunteering"), "Volunteering", "Hours")];
        var ada = world.Company.Find("ada.lovelace")!;
        TimeOff.Add(new WorkdayTimeOff(world.Ids.Workday("timeoff/ada/1"), IdOf(ada), DateOnly.FromDateTime(world.Started.UtcDateTime).AddDays(-20), 1, Types[0].Id, "Successfully Completed", null));
        Tasks.Add(new WorkdayTask
        {
            Id = world.Ids.Workday("task/1"), AssigneeId = IdOf(world.Company.Find("jonas.weber")!), Name = "Expense Report: Lukas Braun", Subject = "Expense Report: Lukas Braun, 412.50 EUR", Assigned = world.Started.AddHours(-20),
        });
        Tasks.Add(new WorkdayTask
        {
            Id = world.Ids.Workday("task/2"), AssigneeId = IdOf(world.Company.Find("jonas.weber")!), Name = "Compensation Change: Anna Schmidt", Subject = "Compensation Change: Anna Schmidt", Assigned = world.Started.AddHours(-44),
        });
    }

    public IReadOnlyList<(string Id, string Name, string Unit)> Types { get; }

    public List<WorkdayTimeOff> TimeOff { get; } = [];

    public List<WorkdayTask> Tasks { get; } = [];

    public IEnumerable<Person> People => world.Company.People;

    public string IdOf(Person person) => world.Ids.Workday($"worker/{person.Login}");

    public Person? Find(string id) => byId.GetValueOrDefault(id);

    public static bool IsActive(Person person) => person.Status != "DEPROVISIONED";

    public decimal Left(string workerId, string typeId) => YearlyDays - TimeOff.Where(t => t.WorkerId == workerId && t.TypeId == typeId && t.Status != "Denied").Sum(t => t.Quantity);

    public JsonObject Render(Person person, string root)
    {
        var index = int.Parse(person.EmployeeNumber, CultureInfo.InvariantCulture) - 10_001;
        var manager = OrganizationManagerOf(person);
        return new JsonObject
        {
            ["id"] = IdOf(person),
            ["descriptor"] = person.Name,
            ["href"] = $"{root}/workers/{IdOf(person)}",
            ["primaryWorkEmail"] = person.Email,
            ["primaryWorkPhone"] = $"+49 30 5550 {index.ToString("D3", CultureInfo.InvariantCulture)}",
            ["businessTitle"] = person.Title,
            ["isManager"] = world.Company.People.Any(p => p.Manager == person.Login),
            ["yearsOfService"] = ((900 - (index * 11)) / 365).Plain(),
            ["location"] = new JsonObject { ["descriptor"] = person.City, ["id"] = world.Ids.Workday($"location/{person.City}") },
            ["primarySupervisoryOrganization"] = new JsonObject { ["descriptor"] = NameOfOrganization(manager), ["id"] = OrganizationIdOf(manager) },
        };
    }

    /// <summary>Those who lead a supervisory organisation: everybody with direct reports, and whoever is on top.</summary>
    public IEnumerable<Person> Managers => world.Company.People.Where(p => p.Manager is null || world.Company.People.Any(other => other.Manager == p.Login));

    /// <summary>Who leads the primary supervisory organisation of somebody: their manager; whoever is on top leads their own.</summary>
    public Person OrganizationManagerOf(Person person) => world.Company.ManagerOf(person) ?? person;

    public string OrganizationIdOf(Person manager) => world.Ids.Workday($"organization/{manager.Login}");

    public JsonObject RenderOrganization(Person manager, string root) => new()
    {
        ["id"] = OrganizationIdOf(manager),
        ["descriptor"] = NameOfOrganization(manager),
        ["href"] = $"{root}/supervisoryOrganizations/{OrganizationIdOf(manager)}",
        ["name"] = manager.Department,
        ["manager"] = new JsonObject { ["descriptor"] = manager.Name, ["id"] = IdOf(manager), ["href"] = $"{root}/workers/{IdOf(manager)}" },
        ["workers"] = $"{root}/supervisoryOrganizations/{OrganizationIdOf(manager)}/workers",
    };

    private static string NameOfOrganization(Person manager) => $"{manager.Department} ({manager.Name})";
}
