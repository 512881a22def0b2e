using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Client.Http;

/// <summary>Grain messages as resources of the HTTP API, and back.</summary>
public static class WireMapping
{
    /// <summary>A session as a resource.</summary>
    public static SessionResource ToResource(SessionInfo session, TranscriptPage? page = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        return new SessionResource
        {
            SessionId = session.SessionId,
            Title = session.Title,
            CreatedAt = session.CreatedAt,
            ActiveRunId = session.ActiveRunId,
            WaitingMessages = session.WaitingMessages,
            LastSequence = session.LastSequence,
            DetachedRunIds = session.DetachedRunIds.Count > 0 ? session.DetachedRunIds : null,
            ForkedFrom = session.ForkedFrom,
            Transcript = page is null ? null : new TranscriptResource { Messages = [.. page.Messages.Select(ToResource)], NextAfter = page.NextAfterSequence },
        };
    }

    /// <summary>A run as a resource.</summary>
    public static RunResource ToResource(RunStatus run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return new RunResource
        {
            RunId = run.RunId,
            SessionId = GrainKeys.LastPart(run.SessionKey),
            State = ToResource(run.State),
            RequestedAt = run.RequestedAt,
            EndedAt = run.EndedAt,
            Answer = run.Answer,
            LastSequence = run.LastSequence,
            Strategy = run.Strategy,
            Playbook = run.Playbook,
            ErrorCode = run.ErrorCode,
            Usage = new UsageResource
            {
                ModelCalls = run.Usage.ModelCalls,
                InputTokens = run.Usage.InputTokens,
                OutputTokens = run.Usage.OutputTokens,
                CostUsd = run.Usage.CostUsd,
            },
            WaitingFor = run.Waiting.Count > 0 ? [.. run.Waiting.Select(DecisionMapping.ToResource)] : null,
            WaitsFor = run.WaitsFor,
            QueuePosition = run.QueuePosition,
            Attempt = run.Attempt,
            Replayable = run.IsTechnical ? true : null,
            Agent = run.Agent,
            Background = run.Background ? true : null,
            Memories = run.Memories.Count > 0 ? run.Memories : null,
            Degradation = run.Degradation,
        };
    }

    /// <summary>How a message is to be worked off, as the grains know it; null when it says nothing about that.</summary>
    public static RunRequestOptions? ToOptions(SubmitMessageRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var options = new RunRequestOptions
        {
            Agent = request.Agent,
            Strategy = request.Strategy switch
            {
                null => null,
                StrategyResource.Direct => "direct",
                StrategyResource.Playbook => "playbook",
                StrategyResource.React => "react",
                StrategyResource.Plan => "plan",
                _ => throw new ArgumentOutOfRangeException(nameof(request), request.Strategy, "Not a strategy."),
            },
            Background = request.Background ?? false,
            ContinueAfterDeadline = request.ContinueAfterDeadline ?? false,
            ReviewPlan = request.ReviewPlan ?? false,
            MaxSteps = request.Limits?.Steps,
            MaxModelCalls = request.Limits?.ModelCalls,
            MaxTokens = request.Limits?.Tokens,
            MaxCostUsd = request.Limits?.CostUsd,
            MaxSeconds = request.Limits?.Seconds,
            WebhookId = request.WebhookId,
        };
        return options == new RunRequestOptions() ? null : options;
    }

    /// <summary>A policy as the grains know it.</summary>
    public static DoubleTexting? ToContract(DoubleTextingResource? policy) => policy switch
    {
        null => null,
        DoubleTextingResource.Enqueue => DoubleTexting.Enqueue,
        DoubleTextingResource.Reject => DoubleTexting.Reject,
        DoubleTextingResource.Interrupt => DoubleTexting.Interrupt,
        DoubleTextingResource.RollBack => DoubleTexting.RollBack,
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "Not a policy."),
    };

    /// <summary>A policy as a resource.</summary>
    public static DoubleTextingResource ToResource(DoubleTexting policy) => policy switch
    {
        DoubleTexting.Enqueue => DoubleTextingResource.Enqueue,
        DoubleTexting.Reject => DoubleTextingResource.Reject,
        DoubleTexting.Interrupt => DoubleTextingResource.Interrupt,
        DoubleTexting.RollBack => DoubleTextingResource.RollBack,
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "Not a policy."),
    };

    /// <summary>The outcome of a message that was accepted, as a resource.</summary>
    public static SubmittedOutcome ToResource(SubmitOutcome outcome) => outcome switch
    {
        SubmitOutcome.Started => SubmittedOutcome.Started,
        SubmitOutcome.Queued => SubmittedOutcome.Queued,
        SubmitOutcome.Duplicate => SubmittedOutcome.Duplicate,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not the outcome of an accepted message."),
    };

    internal static SubmitMessageRequest ToRequest(string text, string operationId, DateTimeOffset? deadline, DoubleTexting? doubleTexting, RunRequestOptions? options) => new()
    {
        Text = text,
        OperationId = operationId,
        Deadline = deadline,
        DoubleTexting = doubleTexting switch
        {
            null => null,
            DoubleTexting.Enqueue => DoubleTextingResource.Enqueue,
            DoubleTexting.Reject => DoubleTextingResource.Reject,
            DoubleTexting.Interrupt => DoubleTextingResource.Interrupt,
            DoubleTexting.RollBack => DoubleTextingResource.RollBack,
            _ => throw new ArgumentOutOfRangeException(nameof(doubleTexting), doubleTexting, "Not a policy."),
        },
        Agent = options?.Agent,
        Strategy = options?.Strategy switch
        {
            null => null,
            "direct" => StrategyResource.Direct,
            "playbook" => StrategyResource.Playbook,
            "react" => StrategyResource.React,
            "plan" => StrategyResource.Plan,
            _ => throw Errors.StewardException.Invalid("strategy", "must be direct, playbook, react or plan."),
        },
        Background = options is { Background: true } ? true : null,
        ContinueAfterDeadline = options is { ContinueAfterDeadline: true } ? true : null,
        ReviewPlan = options is { ReviewPlan: true } ? true : null,
        Limits = options is { MaxSteps: null, MaxModelCalls: null, MaxTokens: null, MaxCostUsd: null, MaxSeconds: null } or null
            ? null
            : new LimitsResource { Steps = options.MaxSteps, ModelCalls = options.MaxModelCalls, Tokens = options.MaxTokens, CostUsd = options.MaxCostUsd, Seconds = options.MaxSeconds },
        WebhookId = options?.WebhookId,
    };

    internal static SessionInfo ToContract(SessionResource session) => new()
    {
        SessionId = session.SessionId,
        Title = session.Title,
        CreatedAt = session.CreatedAt,
        ActiveRunId = session.ActiveRunId,
        WaitingMessages = session.WaitingMessages,
        LastSequence = session.LastSequence,
        DetachedRunIds = session.DetachedRunIds ?? [],
        ForkedFrom = session.ForkedFrom,
    };

    internal static TranscriptPage ToContract(TranscriptResource page) => new()
    {
        Messages = [.. page.Messages.Select(message => new TranscriptMessage
        {
            Sequence = message.Sequence,
            Role = message.Role,
            Text = message.Text,
            At = message.At,
            RunId = message.RunId,
            RunState = message.RunState is { } state ? ToContract(state) : null,
            RolledBack = message.RolledBack ?? false,
            IsInterim = message.Interim ?? false,
        })],
        NextAfterSequence = page.NextAfter,
    };

    // The API does not show whose session it is, since it is always the caller's own: the session id stands for the key.
    internal static RunStatus ToContract(RunResource run) => new()
    {
        RunId = run.RunId,
        State = ToContract(run.State),
        SessionKey = run.SessionId,
        RequestedAt = run.RequestedAt,
        EndedAt = run.EndedAt,
        Answer = run.Answer,
        LastSequence = run.LastSequence,
        Strategy = run.Strategy,
        Playbook = run.Playbook,
        ErrorCode = run.ErrorCode,
        Usage = new RunUsage
        {
            ModelCalls = run.Usage.ModelCalls,
            InputTokens = run.Usage.InputTokens,
            OutputTokens = run.Usage.OutputTokens,
            CostUsd = run.Usage.CostUsd,
        },
        Waiting = [.. (run.WaitingFor ?? []).Select(DecisionMapping.ToPending)],
        WaitsFor = run.WaitsFor,
        QueuePosition = run.QueuePosition,
        Attempt = run.Attempt,
        IsTechnical = run.Replayable ?? false,
        Agent = run.Agent,
        Background = run.Background ?? false,
        Memories = run.Memories ?? [],
        Degradation = run.Degradation,
    };

    internal static SubmitOutcome ToContract(SubmittedOutcome outcome) => outcome switch
    {
        SubmittedOutcome.Started => SubmitOutcome.Started,
        SubmittedOutcome.Queued => SubmitOutcome.Queued,
        _ => SubmitOutcome.Duplicate,
    };

    private static MessageResource ToResource(TranscriptMessage message) => new()
    {
        Sequence = message.Sequence,
        Role = message.Role,
        Text = message.Text,
        At = message.At,
        RunId = message.RunId,
        RunState = message.RunState is { } state ? ToResource(state) : null,
        RolledBack = message.RolledBack ? true : null,
        Interim = message.IsInterim ? true : null,
    };

    private static RunResourceState ToResource(RunState state) => state switch
    {
        RunState.Queued => RunResourceState.Queued,
        RunState.Running => RunResourceState.Running,
        RunState.Waiting => RunResourceState.Waiting,
        RunState.Completed => RunResourceState.Completed,
        RunState.Partial => RunResourceState.Partial,
        RunState.Failed => RunResourceState.Failed,
        RunState.Cancelled => RunResourceState.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Not a state of a run."),
    };

    private static RunState ToContract(RunResourceState state) => state switch
    {
        RunResourceState.Queued => RunState.Queued,
        RunResourceState.Running => RunState.Running,
        RunResourceState.Waiting => RunState.Waiting,
        RunResourceState.Completed => RunState.Completed,
        RunResourceState.Partial => RunState.Partial,
        RunResourceState.Failed => RunState.Failed,
        RunResourceState.Cancelled => RunState.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Not a state of a run."),
    };
}
