namespace Steward.Engines.Notifications.Rendering;

/// <summary>What a notice says, before any channel's form. Every text in it is plain: a channel escapes all of them.</summary>
internal sealed record NoticeContent
{
    /// <summary>One line of at most 200 characters.</summary>
    public required string Title { get; init; }

    /// <summary>A few lines; may be empty.</summary>
    public required string Text { get; init; }

    /// <summary>What is known, as label and value of one line each.</summary>
    public IReadOnlyList<NoticeFact> Facts { get; init; } = [];

    /// <summary>Longer parts, in order.</summary>
    public IReadOnlyList<NoticePart> Parts { get; init; } = [];

    /// <summary>The buttons; null when nothing can be decided.</summary>
    public NoticeButtons? Buttons { get; init; }

    /// <summary>The page about it; null when there is none.</summary>
    public NoticeLink? Link { get; init; }

    /// <summary>What it is about, in small print.</summary>
    public required string Footer { get; init; }

    /// <summary>The language of its labels.</summary>
    public required Texts.NoticeLanguage Language { get; init; }
}

internal sealed record NoticeFact(string Label, string Value);

/// <summary>A longer part of a notice.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Text">Several lines.</param>
/// <param name="Form">How it looks.</param>
internal sealed record NoticePart(string Label, string Text, PartForm Form);

internal enum PartForm
{
    /// <summary>What somebody said.</summary>
    Quote,

    /// <summary>Data, in a font of fixed width.</summary>
    Code,

    /// <summary>An item on each line.</summary>
    Items,
}

internal sealed record NoticeLink(string Label, Uri Address);

/// <summary>The buttons of a request, with what a click brings back.</summary>
internal sealed record NoticeButtons(string ApprovalId, string SubjectHash, string Approve, string Reject, string? ConfirmTitle, string? ConfirmText, string Back);
