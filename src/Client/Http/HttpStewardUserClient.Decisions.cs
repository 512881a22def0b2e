using System.Globalization;
using System.Text.Json;
using Steward.Errors;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Client.Http;

/// <content>Copies, traces, decisions and dead letters.</content>
internal sealed partial class HttpStewardUserClient
{
    /// <inheritdoc/>
    public async Task<SessionInfo> ForkSessionAsync(string sourceSessionId, long throughSequence, string? sessionId = null, string? title = null, CancellationToken cancellationToken = default)
    {
        InputRules.SessionId(sourceSessionId);
        InputRules.ThroughSequence(throughSequence);
        InputRules.Title(title);
        sessionId ??= NewId("s-");
        InputRules.SessionId(sessionId);
        var body = new ForkSessionRequest { ThroughSequence = throughSequence, Title = title, SessionId = sessionId };
        return WireMapping.ToContract(await SendAsync(
            "session.fork",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, $"v1/sessions/{sourceSessionId}/fork") { Content = Body(body, ClientWireJson.Default.ForkSessionRequest) },
            ClientWireJson.Default.SessionResource,
            cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<string> GetRunTraceAsync(string runId, bool includePrompts = false, CancellationToken cancellationToken = default)
    {
        InputRules.RunId(runId);
        var trace = await SendAsync(
            "run.read-trace",
            changes: false,
            () => new HttpRequestMessage(HttpMethod.Get, $"v1/runs/{runId}/trace{(includePrompts ? "?prompts=true" : "")}"),
            ClientWireJson.Default.JsonDocument,
            cancellationToken);
        using (trace)
        {
            return trace.RootElement.GetRawText();
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunDecision>> GetDecisionsAsync(string runId, CancellationToken cancellationToken = default)
    {
        InputRules.RunId(runId);
        var list = await SendAsync(
            "run.get-decisions",
            changes: false,
            () => new HttpRequestMessage(HttpMethod.Get, $"v1/runs/{runId}/decisions"),
            ClientWireJson.Default.DecisionListResource,
            cancellationToken);
        return [.. list.Decisions.Select(DecisionMapping.ToContract)];
    }

    /// <inheritdoc/>
    public async Task<RunStatus> DecideAsync(string runId, MakeDecision decision, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(decision);
        InputRules.RunId(runId);
        InputRules.Decision(decision);
        var body = new DecideRequest { Decision = decision.Decision, SubjectHash = decision.SubjectHash, Comment = decision.Comment, Plan = decision.Content is { } plan ? ParsePlan(plan) : null };
        return WireMapping.ToContract(await SendAsync(
            "run.decide",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, $"v1/runs/{runId}/decisions/{Uri.EscapeDataString(decision.RequestId)}") { Content = Body(body, ClientWireJson.Default.DecideRequest) },
            ClientWireJson.Default.RunResource,
            cancellationToken,
            idempotent: false));
    }

    /// <inheritdoc/>
    public async Task<DeadLetterPage> ListDeadLettersAsync(long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        InputRules.Limit(limit);
        var page = await SendAsync(
            "dead-letters.list",
            changes: false,
            () => new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"v1/dead-letters?after={afterSequence}&limit={limit}")),
            ClientWireJson.Default.DeadLetterPageResource,
            cancellationToken);
        return new DeadLetterPage { Letters = [.. page.DeadLetters.Select(DecisionMapping.ToContract)], NextAfterSequence = page.NextAfter, Depth = page.Depth };
    }

    /// <inheritdoc/>
    public async Task<DeadLetter> GetDeadLetterAsync(string runId, CancellationToken cancellationToken = default)
    {
        InputRules.RunId(runId);
        return DecisionMapping.ToContract(await SendAsync(
            "dead-letters.find",
            changes: false,
            () => new HttpRequestMessage(HttpMethod.Get, $"v1/dead-letters/{runId}"),
            ClientWireJson.Default.DeadLetterResource,
            cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<RunStatus> ReplayRunAsync(string runId, int? attempt = null, CancellationToken cancellationToken = default)
    {
        InputRules.RunId(runId);
        InputRules.Attempt(attempt);
        return WireMapping.ToContract(await SendAsync(
            "run.replay",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, $"v1/dead-letters/{runId}/replay") { Content = Body(new ReplayRequest { Attempt = attempt }, ClientWireJson.Default.ReplayRequest) },
            ClientWireJson.Default.RunResource,
            cancellationToken,
            idempotent: false));
    }

    /// <inheritdoc/>
    public async Task<RunStatus> CloseDeadLetterAsync(string runId, string? comment = null, CancellationToken cancellationToken = default)
    {
        InputRules.RunId(runId);
        InputRules.Comment(comment, "reason");
        return WireMapping.ToContract(await SendAsync(
            "run.close-dead-letter",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, $"v1/dead-letters/{runId}/close") { Content = Body(new CloseDeadLetterRequest { Reason = comment }, ClientWireJson.Default.CloseDeadLetterRequest) },
            ClientWireJson.Default.RunResource,
            cancellationToken));
    }

    private static JsonElement ParsePlan(string plan)
    {
        try
        {
            using var document = JsonDocument.Parse(plan);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, "plan: must be JSON.", exception) { Field = "plan" };
        }
    }
}
