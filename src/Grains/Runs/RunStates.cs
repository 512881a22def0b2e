using Steward.Engines.Orchestration;
using Steward.Engines.Retrieval.Text;
using Steward.Sessions;

namespace Steward.Runs;

/// <summary>A run's journal as the contract shows it. Pure.</summary>
internal static class RunStates
{
    private const int MostOpen = 8;
    private const int MaxOpen = 300;

    public static RunState Of(RunPhase phase) => phase switch
    {
        RunPhase.Requested or RunPhase.Running => RunState.Running,
        RunPhase.Waiting => RunState.Waiting,
        RunPhase.Completed => RunState.Completed,
        RunPhase.Partial => RunState.Partial,
        RunPhase.Failed => RunState.Failed,
        RunPhase.Cancelled => RunState.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "Not a phase of a run."),
    };

    /// <summary>The status as the owner sees it.</summary>
    public static RunStatus Status(string runId, RunOrigin origin, RunLife life, RunSnapshot snapshot, long sequence) => life.Retired is { } retired
        ? new RunStatus
        {
            RunId = runId,
            State = retired.State,
            SessionKey = retired.SessionKey,
            RequestedAt = retired.RequestedAt,
            EndedAt = retired.EndedAt,
            LastSequence = sequence,
            Strategy = retired.Strategy,
            ErrorCode = retired.ErrorCode,
            Attempt = retired.Attempt,
        }
        : new RunStatus
        {
            RunId = runId,
            State = life.IsRequested || snapshot.HasEnded ? Of(snapshot.Phase) : RunState.Queued,
            SessionKey = origin.SessionKey,
            RequestedAt = origin.At,
            EndedAt = snapshot.HasEnded ? snapshot.EndedAt : null,
            Answer = snapshot.Answer,
            LastSequence = sequence,
            Strategy = snapshot.Strategy,
            Playbook = snapshot.Playbook,
            ErrorCode = snapshot.HasEnded ? snapshot.ErrorCode : null,
            Usage = new RunUsage
            {
                ModelCalls = snapshot.Usage.ModelCalls,
                InputTokens = snapshot.Usage.InputTokens,
                OutputTokens = snapshot.Usage.OutputTokens,
                CostUsd = snapshot.Usage.CostUsd,
            },
            Waiting = snapshot.HasEnded ? [] : [.. snapshot.Decisions.Where(decision => decision.IsOpen).Select(RunDecisions.ToPending)],
            WaitsFor = snapshot.Phase == RunPhase.Waiting ? snapshot.Waiting?.Summary : null,
            Memories = snapshot.Memories is { } recalled ? Memories(recalled, snapshot.Answer) : [],
            Attempt = life.Attempt,
            IsTechnical = life.IsTechnical,
            Agent = origin.Agent,
            Background = origin.Background || snapshot.BackgroundUntil is not null,
            Degradation = snapshot.Degradation,
        };

    /// <summary>What the session is told.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="attempt">Which attempt.</param>
    /// <param name="snapshot">The run.</param>
    /// <param name="interimId">Null at the end.</param>
    public static RunReport Report(string runId, int attempt, RunSnapshot snapshot, string? interimId) => new()
    {
        RunId = runId,
        State = Of(snapshot.Phase),
        Answer = interimId is null ? snapshot.Answer : InterimAnswer(snapshot),
        WorkingMemory = new Dictionary<string, string>(snapshot.WorkingMemory, StringComparer.Ordinal),
        Attempt = attempt,
        InterimId = interimId,
        Effects = [.. snapshot.Actions.Select(Effect).OfType<string>()],
        Topic = Topic(snapshot),
        Open = interimId is null && snapshot.Phase is RunPhase.Partial or RunPhase.Failed ? [.. Open(snapshot)] : [],
    };

    // What a request is about, without anything that was said in it.
    private static string? Topic(RunSnapshot snapshot) =>
        snapshot.Playbook is { Length: > 0 } playbook ? "playbook:" + playbook
        : snapshot.Actions.FirstOrDefault(action => action.Status == ActionStatus.Confirmed) is { } action ? "operation:" + action.OperationId
        : null;

    private static IEnumerable<string> Open(RunSnapshot snapshot) => snapshot.Actions.Where(action => action.Status != ActionStatus.Confirmed).Take(MostOpen).Select(action => action.Status switch
    {
        ActionStatus.Sent or ActionStatus.Unknown => $"{Cut(action.Summary)} (it is not known whether this was done)",
        _ => Cut(action.Summary) + " (not done)",
    });

    private static string Cut(string summary) => summary.Length <= MaxOpen ? summary : summary[..MaxOpen];

    /// <summary>What retention leaves.</summary>
    public static RunRetired Receipt(RunStatus status, RunOrigin origin, RunSnapshot snapshot) => new()
    {
        SessionKey = origin.SessionKey,
        UserId = origin.UserId,
        State = status.State,
        ErrorCode = status.ErrorCode,
        Attempt = status.Attempt,
        RequestedAt = status.RequestedAt,
        EndedAt = status.EndedAt,
        Strategy = status.Strategy,
        Actions = [.. snapshot.Actions.Select(action => new ActionReceipt(action.ActionId, action.OperationId, Outcome(action.Status)))],
    };

    private static List<RunMemoryItem> Memories(MemoryRecalled recalled, string answer)
    {
        var words = TextAnalyzer.Terms(answer).ToHashSet(StringComparer.Ordinal);
        return [.. recalled.Memories.Select(memory => Memory(memory, answer, words))];
    }

    private static RunMemoryItem Memory(RememberedItem memory, string answer, HashSet<string> words) => new()
    {
        Id = memory.Id,
        Kind = memory.Kind,
        Slot = memory.Slot,
        Value = memory.When is null ? memory.Value : $"{memory.Value} ({memory.When})",
        Reason = memory.Reason,
        IsInAnswer = TextAnalyzer.Terms(memory.Value) is { Count: > 0 } terms ? terms.All(words.Contains) : answer.Contains(memory.Value, StringComparison.OrdinalIgnoreCase),
    };

    private static string InterimAnswer(RunSnapshot snapshot)
    {
        // The engine may have said it already.
        var waitsFor = snapshot.Phase == RunPhase.Waiting ? snapshot.Waiting?.Summary : null;
        return waitsFor is null || snapshot.Answer.Contains(waitsFor, StringComparison.Ordinal)
            ? snapshot.Answer
            : snapshot.Answer.Length == 0 ? waitsFor : snapshot.Answer + "\n\n" + waitsFor;
    }

    private static string? Effect(ActionState action) => action.Status switch
    {
        ActionStatus.Confirmed => action.Summary,
        ActionStatus.Sent or ActionStatus.Unknown => action.Summary + " (it is not known whether this was done)",
        _ => null,
    };

    private static string Outcome(ActionStatus status) => status switch
    {
        ActionStatus.Confirmed => "done",
        ActionStatus.Sent or ActionStatus.Unknown => "unknown",
        _ => "not_done",
    };
}
