using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Okta;

/// <summary>Users, groups, applications and the system log. Callers hold the system's lock.</summary>
internal sealed class OktaDirectory
{
    private readonly SimWorld world;
    private readonly Dictionary<string, OktaUser> usersByKey = new(StringComparer.OrdinalIgnoreCase);

    public OktaDirectory(SimWorld world)
    {
        this.world = world;
        UserTypeId = world.Ids.Okta("oty", "default");
        var company = world.Company;
        var founded = world.Started.AddDays(-900);
        foreach (var (person, index) in company.People.Select((p, i) => (p, i)))
        {
            var manager = company.ManagerOf(person);
            var joined = founded.AddDays(index * 11).AddHours(index);
            var changed = world.Started.AddHours(-(index + 2));
            var user = new OktaUser
            {
                Id = IdOf(person),
                Status = person.Status,
                Created = joined,
                Activated = joined.AddMinutes(5),
                StatusChanged = person.Status == "ACTIVE" ? joined.AddMinutes(5) : changed,
                LastUpdated = changed,
                LastLogin = changed,
                PasswordChanged = joined.AddDays(30),
                Profile = new JsonObject
                {
                    ["login"] = person.Email,
                    ["email"] = person.Email,
                    ["firstName"] = person.First,
                    ["lastName"] = person.Last,
                    ["displayName"] = person.Name,
                    ["title"] = person.Title,
                    ["department"] = person.Department,
                    ["organization"] = company.Name,
                    ["userType"] = "Employee",
                    ["employeeNumber"] = person.EmployeeNumber,
                    ["city"] = person.City,
                    ["countryCode"] = company.OfficeOf(person).CountryCode,
                    ["timezone"] = company.OfficeOf(person).TimeZone,
                    ["managerId"] = manager is null ? null : IdOf(manager),
                    ["manager"] = manager?.Name,
                },
            };
            Add(user);
        }

        Administrator = usersByKey[company.People.First(p => p.Admin).Email];
        SeedGroups(founded);
        SeedApps(founded);
    }

    public string UserTypeId { get; }

    public List<OktaUser> Users { get; } = [];

    public List<OktaGroup> Groups { get; } = [];

    public List<OktaApp> Apps { get; } = [];

    /// <summary>The system log, oldest first.</summary>
    public List<(DateTimeOffset Published, JsonObject Event)> Events { get; } = [];

    public List<SentMail> Mail { get; } = [];

    /// <summary>The administrator who created the API token: the actor of every change.</summary>
    public OktaUser Administrator { get; }

    /// <summary>Is told about every new entry of the system log.</summary>
    public Action<JsonObject>? Logged { get; set; }

    public void Add(OktaUser user)
    {
        Users.Add(user);
        usersByKey[user.Id] = user;
        usersByKey[user.Login] = user;
        usersByKey.TryAdd(user.Login[..Math.Max(0, user.Login.IndexOf('@', StringComparison.Ordinal))], user);
    }

    /// <summary>Finds a user by id, login or the login's part before the at sign.</summary>
    public OktaUser? Find(string key) => usersByKey.GetValueOrDefault(key);

    public OktaGroup? Group(string id) => Groups.Find(g => g.Id == id);

    public OktaApp? App(string id) => Apps.Find(a => a.Id == id);

    /// <summary>Appends to the system log.</summary>
    public void Log(Call call, string eventType, string message, params JsonObject[] targets)
    {
        var requestId = world.Ids.Text(world.Ids.Fresh("request"), 27);
        Events.Add((call.Now, new JsonObject
        {
            ["uuid"] = new Guid(Convert.FromHexString(world.Ids.ServiceNow(world.Ids.Fresh("event")))).ToString(),
            ["published"] = call.Now.Iso(),
            ["eventType"] = eventType,
            ["version"] = "0",
            ["severity"] = "INFO",
            ["legacyEventType"] = null,
            ["displayMessage"] = message,
            ["actor"] = Target(Administrator),
            ["client"] = new JsonObject
            {
                ["userAgent"] = new JsonObject { ["rawUserAgent"] = call.Http.Request.Headers.UserAgent.ToString(), ["os"] = "Unknown", ["browser"] = "UNKNOWN" },
                ["zone"] = "null",
                ["device"] = "Unknown",
                ["id"] = null,
                ["ipAddress"] = "127.0.0.1",
            },
            ["outcome"] = new JsonObject { ["result"] = "SUCCESS", ["reason"] = null },
            ["target"] = new JsonArray([.. targets]),
            ["transaction"] = new JsonObject { ["type"] = "WEB", ["id"] = requestId, ["detail"] = new JsonObject() },
            ["debugContext"] = new JsonObject
            {
                ["debugData"] = new JsonObject { ["requestId"] = requestId, ["requestUri"] = call.Path, ["url"] = call.PathAndQuery },
            },
            ["authenticationContext"] = new JsonObject { ["authenticationStep"] = 0, ["externalSessionId"] = $"trs{requestId}" },
        }));
        Logged?.Invoke(Events[^1].Event);
    }

    public static JsonObject Target(OktaUser user) => Target(user.Id, "User", user.Login, user.DisplayName);

    public static JsonObject Target(string id, string type, string alternateId, string displayName) => new()
    {
        ["id"] = id,
        ["type"] = type,
        ["alternateId"] = alternateId,
        ["displayName"] = displayName,
        ["detailEntry"] = null,
    };

    private string IdOf(Person person) => world.Ids.Okta("00u", person.Login);

    private void SeedGroups(DateTimeOffset founded)
    {
        var people = world.Company.People;
        AddGroup("Everyone", "All users in your organization", people, "BUILT_IN");
        foreach (var department in people.GroupBy(p => p.Department))
        {
            AddGroup(department.Key, $"Everybody in {department.Key}", department);
        }

        foreach (var office in world.Company.Offices)
        {
            AddGroup($"{office.City} Office", $"Everybody in the {office.City} office", people.Where(p => p.City == office.City));
        }

        AddGroup("Sales Berlin", "The sales team in Berlin", people.Where(p => p is { Department: "Sales", City: "Berlin" }));
        AddGroup("IT Help Desk", "Agents of the help desk", people.Where(p => p.Title.StartsWith("Help Desk", StringComparison.Ordinal)));
        AddGroup("Network Operations", "On call for the network", people.Where(p => p.Login is "pierre.lefevre" or "olivia.thompson" or "grace.osei"));
        AddGroup("Web Team", "Builds acme.example", people.Where(p => p.Login == "ingrid.bergstrom" || p.Manager == "ingrid.bergstrom"));
        AddGroup("Managers", "Everybody with direct reports", people.Where(p => people.Any(q => q.Manager == p.Login)));
        AddGroup("VPN Users", "May use the VPN", people.Where(p => p.Department is not "Legal"));

        void AddGroup(string name, string description, IEnumerable<Person> members, string type = "OKTA_GROUP")
        {
            var group = new OktaGroup
            {
                Id = world.Ids.Okta("00g", name), Name = name, Description = description, Type = type, Created = founded, MembershipUpdated = founded,
            };
            group.Members.AddRange(members.Where(p => p.Status != "DEPROVISIONED").Select(IdOf));
            Groups.Add(group);
        }
    }

    private void SeedApps(DateTimeOffset founded)
    {
        foreach (var application in world.Company.Applications)
        {
            var app = new OktaApp { Id = world.Ids.Okta("0oa", application.Key), Application = application, Created = founded };
            foreach (var person in world.Company.People)
            {
                if (person.Status != "DEPROVISIONED"
                    && (!application.RequiresApproval || person.Department == application.OwnerDepartment) && application.Key != "figma")
                {
                    app.Assignments[IdOf(person)] = new OktaAssignment(IdOf(person), person.Email, founded);
                }
            }

            Apps.Add(app);
        }
    }
}
