using System.Collections.Concurrent;
using Steward.Errors;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Imports;

/// <summary>Triage that notes the labels that it gets, by tenant and ticket, and fails or refuses as it is told.</summary>
internal sealed class NotedLabels : IImportedLabels
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, TriageLabel>> _tenants = new();
    private readonly ConcurrentDictionary<string, int> _handed = new();
    private readonly ConcurrentDictionary<string, Func<int, StewardException?>> _failures = new();

    /// <summary>The labels of a tenant by ticket.</summary>
    public ConcurrentDictionary<string, TriageLabel> Of(string tenant) => _tenants.GetOrAdd(tenant, _ => new());

    /// <summary>How many labels a tenant was handed, each time that one came.</summary>
    public int Handed(string tenant) => _handed.GetValueOrDefault(tenant);

    /// <summary>Whether to keep what comes; figures need only the count.</summary>
    public bool Keeps { get; set; } = true;

    /// <summary>Says with what a call fails, by how many labels came before; null for not at all.</summary>
    public void Fail(string tenant, Func<int, StewardException?> failure) => _failures[tenant] = failure;

    public Task<IReadOnlyList<TriageLabelResult>> LabelAsync(string tenantId, IReadOnlyList<TriageLabel> labels, CancellationToken cancellationToken)
    {
        if (_failures.TryGetValue(tenantId, out var failure) && failure(Handed(tenantId)) is { } error)
        {
            throw error;
        }

        _handed.AddOrUpdate(tenantId, labels.Count, (_, before) => before + labels.Count);
        var results = labels.Select(label => new TriageLabelResult { TicketId = label.TicketId, IsTaken = label.Label != "refused", Problem = label.Label == "refused" ? "label: is not one of the groups." : null }).ToList();
        if (Keeps)
        {
            foreach (var label in labels.Zip(results).Where(pair => pair.Second.IsTaken).Select(pair => pair.First))
            {
                Of(tenantId)[label.TicketId] = label;
            }
        }

        return Task.FromResult<IReadOnlyList<TriageLabelResult>>(results);
    }
}
