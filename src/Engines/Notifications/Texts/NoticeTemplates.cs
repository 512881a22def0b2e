using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Notifications.Texts;

/// <summary>
/// The texts of notices. The first line is the title, the others are the text; both are plain: whatever stands in them, values included, is shown as it is on every channel. Placeholders are those of
/// <see cref="TemplateText"/>: <c>{summary}</c>, <c>{requester|upper}</c>, <c>{?deadline: due {deadline}}</c>.
/// </summary>
public static partial class NoticeTemplates
{
    /// <summary>The longest text of a tenant.</summary>
    public const int MaxLength = 4_000;

    /// <summary>The most texts of a tenant.</summary>
    public const int MaxCount = 200;

    private static readonly string[] Channels = ["slack", "teams", "email", "webhook", "in_app"];

    private static readonly HashSet<string> Functions = ["lower", "upper", "text", "csv"];

    private static readonly HashSet<string> ApprovalNames =
    [
        "approvalId", "summary", "type", "action", "reason", "requester", "requesterEmail", "risk", "amount", "environment", "level", "required", "deadline", "rule", "why", "freeze", "via", "actsFor",
        "status", "decidedBy", "decidedFor", "decidedOn", "endedAt", "endReason", "commentBy", "commentText", "reminder", "recipient", "link",
    ];

    private static readonly HashSet<string> SignInNames = ["instance", "title", "problem", "state", "expiresAt", "recipient", "link"];

    private static readonly HashSet<string> IncidentNames = ["incident", "instance", "team", "sample", "recipient", "link"];

    private static readonly HashSet<string> BudgetNames = ["budget", "subject", "state", "percent", "used", "limit", "endsAt", "recipient", "link"];

    private static readonly HashSet<string> RegressionNames = ["feature", "change", "since", "before", "after", "recipient", "link"];

    private static readonly HashSet<string> DriftNames = ["feature", "of", "index", "threshold", "recipient", "link"];

    /// <summary>The names that a kind's texts may use. Those of approvals also know <c>arguments.NAME</c>, a member of the arguments.</summary>
    public static IReadOnlySet<string> NamesOf(string kind) => kind switch
    {
        NoticeKinds.ConnectorSignIn => SignInNames,
        NoticeKinds.MajorIncident => IncidentNames,
        NoticeKinds.ModelBudget => BudgetNames,
        NoticeKinds.ModelRegression => RegressionNames,
        NoticeKinds.ModelDrift => DriftNames,
        _ => ApprovalNames,
    };

    /// <summary>What is wrong with one of a tenant's texts; null when it may be used.</summary>
    /// <param name="key"><c>kind/language</c> or <c>kind/language/channel</c>.</param>
    /// <param name="text">The text.</param>
    /// <returns>A sentence that names the fault and what is allowed.</returns>
    public static string? Check(string key, string text)
    {
        ArgumentNullException.ThrowIfNull(key);
        var parts = key.Split('/');
        if (parts.Length is < 2 or > 3 || NoticeLanguage.English.Template(parts[0]) is null)
        {
            return $"'{Rendering.PlainText.Line(key, 60)}' must be kind/language or kind/language/channel; kinds are {string.Join(", ", Kinds)}.";
        }

        if (!LanguageTag().IsMatch(parts[1]))
        {
            return $"'{key}': the language must be a BCP 47 tag such as en or de-AT.";
        }

        if (parts.Length == 3 && !Channels.Contains(parts[2]))
        {
            return $"'{key}': the channel must be one of {string.Join(", ", Channels)}.";
        }

        return CheckText(parts[0], text);
    }

    /// <summary>What is wrong with a text of a kind; null when it may be used.</summary>
    /// <param name="kind">One of <see cref="NoticeKinds"/>.</param>
    /// <param name="text">The text.</param>
    public static string? CheckText(string kind, string text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > MaxLength)
        {
            return $"The text of {kind} must have 1 to {MaxLength} characters.";
        }

        if (text.TrimStart('\r', '\n').Length != text.Length)
        {
            return $"The text of {kind} must begin with its title.";
        }

        foreach (var placeholder in TemplateText.Parse(text).Placeholders)
        {
            var isArgument = NoticeKinds.IsOfApproval(kind) && placeholder.Name.StartsWith("arguments.", StringComparison.Ordinal);
            if (!isArgument && !NamesOf(kind).Contains(placeholder.Name))
            {
                return $"The text of {kind} knows no '{placeholder.Name}'; it knows {string.Join(", ", NamesOf(kind).Order(StringComparer.Ordinal))}{(NoticeKinds.IsOfApproval(kind) ? " and arguments.NAME" : "")}.";
            }

            if (placeholder.Functions.FirstOrDefault(function => !Functions.Contains(function)) is { } wrong)
            {
                return $"The text of {kind} knows no function '{wrong}'; it knows {string.Join(", ", Functions.Order(StringComparer.Ordinal))}.";
            }
        }

        return null;
    }

    /// <summary>All kinds that have texts.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        NoticeKinds.ApprovalRequested, NoticeKinds.ApprovalReminder, NoticeKinds.ApprovalEscalated, NoticeKinds.ApprovalClosed, NoticeKinds.ApprovalResult, NoticeKinds.ApprovalComment,
        NoticeKinds.ConnectorSignIn, NoticeKinds.MajorIncident, NoticeKinds.ModelBudget, NoticeKinds.ModelRegression, NoticeKinds.ModelDrift,
    ];

    /// <summary>The texts to try for a notice, the best first: the tenant's for the person's language, the shipped one of that language, the same for the tenant's language, English.</summary>
    internal static IEnumerable<string> Candidates(string kind, string? locale, ChannelSettings settings)
    {
        foreach (var tag in new[] { locale, settings.Locale })
        {
            if (string.IsNullOrEmpty(tag))
            {
                continue;
            }

            foreach (var name in tag.Contains('-', StringComparison.Ordinal) ? [tag, tag.Split('-')[0]] : new[] { tag })
            {
                if (settings.Templates.TryGetValue($"{kind}/{name}/{settings.Channel}", out var own) || settings.Templates.TryGetValue($"{kind}/{name}", out own))
                {
                    yield return own;
                }

                if (NoticeLanguage.All.Contains(name) && NoticeLanguage.Find(name).Template(kind) is { } shipped)
                {
                    yield return shipped;
                }
            }
        }

        yield return NoticeLanguage.English.Template(kind) ?? kind;
    }

    [GeneratedRegex(@"\A[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex LanguageTag();
}
