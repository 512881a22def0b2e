using System.Text.Json;

namespace Steward.Engines.Notifications.Rendering;

/// <summary>Samples of all kinds, for previews.</summary>
internal static class SampleNotices
{
    private static readonly DateTimeOffset At = new(2026, 3, 2, 9, 30, 0, TimeSpan.Zero);

    private static readonly ApprovalNoticeData Request = new()
    {
        ApprovalId = "a-4f1c9d02",
        SubjectHash = "7d5f0c1e6b0f4c0f9ab1c2d3e4f5061728394a5b6c7d8e9f00112233445566ff",
        Summary = "Assign Salesforce to Ada Lovelace",
        Type = "licence",
        Action = "okta.apps.assign",
        Arguments = JsonElement.Parse("""{"app":"Salesforce","user":"ada.lovelace@acme.example","profile":{"role":"Account Executive","password":"not shown"}}"""),
        Reason = "She starts in sales on Monday and needs the customer list.",
        Requester = new NoticePerson { UserId = "u-ada.lovelace", Email = "ada.lovelace@acme.example", Name = "Ada Lovelace" },
        Risk = "medium",
        Amount = 1500m,
        Currency = "EUR",
        Environment = "production",
        Preview = JsonElement.Parse("""{"adds":["Salesforce"],"seatsLeft":4}"""),
        Level = "Manager",
        LevelNumber = 1,
        LevelCount = 2,
        Required = 1,
        Deadline = At.AddHours(8),
        AtDeadline = "escalate",
        Rule = "licences over 1,000 EUR",
        Why = "type = 'licence' and amount > 1000",
        Via = "manager of ada.lovelace@acme.example",
        Similar = [new SimilarDecision { Summary = "Assign Salesforce to Lukas Braun", Status = "approved", DecidedBy = "Jonas Weber", EndedAt = At.AddDays(-12) }],
    };

    public static Notice Of(string kind, JsonElement? data, string? locale) => new()
    {
        NoticeId = "n-sample",
        TenantId = "t-sample",
        Kind = kind,
        Recipient = new NoticeRecipient { UserId = "u-jonas.weber", Email = "jonas.weber@acme.example", Name = "Jonas Weber", Locale = locale, TimeZone = "Europe/Berlin" },
        ThreadId = $"{SubjectOf(kind)}:u-jonas.weber",
        SubjectId = SubjectOf(kind),
        Data = data ?? DataOf(kind),
        IsActionable = kind is NoticeKinds.ApprovalRequested or NoticeKinds.ApprovalReminder or NoticeKinds.ApprovalEscalated,
        CreatedAt = At,
    };

    private static string SubjectOf(string kind) => kind switch
    {
        NoticeKinds.ConnectorSignIn => "c-okta",
        NoticeKinds.MajorIncident => "c-servicenow",
        NoticeKinds.ModelBudget => "b-team-month",
        NoticeKinds.ModelRegression or NoticeKinds.ModelDrift => "q-chat",
        _ => "a-4f1c9d02",
    };

    private static JsonElement DataOf(string kind) => kind switch
    {
        NoticeKinds.MajorIncident => NoticeData.Write(new MajorIncidentNoticeData
        {
            Incident = "mi-20260302-0930-4f1c9d02", Instance = "servicenow", Group = "Network", Sample = "VPN drops in the Berlin office",
        }),
        NoticeKinds.ModelBudget => NoticeData.Write(new BudgetNoticeData
        {
            Budget = "team-month", Subject = "operations", State = "near", Percent = 82, Used = "$820.00", Limit = "$1000.00", EndsAt = At.AddDays(9),
        }),
        NoticeKinds.ModelRegression => NoticeData.Write(new QualityNoticeData
        {
            Feature = "chat", Change = "prompt agent-assistant@3 → agent-assistant@4", Since = At, Before = 0.91, After = 0.74,
        }),
        NoticeKinds.ModelDrift => NoticeData.Write(new QualityNoticeData { Feature = "chat", Of = "intent", Index = 0.31, Threshold = 0.04 }),
        NoticeKinds.ConnectorSignIn => NoticeData.Write(new SignInNoticeData
        {
            Instance = "okta", Title = "Okta", Problem = "The API token was refused.", State = "broken", ExpiresAt = At.AddDays(2),
        }),
        NoticeKinds.ApprovalReminder => NoticeData.Write(Request with { Reminder = 1 }),
        NoticeKinds.ApprovalClosed or NoticeKinds.ApprovalResult => NoticeData.Write(Request with
        {
            Status = "approved", DecidedBy = "Jonas Weber", DecidedOn = "slack", EndedAt = At.AddMinutes(42),
        }),
        NoticeKinds.ApprovalComment => NoticeData.Write(Request with { CommentBy = "Ada Lovelace", CommentText = "The customer asked again today." }),
        _ => NoticeData.Write(Request),
    };
}
