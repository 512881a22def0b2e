using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Machine;

/// <summary>That somebody is to be told something: what a notice is made of once its texts are filled.</summary>
public sealed record NoticeDraft
{
    /// <summary>The notice's id, <c>n-…</c>: always the same for the same event and recipient.</summary>
    public required string NoticeId { get; init; }

    /// <summary>The event that led to it.</summary>
    public required long Sequence { get; init; }

    /// <summary>The kind, as in the notifications engine, for example <c>approval.requested</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>To whom; null when only a role is known.</summary>
    public PersonRef? To { get; init; }

    /// <summary>To whoever has this role, when nobody is known by name: lists show it to them.</summary>
    public string? Role { get; init; }

    /// <summary>For whom the recipient would act, by mail address; null for themselves.</summary>
    public string? ActsFor { get; init; }

    /// <summary>Why this person is told, for example <c>manager of ada@acme.example</c>.</summary>
    public string? Via { get; init; }

    /// <summary>The level that it is about; null for all.</summary>
    public int? Level { get; init; }

    /// <summary>Whether the person can answer it with a button.</summary>
    public bool IsActionable { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The comment, the end's or the event's reason: written by people, data.</summary>
    public string? Text { get; init; }
}
