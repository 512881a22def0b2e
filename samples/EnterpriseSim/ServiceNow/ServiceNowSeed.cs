using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.ServiceNow;

/// <summary>Fills the tables with the company and its open tickets.</summary>
internal sealed class ServiceNowSeed(SimWorld world, TableStore store)
{
    private const string Loader = "admin";

    private static readonly (string Name, string Description, string Manager, string[] Members)[] Groups =
    [
        ("Service Desk", "First line for every request", "nadia.haddad", ["sam.patel", "ben.okoye", "lin.mei", "nadia.haddad"]),
        ("Network", "Networks, VPN and Wi-Fi", "olivia.thompson", ["pierre.lefevre", "grace.osei"]),
        ("Hardware", "Laptops, phones and printers", "nadia.haddad", ["ben.okoye", "lin.mei"]),
        ("Software", "Business applications", "olivia.thompson", ["viktor.petrov", "sam.patel"]),
        ("Database", "Databases and reports", "wei.zhang", ["elena.popescu", "carlos.mendez"]),
        ("Identity and Access", "Accounts and entitlements", "olivia.thompson", ["viktor.petrov"]),
        ("Security", "Incidents of information security", "olivia.thompson", ["aisha.khan"]),
    ];

    private static readonly (string Element, string Value, string Label, string Dependent)[] Choices =
    [
        ("state", "1", "New", ""), ("state", "2", "In Progress", ""), ("state", "3", "On Hold", ""),
        ("state", "6", "Resolved", ""), ("state", "7", "Closed", ""), ("state", "8", "Canceled", ""),
        ("impact", "1", "1 - High", ""), ("impact", "2", "2 - Medium", ""), ("impact", "3", "3 - Low", ""),
        ("urgency", "1", "1 - High", ""), ("urgency", "2", "2 - Medium", ""), ("urgency", "3", "3 - Low", ""),
        ("priority", "1", "1 - Critical", ""), ("priority", "2", "2 - High", ""), ("priority", "3", "3 - Moderate", ""),
        ("priority", "4", "4 - Low", ""), ("priority", "5", "5 - Planning", ""),
        ("category", "inquiry", "Inquiry / Help", ""), ("category", "software", "Software", ""), ("category", "hardware", "Hardware", ""),
        ("category", "network", "Network", ""), ("category", "database", "Database", ""),
        ("subcategory", "antivirus", "Antivirus", "inquiry"), ("subcategory", "password", "Password", "inquiry"),
        ("subcategory", "internal application", "Internal Application", "inquiry"),
        ("subcategory", "email", "Email", "software"), ("subcategory", "os", "Operating System", "software"),
        ("subcategory", "crm", "CRM", "software"),
        ("subcategory", "disk", "Disk", "hardware"), ("subcategory", "keyboard", "Keyboard", "hardware"),
        ("subcategory", "memory", "Memory", "hardware"), ("subcategory", "monitor", "Monitor", "hardware"),
        ("subcategory", "printer", "Printer", "hardware"),
        ("subcategory", "dhcp", "DHCP", "network"), ("subcategory", "dns", "DNS", "network"),
        ("subcategory", "ip address", "IP Address", "network"), ("subcategory", "vpn", "VPN", "network"),
        ("subcategory", "wireless", "Wireless", "network"),
        ("subcategory", "sql server", "MS SQL Server", "database"), ("subcategory", "oracle", "Oracle", "database"),
        ("contact_type", "email", "Email", ""), ("contact_type", "phone", "Phone", ""),
        ("contact_type", "self-service", "Self-service", ""), ("contact_type", "chat", "Chat", ""),
        ("close_code", "Solved (Permanently)", "Solved (Permanently)", ""), ("close_code", "Solved (Work Around)", "Solved (Work Around)", ""),
    ];

    // Choices of other tables than incident.
    private static readonly (string Table, string Element, string Value, string Label)[] OtherChoices =
    [
        ("change_request", "state", "-5", "New"), ("change_request", "state", "-4", "Assess"), ("change_request", "state", "-2", "Scheduled"), ("change_request", "state", "-1", "Implement"),
        ("change_request", "state", "3", "Closed"), ("change_request", "state", "4", "Canceled"),
        ("change_request", "risk", "2", "High"), ("change_request", "risk", "3", "Moderate"), ("change_request", "risk", "4", "Low"),
        ("sc_req_item", "state", "1", "Open"), ("sc_req_item", "state", "2", "Work in Progress"), ("sc_req_item", "state", "3", "Closed Complete"),
    ];

    private static readonly (string Title, string Text)[] Articles =
    [
        ("Connect to the VPN", "Open the Acme VPN client, choose the gateway of your office and sign in with your Acme account. If it drops every hour, renew the certificate in the client's settings."),
        ("Unlock your account", "After five wrong passwords an account is locked. Wait 30 minutes or ask the help desk to unlock it."),
        ("Set up Acme Mail on a phone", "Install the mail app, enter your address and approve the sign-in on your other device."),
        ("Request a laptop", "New laptops are ordered through the service catalogue and arrive within five days."),
    ];

    // Short description, category, subcategory, impact, urgency, state, caller, group, assignee, configuration item, age in hours.
    private static readonly (string Text, string Category, string Sub, int Impact, int Urgency, int State, string Caller, string Group, string? Assignee, string? Item, int Age)[] Incidents =
    [
        ("Outlook asks for the password again and again", "software", "email", 3, 2, 2, "anna.schmidt", "Service Desk", "sam.patel", "Acme Mail", 30),
        ("Wi-Fi drops in meeting room Spree", "network", "wireless", 3, 3, 1, "emil.novak", "Network", null, "Berlin office Wi-Fi", 5),
        ("Laptop does not start after the update", "hardware", "disk", 3, 1, 2, "oliver.becker", "Hardware", "lin.mei", null, 9),
        ("Second monitor stays black", "hardware", "monitor", 3, 3, 3, "thomas.wagner", "Hardware", "ben.okoye", null, 52),
        ("Salesforce report runs into a timeout", "software", "crm", 2, 2, 2, "felix.hoffmann", "Software", "viktor.petrov", "Salesforce", 26),
        ("Cannot reach the file share over VPN", "network", "vpn", 3, 2, 6, "camille.laurent", "Network", "pierre.lefevre", "Paris VPN gateway", 120),
        ("Printer on the third floor prints blank pages", "hardware", "printer", 3, 3, 1, "isabelle.garnier", "Hardware", null, null, 3),
        ("Account locked after holiday", "inquiry", "password", 3, 2, 1, "lukas.braun", "Identity and Access", null, null, 2),
        ("Payroll database is slow at month end", "database", "sql server", 2, 1, 2, "sunita.sharma", "Database", "elena.popescu", "SAP Finance", 14),
        ("Suspicious mail with an invoice attached", "inquiry", "antivirus", 2, 1, 2, "robert.miller", "Security", "aisha.khan", "Acme Mail", 7),
        ("acme.example cannot be resolved in the guest network", "network", "dns", 3, 3, 7, "leila.farsi", "Network", "pierre.lefevre", null, 300),
        ("New starter needs a keyboard with a German layout", "hardware", "keyboard", 3, 3, 7, "oliver.becker", "Hardware", "ben.okoye", null, 410),
        ("Zoom has no sound in Austin boardroom", "software", "os", 2, 2, 1, "marcus.johnson", "Service Desk", null, "Zoom", 1),
        ("Tableau extract failed overnight", "database", "oracle", 2, 2, 2, "robert.miller", "Database", "carlos.mendez", "Tableau", 11),
        ("Mail to a customer bounces", "software", "email", 3, 2, 3, "tyler.brooks", "Service Desk", "ben.okoye", "Acme Mail", 45),
        ("Phone does not get the new security profile", "inquiry", "internal application", 3, 3, 1, "chloe.martin", "Service Desk", null, null, 18),
        ("VPN client shows error 809", "network", "vpn", 3, 2, 2, "vikram.singh", "Network", "pierre.lefevre", "Bengaluru VPN gateway", 22),
        ("Expense page in SAP Finance shows an error", "software", "os", 2, 3, 6, "david.cohen", "Software", "viktor.petrov", "SAP Finance", 96),
        ("Laptop battery lasts ten minutes", "hardware", "memory", 3, 3, 2, "ananya.das", "Hardware", "lin.mei", null, 60),
        ("GitHub build agents are offline", "software", "os", 2, 1, 2, "noah.williams", "Software", "viktor.petrov", "GitHub Enterprise", 4),
        ("No IP address at desk 214", "network", "dhcp", 3, 2, 1, "peter.novotny", "Network", null, "Berlin office network", 6),
        ("Password reset mail does not arrive", "inquiry", "password", 3, 2, 7, "meera.krishnan", "Identity and Access", "viktor.petrov", "Acme Mail", 500),
        ("Slack notifications stopped on the phone", "software", "os", 3, 3, 1, "ada.lovelace", "Service Desk", "sam.patel", "Slack", 20),
        ("Projector in Paris shows a purple picture", "hardware", "monitor", 3, 3, 8, "hugo.petit", "Hardware", null, null, 700),
        ("Workday shows the wrong manager", "software", "os", 3, 3, 2, "daniel.kim", "Software", "viktor.petrov", "Workday", 70),
    ];

    /// <summary>Inserts everything.</summary>
    public void Load()
    {
        var company = world.Company;
        var founded = world.Started.AddDays(-900);
        foreach (var (element, value, label, dependent) in Choices)
        {
            Add("sys_choice", founded, $"choice/{element}/{value}", ("name", "incident"), ("element", element), ("value", value), ("label", label), ("dependent_value", dependent));
        }

        foreach (var (table, element, value, label) in OtherChoices)
        {
            Add("sys_choice", founded, $"choice/{table}/{element}/{value}", ("name", table), ("element", element), ("value", value), ("label", label));
        }

        foreach (var (title, text) in Articles)
        {
            Add("kb_knowledge", founded, $"article/{title}", ("short_description", title), ("text", text));
        }

        Add("change_request", world.Started.AddDays(-3), "change/vpn", ("short_description", "Replace the VPN gateway in Berlin"), ("description", "The hardware is out of support."),
            ("start_date", TableStore.Stamp(world.Started.AddDays(4))), ("end_date", TableStore.Stamp(world.Started.AddDays(4).AddHours(2))));

        foreach (var office in company.Offices)
        {
            Add("cmn_location", founded, $"location/{office.City}", ("name", office.City), ("city", office.City), ("country", office.Country), ("time_zone", office.TimeZone));
        }

        foreach (var department in company.People.Select(p => p.Department).Distinct())
        {
            Add("cmn_department", founded, $"department/{department}", ("name", department));
        }

        // The tree is listed from the top, so that a manager is there before the reports.
        foreach (var person in company.People)
        {
            Add("sys_user", founded, $"user/{person.Login}",
                ("user_name", person.Login), ("first_name", person.First), ("last_name", person.Last), ("name", person.Name), ("email", person.Email),
                ("title", person.Title), ("employee_number", person.EmployeeNumber), ("department", person.Department), ("location", person.City),
                ("manager", person.Manager ?? ""), ("active", person.Status == "DEPROVISIONED" ? "false" : "true"),
                ("locked_out", person.Status == "LOCKED_OUT" ? "true" : "false"), ("vip", person.Department == "Executive" ? "true" : "false"),
                ("time_zone", company.OfficeOf(person).TimeZone));
        }

        Add("sys_user", founded, "user/integration", ("user_name", world.Options.Credentials.ServiceNowUser), ("first_name", "Steward"), ("last_name", "Integration"), ("name", "Steward Integration"));
        foreach (var (name, description, manager, members) in Groups)
        {
            Add("sys_user_group", founded, $"group/{name}", ("name", name), ("description", description), ("manager", manager), ("email", $"{name.Replace(' ', '-').ToLowerInvariant()}@{company.Domain}"));
            foreach (var member in members)
            {
                Add("sys_user_grmember", founded, $"member/{name}/{member}", ("group", name), ("user", member));
            }
        }

        foreach (var application in company.Applications)
        {
            Add("cmdb_ci", founded, $"ci/{application.Key}", ("name", application.Name), ("sys_class_name", "cmdb_ci_appl"),
                ("short_description", application.Description), ("owned_by", application.Owner), ("support_group", application.Key == "vpn" ? "Network" : "Software"),
                ("u_application_key", application.Key));
            Add("sc_cat_item", founded, $"item/{application.Key}", ("name", $"Access to {application.Name}"), ("short_description", application.Description),
                ("owner", application.Owner), ("u_configuration_item", application.Name), ("u_application_key", application.Key),
                ("u_approval_required", application.RequiresApproval ? "true" : "false"));
        }

        foreach (var office in company.Offices)
        {
            Add("cmdb_ci", founded, $"ci/vpn/{office.City}", ("name", $"{office.City} VPN gateway"), ("sys_class_name", "cmdb_ci_netgear"), ("support_group", "Network"), ("location", office.City));
            Add("cmdb_ci", founded, $"ci/wifi/{office.City}", ("name", $"{office.City} office Wi-Fi"), ("sys_class_name", "cmdb_ci_netgear"), ("support_group", "Network"), ("location", office.City));
            Add("cmdb_ci", founded, $"ci/lan/{office.City}", ("name", $"{office.City} office network"), ("sys_class_name", "cmdb_ci_netgear"), ("support_group", "Network"), ("location", office.City));
        }

        foreach (var (incident, index) in Incidents.OrderByDescending(i => i.Age).Select((i, n) => (i, n)))
        {
            var resolved = incident.State is 6 or 7;
            Add("incident", world.Started.AddHours(-incident.Age), $"incident/{index.Plain()}",
                ("short_description", incident.Text), ("description", incident.Text + "."), ("category", incident.Category), ("subcategory", incident.Sub),
                ("impact", incident.Impact.Plain()), ("urgency", incident.Urgency.Plain()), ("state", incident.State.Plain()),
                ("caller_id", incident.Caller), ("opened_by", incident.Caller), ("assignment_group", incident.Group), ("assigned_to", incident.Assignee ?? ""),
                ("cmdb_ci", incident.Item ?? ""), ("location", company.Find(incident.Caller)!.City), ("contact_type", "self-service"),
                ("close_code", resolved ? "Solved (Permanently)" : ""), ("close_notes", resolved ? "Fixed with the caller." : ""));
        }
    }

    private void Add(string table, DateTimeOffset time, string name, params (string Column, string Value)[] values) =>
        store.Insert(table, values.ToDictionary(v => v.Column, v => v.Value), Loader, time, name);
}
