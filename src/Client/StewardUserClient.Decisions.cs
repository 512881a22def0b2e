using Steward.Errors;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Client;

/// <content>Copies, traces, decisions and dead letters.</content>
internal sealed partial class StewardUserClient
{
    /// <inheritdoc/>
    public Task<SessionInfo> ForkSessionAsync(string sourceSessionId, long throughSequence, string? sessionId = null, string? title = null, CancellationToken cancellationToken = default)
    {
        InputRules.SessionId(sourceSessionId);
        InputRules.ThroughSequence(throughSequence);
        InputRules.Title(title);
        sessionId ??= NewId("s-");
        var command = new ForkSession { SourceSessionId = sourceSessionId, ThroughSequence = throughSequence, Title = title };
        return CallAsync("session.fork", changes: true, Session(sessionId), command, static (session, command, token) => session.Fork(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string> GetRunTraceAsync(string runId, bool includePrompts = false, CancellationToken cancellationToken = default) =>
        await CallAsync("run.read-trace", changes: false, Run(runId), includePrompts, static (run, prompts, token) => run.ReadTrace(prompts, token), cancellationToken)
        ?? throw StewardException.NotFound("The run");

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunDecision>> GetDecisionsAsync(string runId, CancellationToken cancellationToken = default) =>
        CallAsync("run.get-decisions", changes: false, Run(runId), 0, static (run, _, token) => run.GetDecisions(token), cancellationToken);

    /// <inheritdoc/>
    public async Task<RunStatus> DecideAsync(string runId, MakeDecision decision, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(decision);
        InputRules.Decision(decision);

        // Sent once: whether it counted is looked up with GetDecisionsAsync, by whoever knows what was meant.
        return await CallOnceAsync("run.decide", Run(runId), decision, static (run, command, token) => run.Decide(command, token), cancellationToken)
            ?? throw StewardException.NotFound("The run");
    }

    /// <inheritdoc/>
    public Task<DeadLetterPage> ListDeadLettersAsync(long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        InputRules.Limit(limit);
        return CallAsync(
            "dead-letters.list",
            changes: false,
            DeadLetters,
            (afterSequence, limit),
            static (letters, page, token) => letters.List(page.afterSequence, page.limit, token),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<DeadLetter> GetDeadLetterAsync(string runId, CancellationToken cancellationToken = default)
    {
        InputRules.RunId(runId);
        return await CallAsync("dead-letters.find", changes: false, DeadLetters, runId, static (letters, runId, token) => letters.Find(runId, token), cancellationToken)
            ?? throw StewardException.NotFound("The dead letter");
    }

    /// <inheritdoc/>
    public async Task<RunStatus> ReplayRunAsync(string runId, int? attempt = null, CancellationToken cancellationToken = default)
    {
        InputRules.Attempt(attempt);
        return await CallOnceAsync("run.replay", Run(runId), new ReplayRun { Attempt = attempt }, static (run, command, token) => run.Replay(command, token), cancellationToken)
            ?? throw StewardException.NotFound("The run");
    }

    /// <inheritdoc/>
    public async Task<RunStatus> CloseDeadLetterAsync(string runId, string? comment = null, CancellationToken cancellationToken = default)
    {
        InputRules.Comment(comment, "reason");
        return await CallAsync(
            "run.close-dead-letter",
            changes: true,
            Run(runId),
            new CloseDeadLetter { Comment = comment },
            static (run, command, token) => run.CloseDeadLetter(command, token),
            cancellationToken) ?? throw StewardException.NotFound("The run");
    }

    private IDeadLettersGrain DeadLetters => grains.GetGrain<IDeadLettersGrain>(GrainKeys.DeadLetters(identity.TenantId));

    private Task<TResult> CallOnceAsync<TGrain, TState, TResult>(
        string operation,
        TGrain grain,
        TState state,
        Func<TGrain, TState, CancellationToken, Task<TResult>> call,
        CancellationToken cancellationToken) =>
        _calls.CallAsync(operation, idempotent: false, changes: true, grain, state, call, cancellationToken);
}
