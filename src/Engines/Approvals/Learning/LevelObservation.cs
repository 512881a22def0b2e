using Steward.Engines.Approvals.Machine;

namespace Steward.Engines.Approvals.Learning;

/// <summary>A level of a past request: what was known when it was opened, and what became of it.</summary>
public sealed record LevelObservation
{
    /// <summary>The kind of request.</summary>
    public required string Type { get; init; }

    /// <summary>Who was asked, by mail address or as <c>role:NAME</c>, each once.</summary>
    public required IReadOnlyList<string> Asked { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>By when it had to be decided: the end of the level, or its escalation when that comes first.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>When it was decided; null when it was not, or not by people.</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>Who decided, as in <see cref="Asked"/>; null when nobody did or it was somebody else.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>Whether it was not decided in time.</summary>
    public bool IsLate => DecidedAt is null || DecidedAt > DueAt;

    /// <summary>The levels of a request of which it is known whether they were decided in time: over ones, and open ones whose time has passed.</summary>
    public static IEnumerable<LevelObservation> Of(ApprovalState state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach (var level in state.Levels)
        {
            var isDecided = level.Status is LevelStatus.Approved or LevelStatus.Rejected && level.Votes.Count > 0;
            if (DueOf(level) is not { } due || due <= level.OpenedAt || (!isDecided && now < due) || (!isDecided && state.End?.At < due))
            {
                // Of what was withdrawn before its time nobody knows whether it would have been decided.
                continue;
            }

            var last = isDecided ? level.Votes[^1] : null;
            yield return new LevelObservation
            {
                Type = state.Request.Type,
                Asked = AskedOf(level),
                OpenedAt = level.OpenedAt,
                DueAt = due,
                DecidedAt = last?.At,
                DecidedBy = last is not null && last.Seat >= 0 && last.Seat < level.Seats.Count ? NameOf(level.Seats[last.Seat]) : null,
            };
        }
    }

    /// <summary>What is known of the level that is open now, without how it ends; due at its beginning where nothing says when. Null when none is open.</summary>
    public static LevelObservation? OfOpen(ApprovalState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.OpenLevel is not { } open ? null : new LevelObservation
        {
            Type = state.Request.Type,
            Asked = AskedOf(open),
            OpenedAt = open.OpenedAt,
            DueAt = DueOf(open) ?? open.OpenedAt,
        };
    }

    /// <summary>By when a level has to be decided; null when nothing says.</summary>
    public static DateTimeOffset? DueOf(LevelState level)
    {
        ArgumentNullException.ThrowIfNull(level);
        return level.EscalateAt is { } escalates && (level.EndsAt is null || escalates < level.EndsAt) ? escalates : level.EndsAt;
    }

    /// <summary>Who is asked at a level from its beginning.</summary>
    public static IReadOnlyList<string> AskedOf(LevelState level)
    {
        ArgumentNullException.ThrowIfNull(level);
        return [.. level.Seats.Where(seat => !seat.IsEscalated).Select(NameOf).OfType<string>().Distinct(StringComparer.Ordinal)];
    }

    private static string? NameOf(Chains.Seat seat) => seat.Person is { Email: { Length: > 0 } email } ? email.ToLowerInvariant() : seat.Role is { } role ? "role:" + role : null;
}
