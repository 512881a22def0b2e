using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Notifications;

/// <summary>Reads and writes <see cref="Notice.Data"/>. What cannot be read counts as absent: a notice is worth sending even when a part of it is odd.</summary>
public static class NoticeData
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 64,
    };

    /// <summary>The data of a kind, as notices carry it.</summary>
    /// <param name="data">For example an <see cref="ApprovalNoticeData"/>.</param>
    public static JsonElement Write<T>(T data)
        where T : class => JsonSerializer.SerializeToElement(data, Json);

    /// <summary>The data as its type; what the type has by default when it is no such object.</summary>
    /// <param name="data">The notice's data.</param>
    public static T Read<T>(JsonElement data)
        where T : class, new()
    {
        try
        {
            return data.ValueKind == JsonValueKind.Object ? data.Deserialize<T>(Json) ?? new T() : new T();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NotSupportedException)
        {
            return new T();
        }
    }

    /// <summary>What is wrong with data for a kind, as a sentence that names the member; null when nothing is.</summary>
    /// <param name="kind">One of <see cref="NoticeKinds"/>.</param>
    /// <param name="data">The data.</param>
    public static string? Check(string kind, JsonElement data)
    {
        if (data.ValueKind != JsonValueKind.Object)
        {
            return "data must be an object.";
        }

        try
        {
            _ = kind switch
            {
                NoticeKinds.ConnectorSignIn => (object?)data.Deserialize<SignInNoticeData>(Json),
                NoticeKinds.MajorIncident => data.Deserialize<MajorIncidentNoticeData>(Json),
                NoticeKinds.ModelBudget => data.Deserialize<BudgetNoticeData>(Json),
                NoticeKinds.ModelRegression or NoticeKinds.ModelDrift => data.Deserialize<QualityNoticeData>(Json),
                _ => data.Deserialize<ApprovalNoticeData>(Json),
            };
            return null;
        }
        catch (JsonException exception)
        {
            return $"data{(exception.Path is { Length: > 1 } path ? path[1..] : "")} has the wrong type; docs/api/notification-templates.md lists the members of {kind}.";
        }
        catch (Exception exception) when (exception is InvalidOperationException or NotSupportedException)
        {
            return "data holds a text that is no valid Unicode.";
        }
    }
}

/// <summary>The data of all kinds <c>approval.*</c>. Everything in it was written by people, models and other systems.</summary>
public sealed record ApprovalNoticeData
{
    /// <summary>The approval, <c>a-…</c>.</summary>
    public string ApprovalId { get; init; } = "";

    /// <summary>Names exactly what is asked; a button's click brings it back. Empty where nothing can be decided.</summary>
    public string SubjectHash { get; init; } = "";

    /// <summary>What would be done, in a sentence.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The kind of request, for example <c>db_access</c>.</summary>
    public string? Type { get; init; }

    /// <summary>The operation, for example <c>okta.groups.add_user</c>.</summary>
    public string? Action { get; init; }

    /// <summary>The exact arguments, an object. Secrets are masked when it is shown.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>True when something of the arguments is missing here: then nobody can decide by a button.</summary>
    public bool? IsCut { get; init; }

    /// <summary>Why it is asked for.</summary>
    public string? Reason { get; init; }

    /// <summary>Who asks.</summary>
    public NoticePerson? Requester { get; init; }

    /// <summary><c>low</c>, <c>medium</c>, <c>high</c> or <c>critical</c>.</summary>
    public string? Risk { get; init; }

    /// <summary>What it costs.</summary>
    public decimal? Amount { get; init; }

    /// <summary>ISO 4217 code.</summary>
    public string? Currency { get; init; }

    /// <summary>Where it takes effect.</summary>
    public string? Environment { get; init; }

    /// <summary>What it would do as far as is known beforehand, an object. Secrets are masked when it is shown.</summary>
    public JsonElement? Preview { get; init; }

    /// <summary>The name of the level that waits.</summary>
    public string? Level { get; init; }

    /// <summary>Its place, from 1; 0 when that is not known.</summary>
    public int LevelNumber { get; init; }

    /// <summary>How many levels there are; 0 when that is not known.</summary>
    public int LevelCount { get; init; }

    /// <summary>How many of the level have to approve; 0 when that is not known.</summary>
    public int Required { get; init; }

    /// <summary>When the level ends by itself.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>What happens then: <c>approve</c>, <c>reject</c>, <c>expire</c> or <c>escalate</c>.</summary>
    public string? AtDeadline { get; init; }

    /// <summary>The rule that matched.</summary>
    public string? Rule { get; init; }

    /// <summary>Why it matched.</summary>
    public string? Why { get; init; }

    /// <summary>What is frozen now.</summary>
    public string? Freeze { get; init; }

    /// <summary>Why this person is asked, for example <c>manager of ada@acme.example</c>.</summary>
    public string? Via { get; init; }

    /// <summary>For whom this person acts; null for themselves.</summary>
    public string? ActsFor { get; init; }

    /// <summary>Past decisions about the like, newest first.</summary>
    public IReadOnlyList<SimilarDecision>? Similar { get; init; }

    /// <summary><c>approved</c>, <c>rejected</c>, <c>expired</c> or <c>cancelled</c>; null while it is open.</summary>
    public string? Status { get; init; }

    /// <summary>Who decided.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>For whom.</summary>
    public string? DecidedFor { get; init; }

    /// <summary>Where, for example <c>slack</c>.</summary>
    public string? DecidedOn { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it ended.</summary>
    public string? EndReason { get; init; }

    /// <summary>Who wrote the comment.</summary>
    public string? CommentBy { get; init; }

    /// <summary>What they wrote.</summary>
    public string? CommentText { get; init; }

    /// <summary>Which reminder it is, from 1; 0 for none.</summary>
    public int Reminder { get; init; }
}

/// <summary>A person in a notice.</summary>
public sealed record NoticePerson
{
    /// <summary>User id.</summary>
    public string? UserId { get; init; }

    /// <summary>Mail address.</summary>
    public string? Email { get; init; }

    /// <summary>Display name.</summary>
    public string? Name { get; init; }
}

/// <summary>A past decision about something alike.</summary>
public sealed record SimilarDecision
{
    /// <summary>What was asked.</summary>
    public string Summary { get; init; } = "";

    /// <summary>How it ended.</summary>
    public string Status { get; init; } = "";

    /// <summary>Who asked.</summary>
    public string? Requester { get; init; }

    /// <summary>Who decided.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>The data of <see cref="NoticeKinds.ConnectorSignIn"/>.</summary>
public sealed record SignInNoticeData
{
    /// <summary>The connector instance's name.</summary>
    public string Instance { get; init; } = "";

    /// <summary>Its title.</summary>
    public string? Title { get; init; }

    /// <summary>What is wrong, safe to show.</summary>
    public string? Problem { get; init; }

    /// <summary><c>expiring</c> or <c>broken</c>.</summary>
    public string? State { get; init; }

    /// <summary>When the sign-in ends, or ended.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
