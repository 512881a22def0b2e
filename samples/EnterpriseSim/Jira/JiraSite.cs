using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Jira;

/// <summary>Accounts, projects and issues. Callers hold the system's lock.</summary>
internal sealed class JiraSite
{
    public static readonly IReadOnlyList<JiraStatus> Statuses =
    [
        new("10000", "To Do", "11", "new", 2, "To Do"),
        new("3", "In Progress", "21", "indeterminate", 4, "In Progress"),
        new("10001", "In Review", "31", "indeterminate", 4, "In Progress"),
        new("10002", "Done", "41", "done", 3, "Done"),
    ];

    /// <summary>The workflow of what somebody has to approve.</summary>
    public static readonly IReadOnlyList<JiraStatus> ApprovalStatuses =
    [
        new("10100", "Waiting for approval", "111", "indeterminate", 4, "In Progress"),
        new("10101", "Approved", "121", "done", 3, "Done"),
        new("10102", "Declined", "131", "done", 3, "Done"),
        new("10103", "Canceled", "141", "done", 3, "Done"),
    ];

    public static readonly IReadOnlyList<JiraPriority> Priorities = [new("1", "Highest"), new("2", "High"), new("3", "Medium"), new("4", "Low"), new("5", "Lowest")];

    private static readonly JiraIssueType Task = new("10001", "Task", "A small, distinct piece of work.");
    private static readonly JiraIssueType Bug = new("10002", "Bug", "A problem or error.");
    private static readonly JiraIssueType Story = new("10003", "Story", "Functionality expressed as a user goal.");
    private static readonly JiraIssueType Approval = new("10005", "Approval", "Something that somebody has to approve.") { Workflow = ApprovalStatuses };
    private static readonly JiraIssueType Request = new("10004", "Service Request", "Something that an employee needs.");

    // Project, type, summary, status, priority, reporter, assignee, labels, age in hours.
    private static readonly (string Project, string Type, string Summary, string Status, string Priority, string Reporter, string? Assignee, string[] Labels, int Age)[] Seed =
    [
        ("IT", "Service Request", "Laptop for the new account executive in Berlin", "In Progress", "Medium", "jonas.weber", "ben.okoye", ["onboarding"], 50),
        ("IT", "Task", "Renew the VPN gateway certificate in Berlin", "To Do", "High", "olivia.thompson", "pierre.lefevre", ["vpn", "berlin"], 70),
        ("IT", "Bug", "Single sign-on loops on the intranet", "In Review", "High", "amara.diallo", "viktor.petrov", ["sso"], 33),
        ("IT", "Task", "Replace the Wi-Fi access points on floor 2", "To Do", "Medium", "pierre.lefevre", "pierre.lefevre", ["wifi", "berlin"], 200),
        ("IT", "Service Request", "Shared mailbox for the Paris events team", "Done", "Low", "chloe.martin", "sam.patel", ["mail"], 400),
        ("IT", "Task", "Move the print server to the new subnet", "In Progress", "Low", "nadia.haddad", "grace.osei", [], 150),
        ("IT", "Bug", "Password expiry mails are sent twice", "To Do", "Medium", "viktor.petrov", "viktor.petrov", ["mail", "sso"], 22),
        ("IT", "Task", "Quarterly review of administrator rights", "To Do", "High", "aisha.khan", "viktor.petrov", ["audit"], 95),
        ("IT", "Service Request", "Second monitor for Thomas Wagner", "Done", "Lowest", "thomas.wagner", "ben.okoye", ["hardware"], 310),
        ("IT", "Task", "Roll out disk encryption to Bengaluru laptops", "In Progress", "Medium", "aisha.khan", "lin.mei", ["security"], 260),
        ("IT", "Bug", "VPN client drops every hour on the hour", "In Progress", "Highest", "ada.lovelace", "pierre.lefevre", ["vpn"], 16),
        ("IT", "Task", "Document the emergency contact list", "Done", "Low", "nadia.haddad", "sam.patel", [], 500),
        ("WEB", "Bug", "Checkout button is hidden on small phones", "In Progress", "Highest", "amara.diallo", "tomasz.kowalczyk", ["checkout", "mobile"], 12),
        ("WEB", "Story", "Customers can download their invoices", "To Do", "Medium", "anna.fischer", "yuki.tanaka", ["billing"], 180),
        ("WEB", "Bug", "German price list shows dollars", "To Do", "High", "anna.schmidt", "yuki.tanaka", ["i18n"], 27),
        ("WEB", "Task", "Upgrade the image pipeline", "In Review", "Low", "ingrid.bergstrom", "tomasz.kowalczyk", ["performance"], 90),
        ("WEB", "Story", "New landing page for the spring campaign", "In Progress", "High", "sofia.rossi", "leila.farsi", ["campaign"], 75),
        ("WEB", "Bug", "Search returns nothing for words with umlauts", "To Do", "Medium", "felix.hoffmann", null, ["i18n", "search"], 40),
        ("WEB", "Task", "Remove the old cookie banner", "Done", "Low", "julia.stein", "tomasz.kowalczyk", ["legal"], 420),
        ("WEB", "Story", "Status page for the support team", "To Do", "Medium", "peter.novotny", null, ["support"], 130),
        ("WEB", "Bug", "Contact form loses attachments over 5 MB", "In Progress", "High", "kavya.menon", "yuki.tanaka", ["support"], 60),
        ("WEB", "Task", "Measure first contentful paint per country", "To Do", "Low", "daniel.kim", "elena.popescu", ["performance"], 210),
        ("WEB", "Bug", "Newsletter sign-up answers with an error page", "Done", "High", "emil.novak", "tomasz.kowalczyk", ["campaign"], 350),
        ("WEB", "Story", "Dark mode for the help centre", "To Do", "Lowest", "leila.farsi", null, ["design"], 600),
        ("WEB", "Task", "Rotate the analytics keys", "To Do", "High", "aisha.khan", "ingrid.bergstrom", ["security"], 8),
    ];

    private static readonly IReadOnlyList<JiraComponent> Groups =
    [
        new("10010", "Service Desk", "First line for every request"), new("10011", "Network", "Networks, VPN and Wi-Fi"), new("10012", "Hardware", "Laptops, phones and printers"),
        new("10013", "Software", "Business applications"), new("10014", "Database", "Databases and reports"), new("10015", "Identity and Access", "Accounts and entitlements"),
        new("10016", "Security", "Incidents of information security"),
    ];

    private readonly SimWorld world;
    private readonly Dictionary<string, JiraIssue> byKey = new(StringComparer.OrdinalIgnoreCase);
    private long lastId = 10_000;

    public JiraSite(SimWorld world)
    {
        this.world = world;
        var company = world.Company;
        Accounts.AddRange(company.People.Select(p =>
            new JiraAccount(world.Ids.JiraAccount(p.Login), p.Name, p.Email, p.Status != "DEPROVISIONED", company.OfficeOf(p).TimeZone)));
        Integration = new JiraAccount(world.Ids.JiraAccount("integration"), "Steward Integration", world.Options.Credentials.JiraEmail, true, "Etc/UTC");
        Accounts.Add(Integration);
        Projects.Add(new JiraProject("10000", "IT", "IT Operations", Person("olivia.thompson"), [Task, Bug, Request, Approval]) { Components = Groups });
        Projects.Add(new JiraProject("10001", "WEB", "Web Site", Person("ingrid.bergstrom"), [Task, Bug, Story]));
        foreach (var seed in Seed.OrderByDescending(s => s.Age))
        {
            var project = Projects.First(p => p.Key == seed.Project);
            var created = world.Started.AddHours(-seed.Age);
            var status = Statuses.First(s => s.Name == seed.Status);
            var issue = Add(project, project.Types.First(t => t.Name == seed.Type), seed.Summary, Person(seed.Reporter), created);
            issue.Description = JiraText.Document($"{seed.Summary}. Reported by {issue.Reporter.Name}.");
            issue.Status = status;
            issue.Priority = Priorities.First(p => p.Name == seed.Priority);
            issue.Assignee = seed.Assignee is null ? null : Person(seed.Assignee);
            issue.Labels = seed.Labels;
            issue.Updated = created.AddHours(seed.Age / 2.0);
            issue.Resolved = status.Category == "done" ? issue.Updated : null;
        }
    }

    public List<JiraAccount> Accounts { get; } = [];

    public List<JiraProject> Projects { get; } = [];

    public List<JiraIssue> Issues { get; } = [];

    /// <summary>The account that the credentials belong to.</summary>
    public JiraAccount Integration { get; }

    public JiraIssue? Find(string keyOrId) => byKey.GetValueOrDefault(keyOrId);

    public JiraAccount? Account(string id) => Accounts.Find(a => a.Id == id);

    public JiraProject? Project(string keyOrId) =>
        Projects.Find(p => p.Key.Equals(keyOrId, StringComparison.OrdinalIgnoreCase) || p.Id == keyOrId || p.Name.Equals(keyOrId, StringComparison.OrdinalIgnoreCase));

    public JiraIssue Add(JiraProject project, JiraIssueType type, string summary, JiraAccount creator, DateTimeOffset now)
    {
        var issue = new JiraIssue
        {
            Id = (++lastId).Plain(),
            Key = $"{project.Key}-{(++project.LastNumber).Plain()}",
            Project = project,
            Type = type,
            Summary = summary,
            Status = type.Workflow[0],
            Priority = Priorities[2],
            Reporter = creator,
            Creator = creator,
            Created = now,
            Updated = now,
        };
        Issues.Add(issue);
        byKey[issue.Key] = byKey[issue.Id] = issue;
        return issue;
    }

    public string NextId() => (++lastId).Plain();

    private JiraAccount Person(string login) => Account(world.Ids.JiraAccount(login))!;
}
