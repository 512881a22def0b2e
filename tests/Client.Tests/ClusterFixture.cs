using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Steward.Approvals;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Client.Tests;

/// <summary>A silo with small grains that do what a test tells them, and the client beside it.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private IHost? _host;

    public IStewardClient Client => _host!.Services.GetRequiredService<IStewardClient>();

    internal GrainScript Script => _host!.Services.GetRequiredService<GrainScript>();

    public async Task InitializeAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), FreePort(), serviceId: "client-tests", clusterId: "client-tests");
            silo.AddIncomingGrainCallFilter<EnvelopeFilter>();
        });
        builder.Services.AddSingleton(new ClusterKeyRing([new byte[32]]));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IdentityEnvelopeSigner>();
        builder.Services.AddSingleton<GrainScript>();
        builder.Services.AddStewardClient(options =>
        {
            options.RetryBaseDelay = TimeSpan.FromMilliseconds(1);
            options.RetryMaxDelay = TimeSpan.FromMilliseconds(20);
            options.RetryBudget = TimeSpan.FromSeconds(2);
        });
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

/// <summary>What the grains hold and what goes wrong in them.</summary>
internal sealed class GrainScript
{
    private readonly ConcurrentDictionary<string, int> _calls = new();

    public ConcurrentDictionary<string, SessionInfo> Sessions { get; } = new();

    public ConcurrentDictionary<string, RunStatus> Runs { get; } = new();

    public ConcurrentDictionary<string, TenantProfile> Tenants { get; } = new();

    public ConcurrentDictionary<string, string> Operations { get; } = new();

    /// <summary>Requests for approvals by key, with who handed them in.</summary>
    public ConcurrentDictionary<string, (string By, SubmitApproval Command)> Approvals { get; } = new();

    /// <summary>Failures to throw before a method does its work, by key and method.</summary>
    public ConcurrentDictionary<string, ConcurrentQueue<Exception>> Failures { get; } = new();

    /// <summary>After how many events a subscription of the run ends its activation.</summary>
    public ConcurrentDictionary<string, ConcurrentQueue<int>> Deactivations { get; } = new();

    /// <summary>Grain calls without a valid envelope of the key's tenant, with their interface.</summary>
    public ConcurrentQueue<string> Refused { get; } = new();

    public int Calls(string key, string method) => _calls.GetValueOrDefault($"{key} {method}");

    public void Called(string key, string method)
    {
        _calls.AddOrUpdate($"{key} {method}", 1, (_, count) => count + 1);
        if (Failures.TryGetValue($"{key} {method}", out var failures) && failures.TryDequeue(out var failure))
        {
            throw failure;
        }
    }

    public void FailNext(string key, string method, params Exception[] failures) => Failures[$"{key} {method}"] = new ConcurrentQueue<Exception>(failures);

    public ConcurrentQueue<SubmitMessage> Submitted { get; } = new();

    public void AddRun(string key, string sessionKey, int events) => Runs[key] = new RunStatus
    {
        RunId = GrainKeys.LastPart(key),
        State = RunState.Completed,
        SessionKey = sessionKey,
        RequestedAt = DateTimeOffset.UnixEpoch,
        LastSequence = events,
    };
}

/// <summary>Checks each call as a silo of the product does.</summary>
internal sealed class EnvelopeFilter(GrainScript script, IdentityEnvelopeSigner signer) : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context)
    {
        var key = context.TargetId.Key.ToString()!;
        if (key.StartsWith("t-", StringComparison.Ordinal)
            && (!signer.TryVerify(RequestContext.Get(IdentityContext.Key) as string, out var identity, out _) || identity.TenantId != GrainKeys.TenantOf(key)))
        {
            script.Refused.Enqueue($"{context.InterfaceName} {key}");
            throw new StewardException(ErrorCodes.Unauthenticated, "no envelope");
        }

        return context.Invoke();
    }
}

internal sealed class ScriptedSessionGrain(GrainScript script) : Grain, ISessionGrain
{
    private string Key => this.GetPrimaryKeyString();

    public Task<SessionInfo> Open(OpenSession command, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(Open));
        return Task.FromResult(script.Sessions.GetOrAdd(Key, key => new SessionInfo { SessionId = GrainKeys.LastPart(key), Title = command.Title, CreatedAt = DateTimeOffset.UnixEpoch }));
    }

    public Task<SubmitResult> Submit(SubmitMessage command, CancellationToken cancellationToken = default)
    {
        // Done before the failure, as when only the answer is lost.
        var runId = $"r-{Guid.NewGuid():N}";
        var first = script.Operations.TryAdd($"{Key} {command.OperationId}", runId);
        runId = script.Operations[$"{Key} {command.OperationId}"];
        if (command.Text != "later")
        {
            script.AddRun($"{GrainKeys.TenantOf(Key)}/{runId}", Key, 3);
        }

        script.Submitted.Enqueue(command);
        script.Called(Key, nameof(Submit));
        return Task.FromResult(command.Text == "busy"
            ? new SubmitResult { Outcome = SubmitOutcome.Busy, Reason = "one at a time" }
            : new SubmitResult { Outcome = first ? SubmitOutcome.Started : SubmitOutcome.Duplicate, RunId = runId, StartsLater = command.Text == "later" });
    }

    public Task<SessionInfo?> GetInfo(CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(GetInfo));
        return Task.FromResult(script.Sessions.GetValueOrDefault(Key));
    }

    public Task<TranscriptPage> ReadTranscript(long afterSequence, int limit, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(ReadTranscript));
        var last = Math.Min(450, afterSequence + limit);
        var messages = new List<TranscriptMessage>();
        for (var sequence = afterSequence + 1; sequence <= last; sequence++)
        {
            messages.Add(new TranscriptMessage { Sequence = sequence, Role = "user", Text = "m", At = DateTimeOffset.UnixEpoch, RunId = "r-1" });
        }

        return Task.FromResult(new TranscriptPage { Messages = messages, NextAfterSequence = last < 450 ? last : null });
    }

    public Task<SessionInfo> Fork(ForkSession command, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(Fork));
        return Task.FromResult(script.Sessions.GetOrAdd(Key, key => new SessionInfo { SessionId = GrainKeys.LastPart(key), Title = command.Title, CreatedAt = DateTimeOffset.UnixEpoch, ForkedFrom = command.SourceSessionId }));
    }

    public Task<int?> GetQueuePosition(string runId, CancellationToken cancellationToken = default) => Task.FromResult<int?>(null);

    public Task<SessionContext?> Recall(string runId, CancellationToken cancellationToken = default) => Task.FromResult<SessionContext?>(null);

    public Task<bool> Retire(DateTimeOffset quietSince, CancellationToken cancellationToken = default) => Task.FromResult(false);

    public Task<bool> RetireThrough(long sequence, CancellationToken cancellationToken = default) => Task.FromResult(false);

    public Task RunEnded(RunReport report, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task Resume(CancellationToken cancellationToken = default) => Task.CompletedTask;
}

internal sealed class ScriptedRunGrain(GrainScript script) : Grain, IRunGrain
{
    private string Key => this.GetPrimaryKeyString();

    public Task<RunExchange?> GetExchange(CancellationToken cancellationToken = default) => Task.FromResult<RunExchange?>(null);

    public Task Start(StartRun command, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<bool> Confirm(string ticket, bool isDurable, CancellationToken cancellationToken = default) => Task.FromResult(true);

    public Task<RunStatus?> GetStatus(CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(GetStatus));
        return Task.FromResult(script.Runs.GetValueOrDefault(Key));
    }

    public async IAsyncEnumerable<RunEventBatch> WatchBatches(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var runEvent in Watch(afterSequence, cancellationToken))
        {
            yield return new RunEventBatch { Events = new[] { runEvent } };
        }
    }

    public async IAsyncEnumerable<RunEvent> Watch(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(Watch));
        var total = script.Runs[Key].LastSequence;
        var deactivateAfter = script.Deactivations.TryGetValue(Key, out var planned) && planned.TryDequeue(out var count) ? count : int.MaxValue;
        for (var sequence = afterSequence + 1; sequence <= total; sequence++)
        {
            if (deactivateAfter-- == 0)
            {
                // The calls that are under way still get their answer; the enumeration is gone with the activation.
                DeactivateOnIdle();
            }

            // Lets the caller take this event before the next one is there, so that enumerations take several calls.
            await Task.Delay(1, cancellationToken);
            yield return new RunEvent
            {
                Sequence = sequence,
                Type = sequence == total ? "run.ended" : "answer.delta",
                At = DateTimeOffset.UnixEpoch,
                Data = "{}",
            };
        }
    }

    public Task<RunStatus?> Cancel(CancelRun command, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(Cancel));
        return Task.FromResult(script.Runs.GetValueOrDefault(Key));
    }

    public Task Resume(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task SettleApproval(ApprovalSettled command, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<RunStatus?> Decide(MakeDecision command, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(Decide));
        return Task.FromResult(script.Runs.GetValueOrDefault(Key));
    }

    public Task<IReadOnlyList<RunDecision>> GetDecisions(CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(GetDecisions));
        return Task.FromResult<IReadOnlyList<RunDecision>>([]);
    }

    public Task<RunStatus?> Replay(ReplayRun command, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(Replay));
        return Task.FromResult(script.Runs.GetValueOrDefault(Key));
    }

    public Task<RunStatus?> CloseDeadLetter(CloseDeadLetter command, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(CloseDeadLetter));
        return Task.FromResult(script.Runs.GetValueOrDefault(Key));
    }

    public Task<string?> ReadTrace(bool includePrompts, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(ReadTrace));
        return Task.FromResult<string?>(script.Runs.ContainsKey(Key) ? "{}" : null);
    }

    public Task<bool> Retire(DateTimeOffset endedBefore, CancellationToken cancellationToken = default) => Task.FromResult(false);
}

internal sealed class ScriptedTenantGrain(GrainScript script) : Grain, ITenantGrain
{
    private string Key => this.GetPrimaryKeyString();

    public Task Configure(TenantProfile profile, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(Configure));
        script.Tenants[Key] = profile;
        return Task.CompletedTask;
    }

    public Task<TenantProfile?> GetProfile(CancellationToken cancellationToken = default) => Task.FromResult(script.Tenants.GetValueOrDefault(Key));

    public Task<TenantProfile> GetSettings(CancellationToken cancellationToken = default) => Task.FromResult(script.Tenants[Key]);

    public Task<TenantProfile> Prefer(TenantPreferences preferences, CancellationToken cancellationToken = default) =>
        Task.FromResult(script.Tenants[Key] = script.Tenants[Key] with { DoubleTexting = preferences.DoubleTexting, RetentionDays = preferences.RetentionDays });

    public Task AddApiKey(ApiKeyRecord key, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(AddApiKey));
        return Task.CompletedTask;
    }

    public Task<bool> RevokeApiKey(string keyId, CancellationToken cancellationToken = default)
    {
        script.Called(Key, nameof(RevokeApiKey));
        return Task.FromResult(true);
    }

    public Task<ApiKeyRecord?> FindApiKey(string keyId, CancellationToken cancellationToken = default) => Task.FromResult<ApiKeyRecord?>(null);
}
