using System.Text.Json;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Notifications.Texts;

namespace Steward.Engines.Notifications.Answers;

/// <summary>How a click ended, for whoever pressed the button.</summary>
public enum ClickOutcome
{
    /// <summary>The vote counts, and the request is decided.</summary>
    Recorded,

    /// <summary>The vote counts, and others still have to decide.</summary>
    Waiting,

    /// <summary>The same person had said the same before.</summary>
    Repeated,

    /// <summary>It was decided before.</summary>
    AlreadyDecided,

    /// <summary>This person is not asked.</summary>
    NotYours,

    /// <summary>It is this person's own request.</summary>
    OwnRequest,

    /// <summary>The message shows something that is no longer what is asked.</summary>
    Changed,

    /// <summary>Nobody decided in time.</summary>
    Expired,

    /// <summary>It was withdrawn.</summary>
    Withdrawn,

    /// <summary>The channel's user is no person of the tenant.</summary>
    UnknownPerson,

    /// <summary>There is no such request.</summary>
    NotFound,

    /// <summary>The request of the channel could not be read.</summary>
    Malformed,

    /// <summary>Something is down; trying again helps.</summary>
    Unavailable,
}

/// <summary>The sentences that answer clicks.</summary>
public static class ClickAnswer
{
    /// <summary>The sentence, as plain text.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="locale">The person's or the tenant's language.</param>
    /// <param name="decision"><c>approve</c> or <c>reject</c>, what was pressed; needed for <see cref="ClickOutcome.Recorded"/>, <see cref="ClickOutcome.Waiting"/> and <see cref="ClickOutcome.Repeated"/>.</param>
    /// <param name="status">The request's status, for <see cref="ClickOutcome.AlreadyDecided"/>.</param>
    /// <param name="by">Who decided it, for <see cref="ClickOutcome.AlreadyDecided"/>.</param>
    public static string Text(ClickOutcome outcome, string? locale, string? decision = null, string? status = null, string? by = null)
    {
        var language = NoticeLanguage.Find(locale);
        var code = outcome switch
        {
            ClickOutcome.Recorded => "recorded",
            ClickOutcome.Waiting => "waiting",
            ClickOutcome.Repeated => "repeated",
            ClickOutcome.AlreadyDecided => "already_decided",
            ClickOutcome.NotYours => "not_yours",
            ClickOutcome.OwnRequest => "own_request",
            ClickOutcome.Changed => "changed",
            ClickOutcome.Expired => "expired",
            ClickOutcome.Withdrawn => "withdrawn",
            ClickOutcome.UnknownPerson => "unknown_person",
            ClickOutcome.NotFound => "not_found",
            ClickOutcome.Malformed => "malformed",
            _ => "unavailable",
        };
        var values = new Dictionary<string, string?>
        {
            ["decision"] = language.Decision(decision ?? "approve"),
            ["status"] = language.Status(status ?? "approved"),
            ["by"] = string.IsNullOrWhiteSpace(by) ? null : PlainText.Line(by, 200),
        };
        return TemplateText.Parse(language.Answer(code)).Render(name => values.GetValueOrDefault(name) is { } value ? JsonSerializer.SerializeToElement(value) : null) ?? "";
    }
}
