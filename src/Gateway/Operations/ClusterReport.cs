using System.Reflection;

namespace Steward.Gateway.Operations;

/// <summary>How a gateway apart from the silos is connected. What the silos can do is theirs to report.</summary>
internal sealed class ClusterReport : ICapabilityReport
{
    private static readonly CapabilityStatus Status = new() { State = CapabilityState.Configured, Detail = $"client of a cluster, packages {Version()}" };

    /// <inheritdoc/>
    public string Name => "orleans";

    /// <inheritdoc/>
    public ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(Status);

    private static string Version() =>
        typeof(IGrain).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
