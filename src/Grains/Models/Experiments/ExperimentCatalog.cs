using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Steward.Identity;
using Steward.Models.Prompts;

namespace Steward.Models.Experiments;

/// <summary>What a tenant has under trial, as a silo knows it.</summary>
internal sealed record TenantTrials(IReadOnlyList<RunningExperiment> Experiments, IReadOnlyDictionary<string, PublishedPrompt> Prompts)
{
    public static TenantTrials None { get; } = new([], new Dictionary<string, PublishedPrompt>());
}

/// <summary>
/// A silo's copies of its tenants' experiments and prompts: read without waiting, taken again every few seconds (<see cref="Refresh"/>). A copy may be as old as that, and older while the grains cannot be reached. For many threads.
/// </summary>
internal sealed partial class ExperimentCatalog(IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<ExperimentCatalog> logger)
{
    /// <summary>How old a copy becomes.</summary>
    public static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    // A tenant that has asked for nothing for so long is forgotten.
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<string, Copy> _copies = new(StringComparer.Ordinal);

    /// <summary>The copy; the first one of a tenant is waited for a moment, then calls go on without.</summary>
    public ValueTask<TenantTrials> GetAsync(string tenantId, CancellationToken cancellationToken)
    {
        var copy = _copies.GetOrAdd(tenantId, static (id, catalog) => catalog.Begin(id), this);
        copy.AskedAt = time.GetTimestamp();
        return copy.First.IsCompletedSuccessfully ? new(copy.Current) : WaitAsync(copy, cancellationToken);
    }

    /// <summary>Takes all copies again.</summary>
    public async Task RefreshAsync()
    {
        foreach (var (tenantId, copy) in _copies)
        {
            if (time.GetElapsedTime(copy.AskedAt) > Forgotten)
            {
                _copies.TryRemove(tenantId, out _);
                continue;
            }

            await LoadAsync(tenantId, copy);
        }
    }

    /// <summary>The copies as they stand.</summary>
    public IEnumerable<(string TenantId, TenantTrials Trials)> All => _copies.Select(copy => (copy.Key, copy.Value.Current));

    private Copy Begin(string tenantId)
    {
        var copy = new Copy { AskedAt = time.GetTimestamp() };

        // The caller's identity and scheduler are not for this.
        using (ExecutionContext.SuppressFlow())
        {
            copy.First = Task.Run(() => LoadAsync(tenantId, copy));
        }

        return copy;
    }

    private async ValueTask<TenantTrials> WaitAsync(Copy copy, CancellationToken cancellationToken)
    {
        await ((Task)copy.First).WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return copy.Current;
    }

    private async Task LoadAsync(string tenantId, Copy copy)
    {
        try
        {
            platform.Assume(tenantId);
            var experiments = await grains.GetGrain<IExperimentIndexGrain>(GrainKeys.Experiments(tenantId)).ListRunning();
            platform.Assume(tenantId);
            var prompts = await grains.GetGrain<IPromptIndexGrain>(GrainKeys.Prompts(tenantId)).ListPublished();
            copy.Current = new TenantTrials(experiments, prompts.ToDictionary(prompt => prompt.Name, StringComparer.Ordinal));
        }
#pragma warning disable CA1031 // Whatever it is, the copy stays as it was until the next time.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogStale(logger, exception, tenantId);
        }
    }

    private sealed class Copy
    {
        public long AskedAt { get; set; }

        public Task First { get; set; } = Task.CompletedTask;

        public TenantTrials Current { get; set; } = TenantTrials.None;
    }

    [LoggerMessage(EventId = 7101, Level = LogLevel.Warning, Message = "The copy of the experiments and prompts of {TenantId} stays as it was")]
    private static partial void LogStale(ILogger logger, Exception exception, string tenantId);
}
