using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Notifications.Texts;
using Steward.Engines.Orchestration.Tracing;

namespace Steward.Engines.Notifications.Rendering;

/// <summary>Says what a notice says: picks texts and language, fills them, lists what an approver has to see. Total: odd data leaves things out, it never throws.</summary>
internal static class NoticeComposer
{
    public const int MaxTitle = 200;
    private const int MaxText = 2_000;
    private const int MaxFact = 300;
    private const int MaxCode = 2_800;
    private const int MaxSimilar = 3;

    // Readable, since no markup is near: every channel escapes what it shows.
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static NoticeContent Compose(Notice notice, ChannelSettings settings)
    {
        var language = NoticeLanguage.Find(notice.Recipient.Locale, settings.Locale);
        var zone = FindZone(notice.Recipient.TimeZone) ?? FindZone(settings.TimeZone) ?? TimeZoneInfo.Utc;
        return notice.Kind switch
        {
            NoticeKinds.ConnectorSignIn => SignIn(notice, settings, language, zone, NoticeData.Read<SignInNoticeData>(notice.Data)),
            NoticeKinds.MajorIncident => MajorIncident(notice, settings, language, NoticeData.Read<MajorIncidentNoticeData>(notice.Data)),
            NoticeKinds.ModelBudget => Budget(notice, settings, language, zone, NoticeData.Read<BudgetNoticeData>(notice.Data)),
            NoticeKinds.ModelRegression or NoticeKinds.ModelDrift => Quality(notice, settings, language, zone, NoticeData.Read<QualityNoticeData>(notice.Data)),
            _ => Approval(notice, settings, language, zone, NoticeData.Read<ApprovalNoticeData>(notice.Data)),
        };
    }

    private static NoticeContent Approval(Notice notice, ChannelSettings settings, NoticeLanguage language, TimeZoneInfo zone, ApprovalNoticeData data)
    {
        var requester = NameOf(data.Requester, language);
        var amount = data.Amount is { } number ? $"{language.Number(number)} {data.Currency}".Trim() : null;
        var level = data.Level is null ? null : data is { LevelNumber: > 0, LevelCount: > 0 } ? language.Text("levelOf", data.Level, data.LevelNumber, data.LevelCount) : data.Level;
        var arguments = Masked(data.Arguments);
        var link = ApprovalPage(settings, data.ApprovalId, language);
        var values = new JsonObject
        {
            ["approvalId"] = data.ApprovalId,
            ["summary"] = PlainText.Line(TraceMask.Text(data.Summary), 160) is { Length: > 0 } summary ? summary : data.Action ?? data.ApprovalId,
            ["type"] = data.Type,
            ["action"] = data.Action,
            ["reason"] = Text(data.Reason),
            ["requester"] = requester,
            ["requesterEmail"] = data.Requester?.Email,
            ["risk"] = data.Risk is { } risk ? language.Risk(risk) : null,
            ["amount"] = amount,
            ["environment"] = data.Environment,
            ["level"] = level,
            ["required"] = data.Required > 0 ? data.Required : null,
            ["deadline"] = Time(data.Deadline),
            ["rule"] = data.Rule,
            ["why"] = data.Why,
            ["freeze"] = data.Freeze,
            ["via"] = data.Via,
            ["actsFor"] = data.ActsFor,
            ["status"] = data.Status is { } status ? language.Status(status) : language.Status("pending"),
            ["decidedBy"] = data.DecidedBy,
            ["decidedFor"] = data.DecidedFor,
            ["decidedOn"] = data.DecidedOn,
            ["endedAt"] = Time(data.EndedAt),
            ["endReason"] = Text(data.EndReason),
            ["commentBy"] = data.CommentBy,
            ["commentText"] = Text(data.CommentText),
            ["reminder"] = data.Reminder > 0 ? data.Reminder : null,
            ["recipient"] = notice.Recipient.Name ?? notice.Recipient.Email,
            ["link"] = link?.Address.ToString(),
            ["arguments"] = arguments?.DeepClone(),
        };
        var (title, text) = Fill(notice, settings, values);
        var isOpen = data.Status is null;
        var isAsking = notice.Kind is NoticeKinds.ApprovalRequested or NoticeKinds.ApprovalReminder or NoticeKinds.ApprovalEscalated;

        // Nobody approves with one click what they could not see: the page shows all of it.
        var isWhole = data.IsCut != true && ShownWhole.Is(data.Arguments, arguments) && (arguments is null || arguments.ToJsonString(Pretty).Length <= MaxCode);
        return new NoticeContent
        {
            Title = title,
            Text = text,
            Facts = Facts(
                language,
                ("status", isOpen ? null : (string?)values["status"]),
                ("decidedBy", Decider(data, language)),
                ("endedAt", (string?)values["endedAt"]),
                ("requester", Person(data.Requester, language)),
                ("action", data.Action),
                ("type", data.Type == data.Action?.Split('.')[0] ? null : data.Type),
                ("risk", (string?)values["risk"]),
                ("amount", amount),
                ("environment", data.Environment),
                ("freeze", data.Freeze),
                ("level", isAsking ? level : null),
                ("required", isAsking && data.Required > 1 ? (data.Required).ToString(System.Globalization.CultureInfo.InvariantCulture) : null),
                ("deadline", isAsking ? (string?)values["deadline"] : null),
                ("atDeadline", isAsking && data is { Deadline: not null, AtDeadline: { } then } ? language.AtDeadline(then) : null),
                ("actsFor", isAsking ? data.ActsFor : null),
                ("via", isAsking ? data.Via : null),
                ("rule", isAsking ? string.Join(": ", new[] { data.Rule, data.Why }.Where(part => !string.IsNullOrWhiteSpace(part))) : null)),
            Parts =
            [
                .. Part(language, "reason", Text(data.Reason), PartForm.Quote),
                .. Part(language, "arguments", Code(arguments), PartForm.Code),
                .. isAsking ? Part(language, "preview", Code(Masked(data.Preview)), PartForm.Code) : [],
                .. isAsking ? Part(language, "similar", Similar(data, language, zone), PartForm.Items) : [],
            ],
            Buttons = isWhole && isOpen && isAsking && notice.IsActionable && data.ApprovalId.Length > 0 && data.SubjectHash.Length > 0 ? Buttons(data, language) : null,
            Link = link,
            Footer = PlainText.Line(data.ApprovalId, 100),
            Language = language,
        };

        string? Time(DateTimeOffset? time) => time is { } at ? language.Time(at, zone) : null;
    }

    private static NoticeContent SignIn(Notice notice, ChannelSettings settings, NoticeLanguage language, TimeZoneInfo zone, SignInNoticeData data)
    {
        // There is no page yet on which somebody could sign a connector in: no link is better than one that leads nowhere.
        var values = new JsonObject
        {
            ["instance"] = data.Instance,
            ["title"] = data.Title ?? data.Instance,
            ["problem"] = data.Problem ?? data.State ?? "",
            ["state"] = data.State,
            ["expiresAt"] = data.ExpiresAt is { } at ? language.Time(at, zone) : null,
            ["recipient"] = notice.Recipient.Name ?? notice.Recipient.Email,
            ["link"] = null,
        };
        var (title, text) = Fill(notice, settings, values);
        return new NoticeContent
        {
            Title = title,
            Text = text,
            Facts = Facts(language, ("instance", data.Instance), ("expiresAt", (string?)values["expiresAt"])),
            Footer = PlainText.Line(notice.SubjectId, 100),
            Language = language,
        };
    }

    private static NoticeContent MajorIncident(Notice notice, ChannelSettings settings, NoticeLanguage language, MajorIncidentNoticeData data)
    {
        var values = new JsonObject
        {
            ["incident"] = PlainText.Line(data.Incident, 100),
            ["instance"] = data.Instance,
            ["team"] = data.Group,
            ["sample"] = PlainText.Line(TraceMask.Text(data.Sample ?? ""), 160) is { Length: > 0 } sample ? sample : data.Incident,
            ["recipient"] = notice.Recipient.Name ?? notice.Recipient.Email,
            ["link"] = null,
        };
        var (title, text) = Fill(notice, settings, values);
        return new NoticeContent
        {
            Title = title,
            Text = text,
            Facts = Facts(language, ("incident", data.Incident), ("team", data.Group), ("instance", data.Instance)),
            Footer = PlainText.Line(notice.SubjectId, 100),
            Language = language,
        };
    }

    private static NoticeContent Budget(Notice notice, ChannelSettings settings, NoticeLanguage language, TimeZoneInfo zone, BudgetNoticeData data)
    {
        var values = new JsonObject
        {
            ["budget"] = PlainText.Line(data.Budget, 100),
            ["subject"] = data.Subject is { } subject ? PlainText.Line(subject, 200) : null,
            ["state"] = data.State,
            ["percent"] = data.Percent,
            ["used"] = data.Used,
            ["limit"] = data.Limit,
            ["endsAt"] = data.EndsAt is { } at ? language.Time(at, zone) : null,
            ["recipient"] = notice.Recipient.Name ?? notice.Recipient.Email,
            ["link"] = null,
        };
        var (title, text) = Fill(notice, settings, values);
        return new NoticeContent
        {
            Title = title,
            Text = text,
            Facts = Facts(language, ("budget", data.Budget), ("subject", (string?)values["subject"]), ("used", data.Used), ("limit", data.Limit), ("expiresAt", (string?)values["endsAt"])),
            Footer = PlainText.Line(notice.SubjectId, 100),
            Language = language,
        };
    }

    private static NoticeContent Quality(Notice notice, ChannelSettings settings, NoticeLanguage language, TimeZoneInfo zone, QualityNoticeData data)
    {
        var values = new JsonObject
        {
            ["feature"] = PlainText.Line(data.Feature, 100),
            ["change"] = data.Change is { } change ? PlainText.Line(change, 300) : null,
            ["since"] = data.Since is { } at ? language.Time(at, zone) : null,
            ["before"] = Number(data.Before),
            ["after"] = Number(data.After),
            ["of"] = data.Of is "scores" or "length" or "intent" ? language.Text(data.Of) : null,
            ["index"] = Number(data.Index),
            ["threshold"] = Number(data.Threshold),
            ["recipient"] = notice.Recipient.Name ?? notice.Recipient.Email,
            ["link"] = null,
        };
        var (title, text) = Fill(notice, settings, values);
        return new NoticeContent
        {
            Title = title,
            Text = text,
            Facts = Facts(
                language,
                ("feature", (string?)values["feature"]), ("change", (string?)values["change"]), ("before", (string?)values["before"]), ("after", (string?)values["after"]), ("of", (string?)values["of"])),
            Footer = PlainText.Line(notice.SubjectId, 100),
            Language = language,
        };

        string? Number(double? value) => value is { } number && double.IsFinite(number) && Math.Abs(number) < 1e6 ? language.Number(Math.Round((decimal)number, 2)) : null;
    }

    // The first text for which everything that it needs is there.
    private static (string Title, string Text) Fill(Notice notice, ChannelSettings settings, JsonObject values)
    {
        var known = JsonSerializer.SerializeToElement(values);
        foreach (var template in NoticeTemplates.Candidates(notice.Kind, notice.Recipient.Locale, settings))
        {
            try
            {
                if (TemplateText.Parse(template).Render(name => ValuePath.Find(known, name)) is { } filled)
                {
                    var lines = filled.ReplaceLineEndings("\n").Split('\n', 2);
                    return (PlainText.Line(lines[0], MaxTitle), PlainText.Lines(lines.ElementAtOrDefault(1), MaxText));
                }
            }
            catch (FormatException)
            {
                // A function of a tenant's text refuses this value; the next text has none.
            }
        }

        return (PlainText.Line(notice.Kind, MaxTitle), "");
    }

    private static NoticeButtons Buttons(ApprovalNoticeData data, NoticeLanguage language)
    {
        var isRisky = data.Risk is "high" or "critical";
        return new NoticeButtons(
            data.ApprovalId, data.SubjectHash, language.Label("approve"), language.Label("reject"), isRisky ? language.Label("confirmTitle") : null,
            isRisky ? language.Text("confirmText", language.Risk(data.Risk!)) : null, language.Label("cancel"));
    }

    private static List<NoticeFact> Facts(NoticeLanguage language, params ReadOnlySpan<(string Label, string? Value)> facts)
    {
        var list = new List<NoticeFact>();
        foreach (var (label, value) in facts)
        {
            if (PlainText.Line(TraceMask.Text(value ?? ""), MaxFact) is { Length: > 0 } shown)
            {
                list.Add(new NoticeFact(language.Label(label), shown));
            }
        }

        return list;
    }

    private static IEnumerable<NoticePart> Part(NoticeLanguage language, string label, string? text, PartForm form)
    {
        if (!string.IsNullOrWhiteSpace(text))
        {
            yield return new NoticePart(language.Label(label), text, form);
        }
    }

    private static JsonNode? Masked(JsonElement? json) => json is { ValueKind: JsonValueKind.Object or JsonValueKind.Array } value ? TraceMask.Of(value) : null;

    private static string? Code(JsonNode? json) =>
        json is null or JsonObject { Count: 0 } or JsonArray { Count: 0 } ? null : PlainText.Lines(json.ToJsonString(Pretty).ReplaceLineEndings("\n"), MaxCode);

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : PlainText.Lines(TraceMask.Text(text), MaxText);

    private static string Similar(ApprovalNoticeData data, NoticeLanguage language, TimeZoneInfo zone) => string.Join('\n', (data.Similar ?? []).Take(MaxSimilar).Select(past =>
    {
        var who = string.Join(", ", new[] { past.Requester, past.DecidedBy, past.EndedAt is { } at ? language.Time(at, zone) : null }.Where(part => !string.IsNullOrWhiteSpace(part)));
        var what = language.Text("similarItem", language.Status(past.Status), TraceMask.Text(past.Summary, 160));
        return PlainText.Line(who.Length > 0 ? $"{what} ({who})" : what, MaxFact);
    }));

    private static string? Decider(ApprovalNoticeData data, NoticeLanguage language)
    {
        if (data.DecidedBy is not { Length: > 0 } by)
        {
            return null;
        }

        var acted = data.DecidedFor is { Length: > 0 } other ? $"{by}, {language.Label("decidedFor")} {other}" : by;
        return data.DecidedOn is { Length: > 0 } channel ? $"{acted} ({channel})" : acted;
    }

    private static string NameOf(NoticePerson? person, NoticeLanguage language) =>
        new[] { person?.Name, person?.Email, person?.UserId }.FirstOrDefault(name => !string.IsNullOrWhiteSpace(name)) ?? language.Label("unknownPerson");

    private static string? Person(NoticePerson? person, NoticeLanguage language) =>
        person is null ? null : person is { Name.Length: > 0, Email.Length: > 0 } ? $"{person.Name} ({person.Email})" : NameOf(person, language);

    private static TimeZoneInfo? FindZone(string? id) => id is { Length: > 0 and < 64 } && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : null;

    // Only ids go into addresses, escaped: nothing that a stranger wrote can lead anywhere else.
    private static NoticeLink? ApprovalPage(ChannelSettings settings, string id, NoticeLanguage language) =>
        id.Length is > 0 and <= 200 && Uri.TryCreate(settings.PublicAddress, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            ? new NoticeLink(language.Label("open"), new Uri(address, $"{address.AbsolutePath.TrimEnd('/')}/approvals#{Uri.EscapeDataString(id)}"))
            : null;
}
