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
            throw Fail(400, "invalid request: WQL", "The query must have the form SELECT fields FROM source [(dataSourceFilter = filter)] [WHERE field = \"text\"] [LIMIT number].");
        }

        var (source, filter) = (match.Groups["source"].Value, match.Groups["filter"].Value);
        var people = (source, filter) switch
        {
            ("allWorkers", "") or ("workersForHCMReporting", "allActiveWorkers") => Tenant.People.Where(WorkdayTenant.IsActive),
            ("allActiveAndTerminatedWorkers", "") => Tenant.People,
            _ => throw Fail(400, "invalid request: WQL", $"Data source not found or not authorized: {source} {filter}"),
        };
        if (match.Groups["field"].Success)
        {
            var (field, value) = (match.Groups["field"].Value, match.Groups["value"].Value);
            people = people.Where(p => ValueOf(p, field) is JsonValue text && text.ToString() == value);
        }

        var fields = match.Groups["fields"].Value.Split(',', StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal);
        var limit = match.Groups["limit"].Success ? int.Parse(match.Groups["limit"].Value, CultureInfo.InvariantCulture) : int.MaxValue;
        return Page(call, people.Take(limit).Select(p => new JsonObject(fields.Select(field => KeyValuePair.Create(field, (JsonNode?)ValueOf(p, field))))));
    }

    private JsonNode ValueOf(Person person, string field) => field switch
    {
        "worker" => new JsonObject { ["descriptor"] = person.Name, ["id"] = Tenant.IdOf(person) },
        "workdayID" => Tenant.IdOf(person),
        "fullName" => person.Name,
        "email" or "email_PrimaryWork" => person.Email,
        "employeeID" => person.EmployeeNumber,
        "businessTitle" => person.Title,
        "location" => new JsonObject { ["descriptor"] = person.City, ["id"] = World.Ids.Workday($"location/{person.City}") },
        _ => throw Fail(400, "invalid request: WQL", $"Field not found: {field}"),
    };

    // A text of the language ends at the next mark of its kind: what follows has to be the language again.
    [GeneratedRegex(
        @"\A\s*SELECT\s+(?<fields>[A-Za-z_]+(\s*,\s*[A-Za-z_]+)*)\s+FROM\s+(?<source>[A-Za-z]+)(\s*\(\s*dataSourceFilter\s*=\s*(?<filter>[A-Za-z]+)\s*\))?" +
        @"(\s+WHERE\s+(?<field>[A-Za-z_]+)\s*=\s*(""(?<value>[^""\\]*)""|'(?<value>[^'\\]*)'))?(\s+LIMIT\s+(?<limit>[0-9]{1,6}))?\s*\z",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Statement();
}
