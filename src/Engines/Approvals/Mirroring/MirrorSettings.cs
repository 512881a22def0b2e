using System.Text.RegularExpressions;
using Steward.Engines.Approvals.Chains;

namespace Steward.Engines.Approvals.Mirroring;

/// <summary>What a mirror's <c>settings</c> may say, by kind: checked when a rule set is saved, read when the mirror is kept.</summary>
public static partial class MirrorSettings
{
    /// <summary>A record of a table with one approval for each person who is asked, in ServiceNow.</summary>
    public const string ServiceNowApproval = "servicenow_approval";

    /// <summary>An issue that is decided by moving it to another status, in Jira.</summary>
    public const string JiraTransition = "jira_transition";

    private static readonly string[] Decisions = ["approved", "rejected", "withdrawn"];

    private const string StandardTitle = "Approval: {summary}";

    private const string StandardDescription =
        "{requester} asks for: {summary}\nWhy: {reason}\nAction: {action}\nArguments: {arguments}\nRisk: {risk}\nOpen until: {expires}\nSteward's request {approval}: deciding here decides it there, and the other way round.";

    private static readonly IReadOnlyDictionary<string, IReadOnlyList<Setting>> Kinds = new Dictionary<string, IReadOnlyList<Setting>>(StringComparer.Ordinal)
    {
        [ServiceNowApproval] =
        [
            new("table", "change_request", IsTable, "the name of a table that extends 'task', such as change_request"),
            new("closedState", null, IsShort, "a value of the table's column 'state' of at most 60 characters"),
            new("title", StandardTitle, IsTemplate, TemplateHelp),
            new("description", StandardDescription, IsTemplate, TemplateHelp),
        ],
        [JiraTransition] =
        [
            new("project", null, IsProject, "the key of a project, such as IT") { IsRequired = true },
            new("issueType", "Task", IsShort, "the name of an issue type of at most 60 characters"),
            new("approved", "Approved", IsShort, StatusHelp),
            new("rejected", "Declined", IsShort, StatusHelp),
            new("withdrawn", null, IsShort, StatusHelp),
            new("expired", null, IsShort, StatusHelp),
            new("reopen", null, IsShort, StatusHelp),
            new("resolution", null, IsShort, "the name of a resolution of at most 60 characters"),
            new("title", StandardTitle, IsTemplate, TemplateHelp),
            new("description", StandardDescription, IsTemplate, TemplateHelp),
        ],
    };

    private static string TemplateHelp => $"a text with placeholders of {{{string.Join("}, {", MirrorText.Placeholders)}}}";

    private const string StatusHelp = "the name of a status of at most 60 characters";

    /// <summary>What is wrong with a mirror, by setting; empty when nothing is.</summary>
    public static IReadOnlyList<(string Setting, string Message)> Check(MirrorDefinition mirror)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        if (!Kinds.TryGetValue(mirror.Kind, out var known))
        {
            return [("", $"there is no kind '{mirror.Kind}'; there are {string.Join(", ", Kinds.Keys)}.")];
        }

        var faults = new List<(string, string)>();
        foreach (var (name, value) in mirror.Settings)
        {
            if (known.FirstOrDefault(setting => setting.Name == name) is not { } setting)
            {
                faults.Add((name, $"'{mirror.Kind}' has no setting '{name}'; it has {string.Join(", ", known.Select(one => one.Name))}."));
            }
            else if (!setting.IsValid(value))
            {
                faults.Add((name, $"'{name}' must be {setting.Help}."));
            }
        }

        faults.AddRange(known.Where(setting => setting.IsRequired && !mirror.Settings.ContainsKey(setting.Name)).Select(setting => ("", $"'{mirror.Kind}' needs the setting '{setting.Name}': {setting.Help}.")));
        if (faults.Count == 0 && mirror.Kind == JiraTransition && Same(Of(mirror, "approved"), Of(mirror, "rejected")))
        {
            faults.Add(("rejected", "'approved' and 'rejected' must be two statuses."));
        }

        if (faults.Count == 0 && mirror.Kind == JiraTransition && Of(mirror, "reopen") is { } reopen && Decisions.Any(decision => Same(Of(mirror, decision), reopen)))
        {
            faults.Add(("reopen", $"'reopen' must be another status than those of {string.Join(", ", Decisions)}."));
        }

        return faults;
    }

    /// <summary>A setting, or its standard; null where there is none.</summary>
    public static string? Of(MirrorDefinition mirror, string name)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        return mirror.Settings.GetValueOrDefault(name) ?? Kinds.GetValueOrDefault(mirror.Kind)?.FirstOrDefault(setting => setting.Name == name)?.Standard;
    }

    /// <summary>Whether two names of a status are the same.</summary>
    public static bool Same(string? one, string? other) => string.Equals(one?.Trim(), other?.Trim(), StringComparison.OrdinalIgnoreCase);

    private static bool IsTable(string value) => Table().IsMatch(value);

    private static bool IsProject(string value) => Project().IsMatch(value);

    private static bool IsShort(string value) => value.Trim().Length is > 0 and <= 60 && !value.Any(char.IsControl);

    private static bool IsTemplate(string value) => value.Trim().Length > 0 && MirrorText.UnknownIn(value) is null;

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{1,79}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Table();

    [GeneratedRegex(@"\A[A-Z][A-Z0-9_]{0,19}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Project();

    private sealed record Setting(string Name, string? Standard, Func<string, bool> IsValid, string Help)
    {
        public bool IsRequired { get; init; }
    }
}
