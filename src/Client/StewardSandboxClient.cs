using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Steward.Errors;
using Steward.Identity;
using Steward.Sandbox;

namespace Steward.Client;

/// <summary>One person's executions over grain calls.</summary>
internal sealed class StewardSandboxClient(IGrainFactory grains, CallEnvelope envelope, CallerIdentity identity, RetryingCaller caller, TimeProvider time) : ISandboxClient
{
    private const int MaxFailures = 8;
    private readonly SignedCaller _calls = new(envelope, caller);

    /// <inheritdoc/>
    public ISnippetClient Snippets => field ??= new StewardSnippetClient(grains, _calls, identity);

    /// <inheritdoc/>
    public Task<SandboxExecution> StartAsync(StartSandboxExecution command, string? operationId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (operationId is not null)
        {
            InputRules.OperationId(operationId);
        }

        // Of the person and the operation: the same operation is the same execution, and nobody can guess another one's.
        var seed = operationId is null ? RandomNumberGenerator.GetBytes(32) : Encoding.UTF8.GetBytes($"{identity.UserId}\n{operationId}");
        return CallAsync("sandbox.start", changes: true, "x-" + Convert.ToHexStringLower(SHA256.HashData(seed))[..32], command, static (lease, command, token) => lease.Start(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SandboxExecution> GetAsync(string executionId, CancellationToken cancellationToken = default) =>
        await CallAsync("sandbox.get", changes: false, executionId, 0, static (lease, _, token) => lease.Get(token), cancellationToken) ?? throw StewardException.NotFound("The execution");

    /// <inheritdoc/>
    public Task<SandboxExecution> CancelAsync(string executionId, CancellationToken cancellationToken = default) =>
        CallAsync("sandbox.cancel", changes: true, executionId, 0, static (lease, _, token) => lease.Cancel(token), cancellationToken);

    /// <inheritdoc/>
    public async Task<byte[]> ReadFileAsync(string executionId, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return await CallAsync("sandbox.read-file", changes: false, executionId, name, static (lease, name, token) => lease.ReadFile(name, token), cancellationToken) ?? throw StewardException.NotFound("The file");
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SandboxEvent> WatchAsync(string executionId, long afterSequence = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var lease = Lease(executionId);
        var (last, failures) = (afterSequence, 0);
        while (true)
        {
            Exception? failure = null;
            envelope.Attach();
            var events = lease.Watch(last, cancellationToken).GetAsyncEnumerator(cancellationToken);
            try
            {
                while (true)
                {
                    try
                    {
                        envelope.Attach();
                        if (!await events.MoveNextAsync())
                        {
                            yield break;
                        }
                    }
#pragma warning disable CA1031 // Each failure becomes either a resumption or the one kind of error that callers know.
                    catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
                    {
                        failure = exception;
                        break;
                    }

                    (last, failures) = (events.Current.Sequence, 0);
                    yield return events.Current;
                    if (events.Current.EndsExecution)
                    {
                        yield break;
                    }
                }
            }
            finally
            {
                await events.DisposeQuietlyAsync(envelope.Attach);
            }

            if (!caller.IsTransient(failure) || failures >= MaxFailures)
            {
                throw CallFailures.ToError(failure, changes: false);
            }

            await Task.Delay(caller.DelayAfter(failures++, failure), time, cancellationToken);
        }
    }

    private ISandboxLeaseGrain Lease(string executionId) => grains.GetGrain<ISandboxLeaseGrain>(GrainKeys.SandboxLease(identity.TenantId, executionId));

    private Task<TResult> CallAsync<TState, TResult>(
        string name, bool changes, string executionId, TState state, Func<ISandboxLeaseGrain, TState, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken) =>
        _calls.CallAsync(name, idempotent: true, changes, Lease(executionId), state, call, cancellationToken);
}
