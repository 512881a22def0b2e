using Microsoft.Extensions.Logging;
using Steward.Engines.Sandboxing;
using Steward.Identity;
using Steward.Tenants;

namespace Steward.Sandbox;

/// <summary>What an execution came to, with the bytes of its files.</summary>
/// <param name="State">The state it ends in.</param>
/// <param name="Result">The result.</param>
/// <param name="Contents">The bytes of the result's files, in their order.</param>
internal sealed record LeaseOutcome(SandboxState State, SandboxResult Result, IReadOnlyList<ReadOnlyMemory<byte>> Contents)
{
    /// <summary>An outcome that is nothing but its reason.</summary>
    public static LeaseOutcome Of(SandboxState state, string code, string reason) => new(state, new SandboxResult { Code = code, Reason = reason }, []);
}

/// <summary>Runs code: Python and shell in the silo's pool, SQL at the tenant's data source.</summary>
internal sealed partial class LeaseWork(IEnumerable<ISandboxPool> pools, PersonDataFactory data, TenantShares shares, TimeProvider time, ILogger<LeaseWork> logger)
{
    // What a journal's contents can hold.
    private const int FileBytes = 15 << 20;
    private const int ResultBytes = 4 << 20;

    // For what is asked for while the process starts; sandboxes that take longer are not waited for.
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    private readonly ISandboxPool? _pool = pools.FirstOrDefault();
    private readonly Lock _gate = new();
    private Task? _started;

    /// <summary>Whether code of several tenants can be run here now.</summary>
    public bool IsAvailable => _pool?.Providers.Any(provider => provider.Availability is { IsAvailable: true, MultiTenant: true }) == true;

    /// <summary>Completes once it is known what can be run here. A run that goes on after a restart has the tools that it had.</summary>
    public Task WhenStartedAsync()
    {
        lock (_gate)
        {
            return _started ??= StartAsync();
        }
    }

    /// <summary>Runs it to its end, whatever that is.</summary>
    public async Task<LeaseOutcome> RunAsync(string executionId, StartSandboxExecution command, CallerIdentity person, LeaseEvents events, CancellationToken cancellationToken)
    {
        try
        {
            var job = Job(executionId, command, person);
            var broker = data.For(person, executionId, command.Deadline);
            if (command.Language == "sql")
            {
                events.Started("data");
                return LeaseOutcomes.OfSql(await broker.SqlAsync(job, command.Code, default, cancellationToken));
            }

            return _pool is null
                ? LeaseOutcome.Of(SandboxState.Failed, SandboxCodes.NotAvailable, "Code cannot be run here: no sandbox is configured.")
                : LeaseOutcomes.Of(await _pool.ExecuteAsync(job, events, broker, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return LeaseOutcome.Of(SandboxState.Cancelled, SandboxCodes.Cancelled, "It was stopped.");
        }
#pragma warning disable CA1031 // Whoever waits has to learn that it is over, whatever it was.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            LogDefect(logger, defect, executionId);
            return LeaseOutcome.Of(SandboxState.Failed, "internal", "It could not be carried out because of a defect.");
        }
    }

    private async Task StartAsync()
    {
        foreach (var provider in _pool?.Providers ?? [])
        {
            await provider.StartAsync(CancellationToken.None).WaitAsync(StartPatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private SandboxJob Job(string executionId, StartSandboxExecution command, CallerIdentity person) => new()
    {
        ExecutionId = executionId,
        Tenant = person.TenantId,
        Profile = command.Language == "shell" ? SandboxProfile.Shell : SandboxProfile.Python,
        Code = command.Code,
        Files = [.. command.Files.Select(file => new SandboxFile(file.Name, file.Content))],
        Limits = (command.IsBackground ? SandboxLimits.Background : SandboxLimits.Interactive) with { FileBytes = FileBytes, ResultBytes = ResultBytes },
        Priority = command.IsBackground ? 0 : 10,
        Weight = shares.Of(person.TenantId)?.SharingWeight ?? 1,
    };

    [LoggerMessage(EventId = 6401, Level = LogLevel.Error, Message = "The execution {Execution} failed")]
    private static partial void LogDefect(ILogger logger, Exception exception, string execution);
}
