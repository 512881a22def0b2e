using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Workday;

/// <summary>Custom reports as a web service, which have no pages, and Workday Query Language.</summary>
internal sealed partial class WorkdaySystem
{
    private Reply Report(Call call)
    {
        var people = call.Route("report") switch
        {
            _ when call.Route("owner") != IntegrationUser && call.Route("owner") != World.Options.Credentials.WorkdayUser => null,
            "Active_Workers" => Tenant.People.Where(WorkdayTenant.IsActive),
            "Terminated_Workers" => Tenant.People.Where(p => !WorkdayTenant.IsActive(p)),
            _ => null,
        };
        if (people is null)
        {
            throw Fail(404, "Report not found", $"The report {call.Route("report")} of {call.Route("owner")} does not exist or is not enabled as a web service.");
        }

        if (call.Query("format") is not (null or "json" or "simplexml"))
        {
            throw Fail(400, "invalid format");
        }

        // A prompt is a parameter with the prompt's name.
        if (call.Query("Department") is { Length: > 0 } department)
        {
            people = people.Where(p => p.Department.Equals(department, StringComparison.OrdinalIgnoreCase));
        }

        return Reply.Ok(new JsonObject { ["Report_Entry"] = new JsonArray([.. people.Select(p => new JsonObject
        {
            ["Employee_ID"] = p.EmployeeNumber,
            ["Worker"] = p.Name,
            ["Email"] = p.Email,
            ["Business_Title"] = p.Title,
            ["Department"] = p.Department,
            ["Location"] = p.City,
            ["Manager"] = World.Company.ManagerOf(p)?.Name ?? "",
        })]) });
    }

    private Reply Wql(Call call)
    {
        var match = Statement().Match(call.Query("query") ?? "");
        if (!match.Success)
        {
            throw Fail(400, "invalid request: WQL", "The query must have the form SELECT fields FROM allWorkers [LIMIT number].");
        }

        if (!match.Groups["source"].Value.Equals("allWorkers", StringComparison.OrdinalIgnoreCase))
        {
            throw Fail(400, "invalid request: WQL", $"Data source not found or not authorized: {match.Groups["source"].Value}");
        }

        var fields = match.Groups["fields"].Value.Split(',', StringSplitOptions.TrimEntries);
        var limit = match.Groups["limit"].Success ? int.Parse(match.Groups["limit"].Value, CultureInfo.InvariantCulture) : int.MaxValue;
        return Page(call, Tenant.People.Where(WorkdayTenant.IsActive).Take(limit).Select(p =>
        {
            var row = new JsonObject();
            foreach (var field in fields)
            {
                row[field] = field switch
                {
                    "worker" => new JsonObject { ["descriptor"] = p.Name, ["id"] = Tenant.IdOf(p) },
                    "email" => p.Email,
                    "employeeID" => p.EmployeeNumber,
                    "businessTitle" => p.Title,
                    "location" => new JsonObject { ["descriptor"] = p.City, ["id"] = World.Ids.Workday($"location/{p.City}") },
                    _ => throw Fail(400, "invalid request: WQL", $"Field not found: {field}"),
                };
            }

            return row;
        }));
    }

    [GeneratedRegex(@"\A\s*SELECT\s+(?<fields>[A-Za-z]+(\s*,\s*[A-Za-z]+)*)\s+FROM\s+(?<source>[A-Za-z]+)(\s+LIMIT\s+(?<limit>[0-9]{1,6}))?\s*\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Statement();
}
