using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors;

/// <summary>
/// What people with the same roles see of a tenant's connectors. Worked out once for a list of instances: a tenant may have thousands of them, and each call and each run asks for it.
/// </summary>
internal sealed class ConnectorView
{
    // Roles come from tokens: whoever makes up ever new ones has theirs worked out each time.
    private const int MaxKept = 64;

    private static readonly ConditionalWeakTable<IReadOnlyList<ResolvedInstance>, ConcurrentDictionary<string, ConnectorView>> Known = [];

    private readonly ITenantConnectors _configured;

    private ConnectorView(ITenantConnectors configured, IReadOnlyList<ResolvedInstance> instances, ConnectorCaller? caller)
    {
        _configured = configured;
        Instances = instances.ToFrozenDictionary(target => target.Instance.Name, StringComparer.Ordinal);
        var usable = instances
            .SelectMany(target => InstanceOperations.Of(target).All
                .Where(operation => InstanceOperations.MayUse(target.Instance, operation.Template.Id, caller) && McpOperations.MayUse(target.Template, operation.Template.Id, caller))
                .Select(operation => new Usable(target, operation.Template, operation.Operation)))
            .ToList();
        Usables = usable.ToFrozenDictionary(operation => operation.Operation.Id, StringComparer.Ordinal);
        Operations = [.. configured.Operations
            .Where(operation => !Instances.ContainsKey(operation.Connector))
            .Concat(usable.Select(operation => operation.Operation))
            .OrderBy(operation => operation.Id, StringComparer.Ordinal)];
    }

    /// <summary>The instances by name.</summary>
    public FrozenDictionary<string, ResolvedInstance> Instances { get; }

    /// <summary>The instances' operations that may be used, by id.</summary>
    public FrozenDictionary<string, Usable> Usables { get; }

    /// <summary>All operations that may be used, those of configured connectors too, by id.</summary>
    public IReadOnlyList<ConnectorOperation> Operations { get; }

    /// <summary>What somebody sees.</summary>
    /// <param name="configured">The connectors of the configuration.</param>
    /// <param name="instances">The tenant's instances: the same list as long as none of them has changed.</param>
    /// <param name="caller">Who; null for the platform itself.</param>
    public static ConnectorView Of(ITenantConnectors configured, IReadOnlyList<ResolvedInstance> instances, ConnectorCaller? caller)
    {
        var kept = Known.GetValue(instances, static _ => new ConcurrentDictionary<string, ConnectorView>(StringComparer.Ordinal));

        // With their lengths, so that no two sets of roles have the same key, whatever characters are in them.
        var key = caller is null ? "" : string.Concat(caller.Roles.Order(StringComparer.Ordinal).Select(role => $"{role.Length}:{role}").Prepend("roles "));
        if (kept.TryGetValue(key, out var view) && IsSame(view._configured, configured))
        {
            return view;
        }

        view = new ConnectorView(configured, instances, caller);
        if (kept.Count < MaxKept || kept.ContainsKey(key))
        {
            kept[key] = view;
        }

        return view;
    }

    // Of a tenant that the configuration does not name, everybody has another object without anything in it.
    private static bool IsSame(ITenantConnectors left, ITenantConnectors right) => ReferenceEquals(left, right) || (left.Operations.Count == 0 && right.Operations.Count == 0);

    /// <summary>An operation of an instance.</summary>
    /// <param name="Target">The instance.</param>
    /// <param name="Template">What its template says of it.</param>
    /// <param name="Operation">How agents see it.</param>
    internal sealed record Usable(ResolvedInstance Target, OperationTemplate Template, ConnectorOperation Operation);
}
