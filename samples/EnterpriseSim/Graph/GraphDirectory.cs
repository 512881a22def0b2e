using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>People, groups, licences, teams and chats. Callers hold the system's lock.</summary>
internal sealed class GraphDirectory
{
    private readonly SimWorld world;
    private long lastMessage;

    public GraphDirectory(SimWorld world)
    {
        this.world = world;
        var company = world.Company;
        Skus =
        [
            new(world.Ids.Guid("sku/SPE_E3"), "SPE_E3", 100), new(world.Ids.Guid("sku/POWER_BI_PRO"), "POWER_BI_PRO", 10), new(world.Ids.Guid("sku/VISIOCLIENT"), "VISIOCLIENT", 0),
        ];
        foreach (var (person, index) in company.People.Select((p, i) => (p, i)))
        {
            var user = new GraphUser
            {
                Id = world.Ids.Guid($"user/{person.Login}"),
                Login = person.Login,
                ManagerId = person.Manager is null ? null : world.Ids.Guid($"user/{person.Manager}"),
                Properties = new JsonObject
                {
                    ["id"] = world.Ids.Guid($"user/{person.Login}"),
                    ["userPrincipalName"] = person.Email,
                    ["mail"] = person.Email,
                    ["displayName"] = person.Name,
                    ["givenName"] = person.First,
                    ["surname"] = person.Last,
                    ["jobTitle"] = person.Title,
                    ["department"] = person.Department,
                    ["officeLocation"] = person.City,
                    ["mobilePhone"] = null,
                    ["businessPhones"] = new JsonArray(),
                    ["preferredLanguage"] = null,
                    ["usageLocation"] = company.OfficeOf(person).CountryCode,
                    ["employeeId"] = person.EmployeeNumber,
                    ["accountEnabled"] = person.Status is not ("DEPROVISIONED" or "SUSPENDED"),
                    ["createdDateTime"] = world.Started.AddDays((index * 11) - 900).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                },
            };
            user.Methods.Add(new JsonObject { ["@odata.type"] = "#microsoft.graph.passwordAuthenticationMethod", ["id"] = "28c10230-6103-485e-b985-444c60001490" });
            user.Methods.Add(new JsonObject
            {
                ["@odata.type"] = "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod", ["id"] = world.Ids.Guid($"authenticator/{person.Login}"), ["displayName"] = $"{person.First}'s phone",
            });
            user.Skus.Add(Skus[0].Id);
            Users.Add(user);
        }

        AddGroups();
    }

    public List<GraphUser> Users { get; } = [];

    public List<GraphGroup> Groups { get; } = [];

    public IReadOnlyList<GraphSku> Skus { get; }

    public List<GraphTeam> Teams { get; } = [];

    public List<GraphChat> Chats { get; } = [];

    public List<GraphMeeting> Meetings { get; } = [];

    public GraphUser? Find(string idOrName) => Users.Find(u => u.Id.Equals(idOrName, StringComparison.OrdinalIgnoreCase)
        || idOrName.Equals(u.Properties.Text("userPrincipalName"), StringComparison.OrdinalIgnoreCase));

    public GraphUser ByLogin(string login) => Users.First(u => u.Login == login);

    /// <summary>The id of a message: milliseconds since 1970, unique.</summary>
    public string NextMessageId(DateTimeOffset now) => (lastMessage = Math.Max(lastMessage + 1, now.ToUnixTimeMilliseconds())).Plain();

    public int Used(string sku) => Users.Count(u => u.Skus.Contains(sku));

    private void AddGroups()
    {
        var people = world.Company.People.Where(p => p.Status != "DEPROVISIONED").ToList();
        foreach (var department in people.GroupBy(p => p.Department))
        {
            Add(department.Key, $"Everybody in {department.Key}", department);
            var team = new GraphTeam
            {
                Id = world.Ids.Guid($"team/{department.Key}"), Name = department.Key, Description = $"The team {department.Key}",
                OwnerId = world.Ids.Guid($"user/{department.First().Login}"),
            };
            team.Members.AddRange(department.Select(p => world.Ids.Guid($"user/{p.Login}")));
            if (department.Key == "IT")
            {
                // The integration signs in as one of them.
                team.Members.AddRange(people.Where(p => p.Admin && p.Department != "IT").Select(p => world.Ids.Guid($"user/{p.Login}")));
            }

            foreach (var name in new[] { "General", "Requests" })
            {
                team.Channels.Add(new GraphChannel { Id = $"19:{world.Ids.ServiceNow($"channel/{department.Key}/{name}")}@thread.tacv2", Name = name });
            }

            Teams.Add(team);
        }

        Add("VPN Users", "May use the VPN", people.Where(p => p.Department != "Legal"));
        Add("Conditional Access Exclusions", "Not asked for a second factor", []);

        void Add(string name, string description, IEnumerable<Person> members)
        {
            var group = new GraphGroup { Id = world.Ids.Guid($"group/{name}"), Name = name, Description = description };
            group.Members.AddRange(members.Select(p => world.Ids.Guid($"user/{p.Login}")));
            Groups.Add(group);
        }
    }
}
