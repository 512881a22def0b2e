using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Salesforce;

/// <summary>Fills the org with users, customers, cases and opportunities.</summary>
internal sealed class SalesforceSeed(SimWorld world, SalesforceOrg org)
{
    // Name, type, industry, city, country, owner, contacts (first, last, title).
    private static readonly (string Name, string Type, string Industry, string City, string Country, string Owner, (string First, string Last, string Title)[] Contacts)[] Accounts =
    [
        ("Brauhaus Spree GmbH", "Customer", "Food & Beverage", "Berlin", "Germany", "ada.lovelace", [("Greta", "Vogel", "Purchasing Manager"), ("Uwe", "Sommer", "Managing Director")]),
        ("Nordlicht Logistik AG", "Customer", "Transportation", "Hamburg", "Germany", "ada.lovelace", [("Lars", "Petersen", "Head of IT")]),
        ("Alpenblick Hotels", "Prospect", "Hospitality", "Munich", "Germany", "anna.schmidt", [("Theresa", "Huber", "Operations Manager")]),
        ("Rheinwerk Maschinenbau", "Customer", "Manufacturing", "Cologne", "Germany", "lukas.braun", [("Dieter", "Krause", "Plant Manager"), ("Sabine", "Lorenz", "Controller")]),
        ("Atelier Lumière", "Customer", "Retail", "Paris", "France", "camille.laurent", [("Juliette", "Roux", "Founder")]),
        ("Bretagne Marine SA", "Prospect", "Transportation", "Brest", "France", "camille.laurent", [("Yann", "Le Goff", "Director")]),
        ("Lone Star Energy", "Customer", "Energy", "Houston", "United States", "tyler.brooks", [("Hank", "Dalton", "VP Operations"), ("Rosa", "Delgado", "IT Manager")]),
        ("Hill Country Clinics", "Customer", "Healthcare", "Austin", "United States", "jasmine.carter", [("Monica", "Reyes", "Administrator")]),
        ("Kaveri Textiles", "Customer", "Manufacturing", "Mysuru", "India", "rohan.mehta", [("Suresh", "Gowda", "Export Manager")]),
        ("Deccan Software Labs", "Partner", "Technology", "Hyderabad", "India", "rohan.mehta", [("Lakshmi", "Reddy", "Alliance Lead")]),
    ];

    // Account, subject, status, priority, origin, owner, age in hours.
    private static readonly (string Account, string Subject, string Status, string Priority, string Origin, string Owner, int Age)[] Cases =
    [
        ("Brauhaus Spree GmbH", "Invoice shows the wrong delivery address", "New", "Medium", "Email", "peter.novotny", 6),
        ("Brauhaus Spree GmbH", "Order portal rejects the voucher", "Working", "High", "Phone", "peter.novotny", 30),
        ("Nordlicht Logistik AG", "API answers slowly since Monday", "Escalated", "High", "Email", "amara.diallo", 52),
        ("Nordlicht Logistik AG", "Request for a second sandbox", "New", "Low", "Web", "peter.novotny", 20),
        ("Rheinwerk Maschinenbau", "Spare part catalogue is out of date", "Working", "Medium", "Web", "kavya.menon", 75),
        ("Rheinwerk Maschinenbau", "Cannot sign in after the move to SSO", "Closed", "High", "Phone", "peter.novotny", 300),
        ("Atelier Lumière", "Return label is missing in the parcel", "New", "Low", "Email", "amara.diallo", 12),
        ("Atelier Lumière", "Payment was charged twice", "Escalated", "High", "Phone", "amara.diallo", 9),
        ("Lone Star Energy", "Report export stops at 10,000 rows", "Working", "Medium", "Email", "kavya.menon", 110),
        ("Lone Star Energy", "Question about the new price list", "Closed", "Low", "Email", "amara.diallo", 400),
        ("Hill Country Clinics", "Need a signed data processing agreement", "Working", "Medium", "Email", "amara.diallo", 64),
        ("Hill Country Clinics", "Dashboard is empty for new users", "New", "Medium", "Chat", "kavya.menon", 3),
        ("Kaveri Textiles", "Shipment tracking shows the wrong date", "New", "Medium", "Email", "kavya.menon", 15),
        ("Deccan Software Labs", "Partner portal certificate has expired", "Closed", "High", "Web", "kavya.menon", 220),
    ];

    // Account, name, stage, amount, owner, days until close.
    private static readonly (string Account, string Name, string Stage, int Amount, string Owner, int Days)[] Opportunities =
    [
        ("Brauhaus Spree GmbH", "Brauhaus Spree: renewal", "Negotiation/Review", 48_000, "ada.lovelace", 20),
        ("Brauhaus Spree GmbH", "Brauhaus Spree: second site", "Qualification", 22_000, "ada.lovelace", 75),
        ("Nordlicht Logistik AG", "Nordlicht: fleet module", "Proposal/Price Quote", 135_000, "ada.lovelace", 40),
        ("Alpenblick Hotels", "Alpenblick: pilot in three hotels", "Prospecting", 18_000, "anna.schmidt", 90),
        ("Rheinwerk Maschinenbau", "Rheinwerk: service contract", "Closed Won", 64_000, "lukas.braun", -12),
        ("Rheinwerk Maschinenbau", "Rheinwerk: training", "Qualification", 9_500, "lukas.braun", 33),
        ("Atelier Lumière", "Lumière: web shop connector", "Proposal/Price Quote", 27_500, "camille.laurent", 25),
        ("Bretagne Marine SA", "Bretagne Marine: harbour offices", "Prospecting", 51_000, "camille.laurent", 110),
        ("Lone Star Energy", "Lone Star: enterprise licence", "Negotiation/Review", 310_000, "tyler.brooks", 14),
        ("Lone Star Energy", "Lone Star: field tablets", "Closed Lost", 80_000, "tyler.brooks", -30),
        ("Hill Country Clinics", "Hill Country: five clinics", "Proposal/Price Quote", 72_000, "jasmine.carter", 48),
        ("Kaveri Textiles", "Kaveri: export desk", "Qualification", 16_000, "rohan.mehta", 60),
        ("Deccan Software Labs", "Deccan: reseller agreement", "Closed Won", 40_000, "rohan.mehta", -5),
    ];

    private readonly Dictionary<string, string> accounts = [];
    private readonly Dictionary<string, string> contacts = [];

    /// <summary>Inserts everything; gives the id of the integration user.</summary>
    public string Load()
    {
        var founded = world.Started.AddDays(-800);
        var profile = Add("Profile", founded, "standard", new JsonObject { ["Name"] = "Standard User" });
        foreach (var role in world.Company.People.Select(p => p.Department).Distinct())
        {
            Add("UserRole", founded, role, new JsonObject { ["Name"] = role });
        }

        foreach (var (name, label, owned) in new[] { ("Export_Reports", "Export Reports", false), ("Manage_Price_Books", "Manage Price Books", false), ("X00e", "Standard User", true) })
        {
            Add("PermissionSet", founded, name, new JsonObject { ["Name"] = name, ["Label"] = label, ["IsOwnedByProfile"] = owned });
        }

        foreach (var person in world.Company.People)
        {
            Add("User", founded, person.Login, new JsonObject
            {
                ["Username"] = person.Email, ["FirstName"] = person.First, ["LastName"] = person.Last, ["Email"] = person.Email, ["Title"] = person.Title,
                ["Department"] = person.Department, ["City"] = person.City, ["EmployeeNumber"] = person.EmployeeNumber, ["IsActive"] = person.Status != "DEPROVISIONED",
                ["ManagerId"] = person.Manager is { } manager ? User(manager) : null,
                ["ProfileId"] = profile, ["UserRoleId"] = world.Ids.Salesforce("00E", person.Department),
            });
            Add("UserLogin", founded, $"login/{person.Login}", new JsonObject { ["UserId"] = User(person.Login), ["IsPasswordLocked"] = person.Status == "LOCKED_OUT" });
        }

        var integration = Add("User", founded, "integration", new JsonObject
        {
            ["Username"] = $"steward.integration@{world.Company.Domain}", ["LastName"] = "Steward Integration", ["Email"] = $"steward.integration@{world.Company.Domain}",
        });
        foreach (var account in Accounts)
        {
            accounts[account.Name] = Add("Account", founded, account.Name, new JsonObject
            {
                ["Name"] = account.Name, ["Type"] = account.Type, ["Industry"] = account.Industry, ["BillingCity"] = account.City,
                ["BillingCountry"] = account.Country, ["OwnerId"] = User(account.Owner),
            });
            foreach (var (first, last, title) in account.Contacts)
            {
                var id = Add("Contact", founded, $"{first} {last}", new JsonObject
                {
                    ["FirstName"] = first, ["LastName"] = last, ["Title"] = title, ["AccountId"] = accounts[account.Name], ["OwnerId"] = User(account.Owner),
                    ["Email"] = $"{first}.{last}@customer.example".Replace(' ', '-').ToLowerInvariant(),
                });
                contacts.TryAdd(account.Name, id);
            }
        }

        foreach (var item in Cases.OrderByDescending(c => c.Age))
        {
            Add("Case", world.Started.AddHours(-item.Age), $"{item.Account}/{item.Subject}", new JsonObject
            {
                ["Subject"] = item.Subject, ["Description"] = $"{item.Subject}.", ["Status"] = item.Status, ["Priority"] = item.Priority, ["Origin"] = item.Origin,
                ["AccountId"] = accounts[item.Account], ["ContactId"] = contacts[item.Account], ["OwnerId"] = User(item.Owner),
            });
        }

        foreach (var deal in Opportunities)
        {
            Add("Opportunity", world.Started.AddDays(-60), deal.Name, new JsonObject
            {
                ["Name"] = deal.Name, ["StageName"] = deal.Stage, ["Amount"] = deal.Amount, ["AccountId"] = accounts[deal.Account], ["OwnerId"] = User(deal.Owner),
                ["CloseDate"] = world.Started.AddDays(deal.Days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            });
        }

        return integration;
    }

    private string User(string login) => world.Ids.Salesforce("005", login);

    private string Add(string type, DateTimeOffset time, string name, JsonObject values)
    {
        var problems = new List<SalesforceProblem>();
        var record = org.Insert(SalesforceSchema.All[type], values, User("integration"), time, problems, name);
        return record is not null ? SalesforceOrg.IdOf(record) : throw new InvalidOperationException($"{type} {name}: {problems[0].Message}");
    }
}
