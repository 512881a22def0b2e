using System.Collections.Concurrent;
using Steward.Runs;

namespace Steward.Grains.Tests.Hosting;

/// <summary>Wants to know of all runs of the tenants that it is set on, and fails or hangs as it is told.</summary>
internal sealed class UnsteadyHook : IRunEndHook
{
    private readonly ConcurrentDictionary<string, Func<string, Task>> _tenants = new();

    /// <summary>What it was told and took: the tenant, the run, and the occasion or "ended".</summary>
    public ConcurrentQueue<(string Tenant, string RunId, string What)> Told { get; } = new();

    /// <summary>Sets it on a tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="reach">Runs before each of its answers, and is told which: "wants", "ended" or the occasion on which a run waits. Throws to fail.</param>
    public void SetOn(string tenant, Func<string, Task> reach) => _tenants[tenant] = reach;

    public async ValueTask<bool> WantsAllOfAsync(string tenantId)
    {
        if (!_tenants.TryGetValue(tenantId, out var reach))
        {
            return false;
        }

        await reach("wants");
        return true;
    }

    public bool AppliesTo(RunOrigin origin) => origin.TellsTenant;

    public Task OnEndedAsync(string tenantId, RunOrigin origin, RunStatus status, CancellationToken cancellationToken) => TakeAsync(tenantId, status.RunId, "ended");

    public Task OnWaitingAsync(string tenantId, RunOrigin origin, RunStatus status, string occasion, CancellationToken cancellationToken) => TakeAsync(tenantId, status.RunId, occasion);

    private async Task TakeAsync(string tenantId, string runId, string what)
    {
        if (_tenants.TryGetValue(tenantId, out var reach))
        {
            await reach(what);
            Told.Enqueue((tenantId, runId, what));
        }
    }
}
