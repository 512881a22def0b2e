using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Gateway.Tests;

/// <summary>A cluster in memory, which tests drive event by event.</summary>
public sealed partial class FakeSteward : IStewardClient, ITenantAdministration
{
    public ConcurrentDictionary<string, FakeSession> Sessions { get; } = new();

    public ConcurrentDictionary<string, FakeRun> Runs { get; } = new();

    public ConcurrentDictionary<string, ApiKeyRecord> Keys { get; } = new();

    public FakeAutomation Automation { get; } = new();

    public FakeConnectors Connectors { get; } = new();

    public FakeApprovals Approvals { get; } = new();

    public FakeNotifications Notifications { get; } = new();

    public FakeTriage Triage { get; } = new();

    public FakeModelBudgets ModelBudgets { get; } = new();

    public FakeMemories Memories { get; } = new();

    public FakeSnippets Snippets { get; } = new();

    public FakeTenant Tenant { get; } = new();

    public ConcurrentQueue<CallerIdentity> Callers { get; } = new();

    public ConcurrentQueue<(string Session, string Text, string? OperationId, DateTimeOffset? Deadline, DoubleTexting? DoubleTexting)> Submitted { get; } = new();

    /// <summary>Thrown by the next call of a user.</summary>
    public Exception? FailNext { get; set; }

    public Exception? FailKeyLookUps { get; set; }

    public int KeyLookUps { get; private set; }

    public bool Unreachable { get; set; }

    public ITenantAdministration Tenants => this;

    public IStewardUserClient For(CallerIdentity identity)
    {
        Callers.Enqueue(identity);
        return new FakeUser(this, identity);
    }

    public FakeRun AddRun(string id, string tenant = "t-acme", string user = "u-ada", string session = "s-1") =>
        Runs[$"{tenant}/{id}"] = new FakeRun(id, $"{tenant}/{user}/{session}");

    public Task ConfigureAsync(string tenantId, TenantProfile profile, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<TenantProfile?> GetProfileAsync(string tenantId, CancellationToken cancellationToken = default) => Unreachable
        ? Task.FromException<TenantProfile?>(new StewardException(ErrorCodes.Unavailable, "The cluster cannot be reached now.") { IsRetryable = true })
        : Task.FromResult<TenantProfile?>(null);

    public Task AddApiKeyAsync(string tenantId, ApiKeyRecord key, CancellationToken cancellationToken = default)
    {
        Keys[$"{tenantId} {key.KeyId}"] = key;
        return Task.CompletedTask;
    }

    public Task<bool> RevokeApiKeyAsync(string tenantId, string keyId, CancellationToken cancellationToken = default) =>
        Task.FromResult(Keys.TryRemove($"{tenantId} {keyId}", out _));

    public Task<ApiKeyRecord?> FindApiKeyAsync(string tenantId, string keyId, CancellationToken cancellationToken = default)
    {
        KeyLookUps++;
        return FailKeyLookUps is { } failure ? Task.FromException<ApiKeyRecord?>(failure) : Task.FromResult(Keys.GetValueOrDefault($"{tenantId} {keyId}"));
    }

    private sealed partial class FakeUser(FakeSteward cluster, CallerIdentity identity) : IStewardUserClient
    {
        public IScheduleClient Schedules => cluster.Automation.SchedulesOf(identity, Fail);

        public IWebhookClient Webhooks => cluster.Automation.WebhooksOf(identity, Fail);

        public IConnectorClient Connectors => cluster.Connectors.Of(identity, Fail);

        public IApprovalClient Approvals => cluster.Approvals.Of(identity, Fail);

        public INotificationClient Notifications => cluster.Notifications.Of(identity, Fail);

        public ITriageClient Triage => cluster.Triage.Of(identity, Fail);

        public ITenantClient Tenant => cluster.Tenant.Of(identity, Fail);

        public IMemoryClient Memory => cluster.Memories.Of(identity, Fail);

        public ISandboxClient Sandbox => cluster.Snippets.Of(identity, Fail);

        public IModelBudgetClient ModelBudgets => cluster.ModelBudgets.Of(identity, Fail);

        public Task<SessionInfo> CreateSessionAsync(string? sessionId = null, string? title = null, CancellationToken cancellationToken = default)
        {
            Fail();
            sessionId ??= $"s-{Guid.NewGuid():N}";
            if (title is { Length: > 200 })
            {
                throw StewardException.Invalid("title", "must have at most 200 characters.");
            }

            return Task.FromResult(cluster.Sessions.GetOrAdd(Key(sessionId), _ => new FakeSession(sessionId, title)).Info);
        }

        public Task<SessionInfo> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default) => Task.FromResult(Session(sessionId).Info);

        public Task<TranscriptPage> ReadTranscriptPageAsync(string sessionId, long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default)
        {
            var messages = Session(sessionId).Messages.Where(message => message.Sequence > afterSequence).ToList();
            var page = messages.Take(limit).ToList();
            return Task.FromResult(new TranscriptPage { Messages = page, NextAfterSequence = messages.Count > page.Count ? page[^1].Sequence : null });
        }

        public async IAsyncEnumerable<TranscriptMessage> ReadTranscriptAsync(string sessionId, long afterSequence = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var message in (await ReadTranscriptPageAsync(sessionId, afterSequence, int.MaxValue, cancellationToken)).Messages)
            {
                yield return message;
            }
        }

        public Task<SubmitResult> SubmitAsync(
            string sessionId,
            string text,
            string? operationId = null,
            DateTimeOffset? deadline = null,
            DoubleTexting? doubleTexting = null,
            RunRequestOptions? options = null,
            bool watch = false,
            CancellationToken cancellationToken = default)
        {
            Fail();
            if (text.Length is 0 or > 32_000)
            {
                throw StewardException.Invalid("text", "must have 1 to 32,000 characters and not be blank.");
            }

            Session(sessionId);
            cluster.Options[operationId!] = options;
            cluster.Submitted.Enqueue((sessionId, text, operationId, deadline, doubleTexting));
            if (text == "busy")
            {
                return Task.FromResult(new SubmitResult { Outcome = SubmitOutcome.Busy, Reason = "The previous message is still being worked on." });
            }

            if (text == "flood")
            {
                return Task.FromResult(new SubmitResult { Outcome = SubmitOutcome.Overloaded, RetryAfter = TimeSpan.FromSeconds(20), Reason = "Too many wait." });
            }

            var runId = $"r-{operationId!.ToLowerInvariant()}";
            var first = !cluster.Runs.ContainsKey($"{identity.TenantId}/{runId}");
            var run = cluster.Runs.GetOrAdd($"{identity.TenantId}/{runId}", _ => new FakeRun(runId, Key(sessionId)));
            if (first && text != "slow")
            {
                run.Append("run.accepted", "{}");
                run.Append("answer.delta", """{"offset":0,"text":"Done."}""");
                run.End();
            }

            return Task.FromResult(new SubmitResult { Outcome = first ? SubmitOutcome.Started : SubmitOutcome.Duplicate, RunId = runId });
        }

        public Task<RunStatus> GetRunAsync(string runId, CancellationToken cancellationToken = default) => Task.FromResult(Run(runId).Status);

        public IAsyncEnumerable<RunEvent> WatchRunAsync(string runId, long afterSequence = 0, CancellationToken cancellationToken = default) => Run(runId).WatchAsync(afterSequence, cancellationToken);

        public IAsyncEnumerable<RunEvent> WatchOwnRunAsync(string runId, long afterSequence = 0, CancellationToken cancellationToken = default) => WatchRunAsync(runId, afterSequence, cancellationToken);

        public Task<RunStatus> CancelRunAsync(string runId, string? reason = null, CancellationToken cancellationToken = default)
        {
            var run = Run(runId);
            run.CancelReason = reason ?? "";
            return Task.FromResult(run.Status);
        }

        private string Key(string sessionId) => GrainKeys.Session(identity.TenantId, identity.UserId, sessionId);

        private FakeSession Session(string sessionId)
        {
            Fail();
            return cluster.Sessions.GetValueOrDefault(Key(sessionId)) ?? throw StewardException.NotFound("The session");
        }

        private FakeRun Run(string runId)
        {
            Fail();
            return cluster.Runs.GetValueOrDefault(GrainKeys.Run(identity.TenantId, runId)) is { } run && run.SessionKey.StartsWith($"{identity.TenantId}/{identity.UserId}/", StringComparison.Ordinal)
                ? run
                : throw StewardException.NotFound("The run");
        }

        private void Fail()
        {
            if (cluster.FailNext is { } failure)
            {
                cluster.FailNext = null;
                throw failure;
            }
        }
    }
}

public sealed class FakeSession(string id, string? title)
{
    public List<TranscriptMessage> Messages { get; } = [];

    public SessionInfo Info => new() { SessionId = id, Title = title, CreatedAt = DateTimeOffset.UnixEpoch, LastSequence = Messages.Count };

    public void Add(string role, string text) =>
        Messages.Add(new TranscriptMessage { Sequence = Messages.Count + 1, Role = role, Text = text, At = DateTimeOffset.UnixEpoch, RunId = "r-1", RunState = role == "user" ? null : RunState.Completed });
}

public sealed class FakeRun(string id, string sessionKey)
{
    private readonly Lock _lock = new();
    private readonly List<RunEvent> _events = [];
    private TaskCompletionSource _changed = NewSignal();
    private bool _ended;
    private int _watchers;

    public string SessionKey => sessionKey;

    public string? CancelReason { get; set; }

    /// <summary>What its status shows besides.</summary>
    public Func<RunStatus, RunStatus> Shows { get; set; } = status => status;

    /// <summary>Thrown to watchers when they would wait.</summary>
    public Exception? Breaks { get; set; }

    public int Watchers => Volatile.Read(ref _watchers);

    public RunStatus Status
    {
        get
        {
            lock (_lock)
            {
                return Shows(new RunStatus
                {
                    RunId = id,
                    State = _ended ? RunState.Completed : RunState.Running,
                    SessionKey = sessionKey,
                    RequestedAt = DateTimeOffset.UnixEpoch,
                    EndedAt = _ended ? DateTimeOffset.UnixEpoch : null,
                    Answer = _ended ? "Done." : "",
                    LastSequence = _events.Count,
                    Strategy = "playbook",
                    Usage = new RunUsage { ModelCalls = 1, InputTokens = 2, OutputTokens = 3, CostUsd = 0.5m },
                });
            }
        }
    }

    public void Append(string type, string data, bool last = false)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _events.Add(new RunEvent { Sequence = _events.Count + 1, Type = type, At = DateTimeOffset.UnixEpoch, Data = data });
            _ended |= last;
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    public void End() => Append("run.ended", """{"phase":"completed"}""", last: true);

    public async IAsyncEnumerable<RunEvent> WatchAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _watchers);
        try
        {
            while (true)
            {
                RunEvent? next;
                Task changed;
                lock (_lock)
                {
                    next = _events.Count > after ? _events[(int)after] : null;
                    changed = _changed.Task;
                    if (next is null && _ended)
                    {
                        yield break;
                    }
                }

                if (next is null)
                {
                    if (Breaks is { } failure)
                    {
                        throw failure;
                    }

                    await changed.WaitAsync(cancellationToken);
                    continue;
                }

                after = next.Sequence;
                yield return next;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _watchers);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
