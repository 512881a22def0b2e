using System.Text.Json;
using Steward.Engines.Approvals.Calendars;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Tests.Rules;

/// <summary>Requests and a directory to try rules on.</summary>
internal static class Examples
{
    // A Wednesday, 10:15 in Berlin.
    public static readonly DateTimeOffset At = DateTimeOffset.Parse("2026-03-04T09:15:00Z", System.Globalization.CultureInfo.InvariantCulture);

    public static TimeZoneInfo Berlin { get; } = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    public static CalendarDefinition Office { get; } = new()
    {
        Name = "Berlin office",
        TimeZone = Berlin,
        Hours = new Dictionary<DayOfWeek, IReadOnlyList<WorkingHours>>
        {
            [DayOfWeek.Wednesday] = [new(TimeSpan.FromHours(9), TimeSpan.FromHours(12)), new(TimeSpan.FromHours(13), TimeSpan.FromHours(17))],
        },
    };

    public static FieldCatalog Catalog()
    {
        var catalog = new FieldCatalog();
        catalog.Declare("level", ConditionKind.Text, ["arguments.level", "attributes.level"]);
        catalog.Declare("seats", ConditionKind.Number, ["arguments.seats"]);
        catalog.Declare("urgent", ConditionKind.Boolean, ["attributes.urgent"]);
        catalog.Declare("duration", ConditionKind.Duration, ["arguments.duration"]);
        catalog.Declare("begins", ConditionKind.Date, ["arguments.starts"]);
        catalog.Declare("until", ConditionKind.Time, ["arguments.until"]);
        catalog.Declare("tags", ConditionKind.Texts, ["arguments.tags"]);
        catalog.Add(Office);
        return catalog;
    }

    public static ApprovalRequest Request(string arguments = "{}", string? attributes = null) => new()
    {
        TenantId = "t-acme",
        ApprovalId = "a-1",
        Type = "db_access",
        Action = "okta.groups.add_user",
        Arguments = JsonDocument.Parse(arguments).RootElement,
        Attributes = attributes is null ? null : JsonDocument.Parse(attributes).RootElement,
        SubjectHash = "0",
        Summary = "Give Ada access.",
        Requester = new Requester { UserId = "u-ada", Email = "ada@acme.example", Roles = ["employee", "developer"] },
        Risk = RiskLevel.High,
        Amount = 250.5m,
        Currency = "EUR",
        Environment = "production",
        RequestedAt = At,
    };

    public static async Task<ConditionOutcome> EvaluateAsync(string condition, ApprovalRequest request, IDirectory? directory = null) =>
        await Condition.Parse(condition, Catalog()).EvaluateAsync(new RequestFacts(request, directory ?? new SmallDirectory(), Berlin), CancellationToken.None);
}

/// <summary>Ada, her manager Jo, and how often it was asked.</summary>
internal sealed class SmallDirectory : IDirectory
{
    public int Asked { get; private set; }

    public bool IsDown { get; set; }

    public ValueTask<Person?> FindAsync(string email, CancellationToken cancellationToken) =>
        Answer(email == "ada@acme.example" ? new Person { Email = email, Name = "Ada", Department = "Sales", Title = "Account Executive" } : null);

    public ValueTask<Person?> FindManagerAsync(string email, CancellationToken cancellationToken) =>
        Answer(email == "ada@acme.example" ? new Person { Email = "jo@acme.example", Name = "Jo" } : null);

    public ValueTask<IReadOnlyList<Person>?> FindGroupAsync(string group, CancellationToken cancellationToken) => Answer<IReadOnlyList<Person>?>(null);

    public ValueTask<IReadOnlyList<Person>?> FindRoleAsync(string role, CancellationToken cancellationToken) => Answer<IReadOnlyList<Person>?>(null);

    public ValueTask<IReadOnlyList<string>> FindGroupsOfAsync(string email, CancellationToken cancellationToken) => Answer<IReadOnlyList<string>>(["Sales", "VPN Users"]);

    private ValueTask<T> Answer<T>(T answer)
    {
        Asked++;
        return IsDown ? throw new DirectoryUnavailableException("down") : new(answer);
    }
}
