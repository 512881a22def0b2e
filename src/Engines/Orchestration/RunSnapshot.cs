using System.Text;
using System.Text.Json;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration;

/// <summary>
/// The fold of a run's facts: what is shown as its status and what the engine resumes from. Applying the same facts in the same
/// order always gives the same snapshot. Safe for concurrent use; reads see whole facts.
/// </summary>
public sealed partial class RunSnapshot
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StepState> _steps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ActionState> _actions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DecisionState> _decisions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _ordinals = new(StringComparer.Ordinal);
    private readonly List<ModelCalled> _modelCalls = [];
    private readonly List<ModelFailed> _brokenCalls = [];
    private readonly List<BudgetExhausted> _exhausted = [];
    private readonly List<GuardTripped> _trips = [];
    private readonly StringBuilder _answer = new();
    private IReadOnlyDictionary<string, string> _workingMemory = new Dictionary<string, string>();
    private readonly Dictionary<string, Limits.Novelty> _novelty = new(StringComparer.Ordinal);
    private RunUsageTotals _usage = new();
    private string? _answerText = "";
    private IReadOnlyList<string> _failedSteps = [];

    /// <summary>Where the run is.</summary>
    public RunPhase Phase { get; private set; }

    /// <summary>What it started from; null before <c>run.requested</c>.</summary>
    public RunInput? Input { get; private set; }

    /// <summary>How it is answered; null before that is decided.</summary>
    public StrategyChosen? Choice { get; private set; }

    /// <summary><c>playbook</c>, <c>react</c> or <c>none</c>; null before that is decided.</summary>
    public string? Strategy => Choice?.Strategy;

    /// <summary>The playbook's id, if one was chosen.</summary>
    public string? Playbook => Choice?.Playbook;

    /// <summary>A stable code when the run did not simply complete.</summary>
    public string? ErrorCode { get; private set; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset? RequestedAt { get; private set; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>What it knew at the start; null before it was gathered.</summary>
    public ContextGathered? Context { get; private set; }

    /// <summary>What was remembered of the person when the run began; null when nothing was.</summary>
    public MemoryRecalled? Memories { get; private set; }

    /// <summary>What it waits for; null while it does not wait.</summary>
    public RunWaiting? Waiting { get; private set; }

    /// <summary>When work on it began; null before.</summary>
    public DateTimeOffset? BegunAt { get; private set; }

    /// <summary>When it began to wait; null while it does not wait.</summary>
    public DateTimeOffset? WaitingSince { get; private set; }

    /// <summary>How long it has waited for people, to decide or to replay it, without the wait that is under way.</summary>
    public TimeSpan WaitedFor { get; private set; }

    /// <summary>Until when it goes on in the background, once its deadline has passed; null before.</summary>
    public DateTimeOffset? BackgroundUntil { get; private set; }

    /// <summary>Whether the user wants it to stop.</summary>
    public bool CancelRequested { get; private set; }

    /// <summary>Why the user wants it to stop.</summary>
    public string? CancelReason { get; private set; }

    /// <summary>What is still open at the end, for people.</summary>
    public IReadOnlyList<string> Open { get; private set; } = [];

    /// <summary>Which attempt this is, from 1; each replay is one more.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>Whether it failed for technical reasons, so that it can be replayed.</summary>
    public bool IsTechnical { get; private set; }

    /// <summary>Its entry in the dead-letter list; null when it has none.</summary>
    public RunDeadLettered? DeadLetter { get; private set; }

    /// <summary>When work was last taken up again after a person's decision or by a replay; null before. The clock starts anew then.</summary>
    public DateTimeOffset? ResumedAt { get; private set; }

    /// <summary>Where the text about the passed deadline begins in the answer; null when there is none (any more). What follows takes its place.</summary>
    public int? NoteFrom { get; private set; }

    /// <summary>Where the text that tells of the end begins in the answer; null before the end, and when there is none.</summary>
    public int? EndTextFrom { get; private set; }

    /// <summary>Whether the run is over.</summary>
    public bool HasEnded => Phase is RunPhase.Completed or RunPhase.Partial or RunPhase.Failed or RunPhase.Cancelled;

    /// <summary>The answer so far.</summary>
    public string Answer
    {
        get
        {
            lock (_gate)
            {
                return _answerText ??= _answer.ToString();
            }
        }
    }

    /// <summary>The length of the answer so far, in UTF-16 units.</summary>
    public int AnswerLength
    {
        get
        {
            lock (_gate)
            {
                return _answer.Length;
            }
        }
    }

    /// <summary>What models used.</summary>
    public RunUsageTotals Usage
    {
        get
        {
            lock (_gate)
            {
                return _usage;
            }
        }
    }

    /// <summary>Slots for the session's working memory, known at the end of the run; an empty value removes the slot.</summary>
    public IReadOnlyDictionary<string, string> WorkingMemory
    {
        get
        {
            lock (_gate)
            {
                return _workingMemory;
            }
        }
    }

    /// <summary>The steps in the order in which they were first started.</summary>
    public IReadOnlyList<StepState> Steps
    {
        get
        {
            lock (_gate)
            {
                return [.. _steps.Values.OrderBy(step => step.Ordinal)];
            }
        }
    }

    /// <summary>The actions in the order in which they were planned.</summary>
    public IReadOnlyList<ActionState> Actions
    {
        get
        {
            lock (_gate)
            {
                return [.. _actions.Values.OrderBy(action => action.Ordinal)];
            }
        }
    }

    /// <summary>The decisions that people were asked for, in the order of asking.</summary>
    public IReadOnlyList<DecisionState> Decisions
    {
        get
        {
            lock (_gate)
            {
                return [.. _decisions.Values.OrderBy(decision => decision.Ordinal)];
            }
        }
    }

    /// <summary>What the guard against steps without new information has seen in a scope; null for the run itself.</summary>
    internal Limits.Novelty NoveltyOf(string? scope)
    {
        lock (_gate)
        {
            return _novelty.TryGetValue(scope ?? "", out var novelty) ? novelty : _novelty[scope ?? ""] = new Limits.Novelty();
        }
    }

    /// <summary>How many decisions have been made.</summary>
    internal int DecidedCount
    {
        get
        {
            lock (_gate)
            {
                return _decisions.Count == 0 ? 0 : _decisions.Values.Count(decision => !decision.IsOpen);
            }
        }
    }

    /// <summary>The budgets that were used up, in order.</summary>
    public IReadOnlyList<BudgetExhausted> Exhausted
    {
        get
        {
            lock (_gate)
            {
                return [.. _exhausted];
            }
        }
    }

    /// <summary>The guards that stepped in, in order.</summary>
    public IReadOnlyList<GuardTripped> Trips
    {
        get
        {
            lock (_gate)
            {
                return [.. _trips];
            }
        }
    }

    /// <summary>The model calls that have ended, in order.</summary>
    public IReadOnlyList<ModelCalled> ModelCalls
    {
        get
        {
            lock (_gate)
            {
                return [.. _modelCalls];
            }
        }
    }

    /// <summary>The model calls that failed when the model had begun to answer, and so used something, in order.</summary>
    internal IReadOnlyList<ModelFailed> BrokenCalls
    {
        get
        {
            lock (_gate)
            {
                return [.. _brokenCalls];
            }
        }
    }

    /// <summary>The step of the degradation ladder below <c>full</c> that had a part in the answer: that at which its playbook was chosen, else that of the last call of a model that was answered below the top; null when there was none.</summary>
    public string? Degradation
    {
        get
        {
            lock (_gate)
            {
                return Choice?.Degradation ?? _modelCalls.FindLast(call => call.Degradation is not null)?.Degradation;
            }
        }
    }

    /// <summary>One step, or null when it was never started.</summary>
    public StepState? FindStep(string stepId)
    {
        lock (_gate)
        {
            return _steps.GetValueOrDefault(stepId);
        }
    }

    /// <summary>The calls of an operation that are done, in no order; those whose result is that of another step are left out.</summary>
    internal IReadOnlyList<EarlierCall> CallsOf(string operationId)
    {
        lock (_gate)
        {
            return [.. _steps.Values.Where(step => step is { Status: StepStatus.Done, SameAs: null } && step.OperationId == operationId).Select(step => new EarlierCall(step.StepId, step.Result))];
        }
    }

    /// <summary>One action, or null when it was never planned.</summary>
    public ActionState? FindAction(string actionId)
    {
        lock (_gate)
        {
            return _actions.GetValueOrDefault(actionId);
        }
    }

    /// <summary>One decision, or null when it was never asked for.</summary>
    public DecisionState? FindDecision(string requestId)
    {
        lock (_gate)
        {
            return _decisions.GetValueOrDefault(requestId);
        }
    }
}
