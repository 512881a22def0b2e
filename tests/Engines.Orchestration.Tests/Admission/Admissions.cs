using Microsoft.Extensions.Options;
using Steward.Engines.Orchestration.Admission;

namespace Steward.Engines.Orchestration.Tests.Admission;

/// <summary>An admission with a clock that the test moves.</summary>
internal sealed class Admissions
{
    public Admissions(Action<AdmissionOptions>? configure = null)
    {
        var options = new AdmissionOptions { MaxConcurrentRuns = 4, MaxConcurrentRunsPerTenant = 4, MaxWaitingRunsPerTenant = 8 };
        configure?.Invoke(options);
        Options = options;
        Admission = new RunAdmission(Microsoft.Extensions.Options.Options.Create(options), Time);
    }

    public AdmissionOptions Options { get; }

    public ManualTimeProvider Time { get; } = new();

    public RunAdmission Admission { get; }

    public static AdmissionRequest Request(string tenant, string run, RunPriority priority = RunPriority.Interactive, double weight = 1) =>
        new(tenant, run) { Priority = priority, Weight = weight };

    /// <summary>Takes all slots for a tenant that is in nobody's way afterwards.</summary>
    public List<RunSlot> Fill(string tenant = "t-first")
    {
        var slots = new List<RunSlot>();
        while (Admission.TryEnter(Request(tenant, $"r-fill-{slots.Count}"), out var slot))
        {
            slots.Add(slot);
        }

        return slots;
    }

    public Task<RunSlot> Enter(string tenant, string run, RunPriority priority = RunPriority.Interactive, double weight = 1, CancellationToken cancellationToken = default) =>
        Admission.EnterAsync(Request(tenant, run, priority, weight), cancellationToken).AsTask();

    public static async Task<RunSlot> Granted(Task<RunSlot> entering)
    {
        // The grant itself is synchronous; only the continuation runs elsewhere.
        return await entering.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
