using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Workday;

/// <summary>Workers, their time off and what waits in their inboxes.</summary>
internal sealed partial class WorkdaySystem
{
    private Reply ListWorkers(Call call)
    {
        var search = call.Query("search") ?? "";
        var terminated = call.Query("includeTerminatedWorkers") == "true";
        return Page(call, Tenant.People.Where(p => (terminated || WorkdayTenant.IsActive(p))
            && (p.Name.Contains(search, StringComparison.OrdinalIgnoreCase) || p.EmployeeNumber == search)).Select(p => Tenant.Render(p, RootOf(call))));
    }

    private Reply GetMe(Call call) => Reply.Ok(World.Company.Find(call.Caller) is { } person
        ? Tenant.Render(person, RootOf(call))
        : new JsonObject { ["id"] = World.Ids.Workday("worker/integration"), ["descriptor"] = IntegrationUser, ["href"] = $"{RootOf(call)}/workers/me" });

    private Reply GetWorker(Call call) => Reply.Ok(Tenant.Render(WorkerOf(call), RootOf(call)));

    private Reply ListDirectReports(Call call)
    {
        var worker = WorkerOf(call);
        return Page(call, Tenant.People.Where(p => p.Manager == worker.Login && WorkdayTenant.IsActive(p)).Select(p => Tenant.Render(p, RootOf(call))));
    }

    private Reply ListOrganizations(Call call) => Page(call, Tenant.Managers.Select(manager => Tenant.RenderOrganization(manager, RootOf(call))));

    private Reply GetOrganization(Call call) => Reply.Ok(Tenant.RenderOrganization(ManagerOfOrganization(call), RootOf(call)));

    private Reply ListOrganizationWorkers(Call call)
    {
        var manager = ManagerOfOrganization(call);
        return Page(call, Tenant.People.Where(p => WorkdayTenant.IsActive(p) && Tenant.OrganizationManagerOf(p) == manager).Select(p => Tenant.Render(p, RootOf(call))));
    }

    private Person ManagerOfOrganization(Call call) => Tenant.Managers.FirstOrDefault(manager => Tenant.OrganizationIdOf(manager) == call.Route("id"))
        ?? throw Fail(404, "invalid request: instance not found", $"The Workday id {call.Route("id")} is not valid for the type supervisoryOrganization.");

    private Reply ListPaySlips(Call call)
    {
        var worker = WorkerOf(call);
        return Page(call, Enumerable.Range(1, 6).Select(months =>
        {
            var date = World.Started.AddMonths(-months).ToString("yyyy-MM-28", CultureInfo.InvariantCulture);
            return new JsonObject
            {
                ["id"] = World.Ids.Workday($"payslip/{worker.Login}/{date}"), ["descriptor"] = $"{worker.Name}: {date}", ["date"] = date,
                ["status"] = new JsonObject { ["descriptor"] = "Complete" },
            };
        }));
    }

    private Reply ListTimeOff(Call call)
    {
        var id = Tenant.IdOf(WorkerOf(call));
        return Page(call, Tenant.TimeOff.Where(t => t.WorkerId == id).Select(t => new JsonObject
        {
            ["id"] = t.Id,
            ["descriptor"] = $"{TypeOf(t.TypeId)!.Value.Name}: {Day(t.Date)}",
            ["date"] = Day(t.Date),
            ["units"] = t.Quantity,
            ["unitOfTime"] = new JsonObject { ["descriptor"] = TypeOf(t.TypeId)!.Value.Unit },
            ["timeOff"] = new JsonObject { ["descriptor"] = TypeOf(t.TypeId)!.Value.Name, ["id"] = t.TypeId },
            ["timeOffRequest"] = new JsonObject { ["status"] = t.Status },
        }));
    }

    private Reply ListBalances(Call call)
    {
        var id = call.Query("worker") ?? "";
        if (Tenant.Find(id) is null)
        {
            throw Invalid($"The Workday id {id} is not valid for the type worker.");
        }

        return Page(call, Tenant.Types.Where(t => t.Unit == "Days").Select(t => new JsonObject
        {
            ["id"] = World.Ids.Workday($"balance/{id}/{t.Id}"),
            ["absencePlan"] = new JsonObject { ["descriptor"] = $"{t.Name} Plan" },
            ["quantity"] = Tenant.Left(id, t.Id).ToString("0.##", CultureInfo.InvariantCulture),
            ["unit"] = new JsonObject { ["descriptor"] = t.Unit },
            ["effectiveDate"] = call.Now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        }));
    }

    private Reply ListTypes(Call call)
    {
        _ = WorkerOf(call);
        return Page(call, Tenant.Types.Select(t => new JsonObject { ["id"] = t.Id, ["descriptor"] = t.Name, ["unitOfTime"] = new JsonObject { ["descriptor"] = t.Unit } }));
    }

    private Reply RequestTimeOff(Call call)
    {
        var worker = WorkerOf(call);
        var id = Tenant.IdOf(worker);
        if (!WorkdayTenant.IsActive(worker))
        {
            throw Invalid("The worker is not active on the date of the time off.");
        }

        var days = (call.Json.Array("days") ?? []).OfType<JsonObject>().ToList();
        if (days.Count == 0)
        {
            throw Invalid("The field days is required.");
        }

        var entries = new List<WorkdayTimeOff>();
        foreach (var day in days)
        {
            var type = TypeOf(day.Object("timeOffType")?.Text("id")) ?? throw Invalid("The time off type is not valid for the worker.");
            if (!DateOnly.TryParseExact(day.Text("date"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                || !decimal.TryParse(day.Text("dailyQuantity"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var quantity) || quantity <= 0)
            {
                throw Invalid("A day needs date and dailyQuantity.");
            }

            if (Tenant.TimeOff.Concat(entries).Any(t => t.WorkerId == id && t.Date == date && t.Status != "Denied"))
            {
                throw Invalid($"The time off request overlaps with time off that was already requested: {Day(date)}.");
            }

            if (type.Unit == "Days" && Tenant.Left(id, type.Id) < quantity + entries.Where(e => e.TypeId == type.Id).Sum(e => e.Quantity))
            {
                throw Invalid("The requested time off is more than the balance.");
            }

            entries.Add(new WorkdayTimeOff(World.Ids.Workday(World.Ids.Fresh("timeoff")), id, date, quantity, type.Id, "In Progress", day.Text("comment")));
        }

        Tenant.TimeOff.AddRange(entries);
        if (World.Company.ManagerOf(worker) is { } manager)
        {
            Tenant.Tasks.AddRange(entries.Select(e => new WorkdayTask
            {
                Id = World.Ids.Workday(World.Ids.Fresh("task")), AssigneeId = Tenant.IdOf(manager), Name = $"Time Off Request: {worker.Name}", Subject = $"{TypeOf(e.TypeId)!.Value.Name} on {Day(e.Date)}",
                Assigned = call.Now, TimeOffId = e.Id,
            }));
        }

        call.Committed();
        entries.ForEach(entry => Tell(entry, "timeOff.requested", call.Now));
        return new Reply(201, new JsonObject
        {
            ["id"] = entries[0].Id,
            ["businessProcessParameters"] = new JsonObject { ["overallStatus"] = "In Progress", ["transactionStatus"] = new JsonObject { ["descriptor"] = "In Progress" } },
            ["days"] = new JsonArray([.. entries.Select(e => new JsonObject { ["id"] = e.Id, ["date"] = Day(e.Date), ["dailyQuantity"] = e.Quantity, ["timeOffType"] = new JsonObject { ["id"] = e.TypeId } })]),
        });
    }

    private Reply ListTasks(Call call)
    {
        var id = Tenant.IdOf(WorkerOf(call));
        return Page(call, Tenant.Tasks.Where(t => t.AssigneeId == id).Select(t => t.Render(RootOf(call))));
    }

    /// <summary>A decision ends a task; it is not there any more afterwards. People decide their own tasks only.</summary>
    private Reply Decide(Call call, bool approve)
    {
        var task = Tenant.Tasks.Find(t => t.Id == call.Route("taskId")) ?? throw Fail(404, "invalid request: instance not found", "The task is not available.");
        if (World.Company.Find(call.Caller) is { } person && Tenant.IdOf(person) != task.AssigneeId)
        {
            throw Fail(403, "permission denied", "You do not have permission to act on this task.");
        }

        if (!approve && string.IsNullOrWhiteSpace(call.Json.Text("comment")))
        {
            throw Invalid("A comment is required.");
        }

        Tenant.Tasks.Remove(task);
        if (Tenant.TimeOff.FindIndex(t => t.Id == task.TimeOffId) is var index and >= 0)
        {
            Tenant.TimeOff[index] = Tenant.TimeOff[index] with { Status = approve ? "Successfully Completed" : "Denied" };
            Tell(Tenant.TimeOff[index], approve ? "timeOff.approved" : "timeOff.denied", call.Now);
        }

        call.Committed();
        return new Reply(201, new JsonObject { ["id"] = task.Id, ["descriptor"] = task.Name });
    }

    private (string Id, string Name, string Unit)? TypeOf(string? id)
    {
        foreach (var type in Tenant.Types)
        {
            if (type.Id == id)
            {
                return type;
            }
        }

        return null;
    }

    private static string Day(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
