using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Engines.Orchestration;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>
/// What the owner of a run knows of it besides the engine's snapshot, folded from the same journal: where it came from, which attempt this is, who has to
/// be told of its end, and whether they were. Also says what an append does to the journal's mark and wake time. Pure; not thread-safe.
/// </summary>
internal sealed class RunLife(Func<RunOrigin, bool> hasHook)
{
    private bool _wasDetached;
    private bool _tellsWaiting;
    private bool _asksForApproval;
    private string? _told;

    /// <summary>Where it came from, once that is known.</summary>
    public RunOrigin? Origin { get; private set; }

    /// <summary>What retention left, if nothing else is left.</summary>
    public RunRetired? Retired { get; private set; }

    /// <summary>Whether it has been requested, not only queued.</summary>
    public bool IsRequested { get; private set; }

    /// <summary>Which attempt this is, from 1.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>Whether the attempt failed for technical reasons.</summary>
    public bool IsTechnical { get; private set; }

    /// <summary>Whether everyone who has to know of the end knows.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Whether the session went on without it, or was to.</summary>
    public bool IsDetached => _wasDetached || Origin is { Background: true };

    /// <summary>Whether the journal stays open after the end until everyone knows. Else the session, whose own journal is open, finds out.</summary>
    public bool MustSettle => IsTechnical || IsDetached || Attempt > 1 || _asksForApproval || (Origin is { } origin && hasHook(origin));

    /// <summary>
    /// The occasion on which the run waits and that others do not know of yet, as far as the journal says; null when nobody has to be told. The journal stays open until they are. A
    /// session that waits for the run itself asks, and needs no such care.
    /// </summary>
    public string? Untold(RunSnapshot snapshot) =>
        _tellsWaiting && snapshot.Phase == RunPhase.Waiting && InterimId(snapshot) is { } occasion && occasion != _told ? occasion : null;

    /// <summary>Folds one record in.</summary>
    /// <returns>Whether the record is the owner's and none of the engine's.</returns>
    public bool TakeOwn(string type, ReadOnlySpan<byte> payload, DateTimeOffset at)
    {
        switch (type)
        {
            case RunOrigin.Type:
                Origin = JsonSerializer.Deserialize(payload, RunRecordJson.Default.RunOrigin)! with { At = at };
                return true;
            case RunSettled.Type:
                IsSettled = true;
                return true;
            case RunTold.Type:
                _told = JsonSerializer.Deserialize(payload, RunRecordJson.Default.RunTold)!.Occasion;
                return true;
            case RunRetired.Type:
                var receipt = JsonSerializer.Deserialize(payload, RunRecordJson.Default.RunRetired)!;
                Retired = receipt;
                Origin = new RunOrigin { SessionKey = receipt.SessionKey, UserId = receipt.UserId, At = receipt.RequestedAt };
                (IsRequested, IsSettled, Attempt) = (true, true, receipt.Attempt);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Folds one fact in.</summary>
    public void Take(RunFact fact)
    {
        switch (fact)
        {
            case RunRequested:
                IsRequested = true;
                break;
            case DecisionRequested { ApprovalId: not null }:
                _asksForApproval = true;
                break;
            case RunWaiting:
                _tellsWaiting = TellsWaiting;
                _wasDetached = true;
                break;
            case DeadlineReached:
                _wasDetached = true;
                break;
            case RunEnded ended:
                (IsTechnical, IsSettled) = (ended.IsTechnical, false);
                break;
            case RunDeadLettered:
                IsSettled = true;
                break;
            case RunReplayed replayed:
                (Attempt, IsTechnical, IsSettled) = (replayed.Attempt, false, false);
                break;
        }
    }

    private bool TellsWaiting => IsDetached || _asksForApproval || (Origin is { } origin && hasHook(origin));

    /// <summary>What an append of these facts does to the journal: whether it is open afterwards, and when its owner is woken.</summary>
    /// <param name="facts">The facts; null for the owner's own records.</param>
    /// <param name="before">The engine's snapshot before the append.</param>
    public (bool? Open, JournalWake? Wake) Marks(IReadOnlyList<RunFact?> facts, RunSnapshot before)
    {
        var isWaiting = before.Phase == RunPhase.Waiting;
        (bool? Open, JournalWake? Wake) marks = (null, null);
        foreach (var fact in facts)
        {
            marks = fact switch
            {
                // Nothing is to be done before somebody decides: once everyone knows, the watchdog leaves it alone until the wake time.
                RunWaiting waiting when StandsStill(waiting, before, facts) =>
                    (TellsWaiting || facts.Any(asked => asked is DecisionRequested { ApprovalId: not null }), new JournalWake(waiting.ExpiresAt)),
                DecisionMade or CancelRequested when isWaiting => (true, JournalWake.Never),
                RunRequested or RunReplayed => (true, null),
                RunEnded ended => (ended.IsTechnical || MustSettle, isWaiting ? JournalWake.Never : marks.Wake),
                RunDeadLettered => (false, null),
                _ => marks,
            };
        }

        return marks;
    }

    /// <summary>Whether a run that waits has nothing to do now.</summary>
    public static bool StandsStill(RunSnapshot snapshot, DateTimeOffset now) =>
        snapshot is { Phase: RunPhase.Waiting, CancelRequested: false, Waiting: { } waiting }
        && (waiting.ExpiresAt is null || waiting.ExpiresAt > now)
        && StandsStill(waiting, snapshot, []);

    /// <summary>Tells one occasion on which a run went on without its session from the others; null when there is none.</summary>
    public static string? InterimId(RunSnapshot snapshot) => snapshot switch
    {
        { HasEnded: true } => null,
        { Phase: RunPhase.Waiting, Waiting: { } waiting } =>
            "waiting-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', waiting.RequestIds))).AsSpan(0, 8)),
        { BackgroundUntil: not null } => "deadline",
        _ => null,
    };

    // A decision may have come, or the wish to stop, just before the engine said that it waits: then it has something to do.
    private static bool StandsStill(RunWaiting waiting, RunSnapshot before, IReadOnlyList<RunFact?> with) =>
        !before.CancelRequested
        && waiting.RequestIds.All(id => before.FindDecision(id)?.IsOpen ?? with.Any(fact => fact is DecisionRequested request && request.RequestId == id));
}
