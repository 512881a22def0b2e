using System.Runtime.CompilerServices;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Instances;

/// <summary>The operations of one instance as agents and playbooks see them, made once for each version of it.</summary>
public sealed class InstanceOperations
{
    private static readonly ConditionalWeakTable<ResolvedInstance, InstanceOperations> Known = [];

    private InstanceOperations(ResolvedInstance target)
    {
        Target = target;
        All = [.. target.Template.Operations
            .Where(operation => IsEnabled(target.Instance, operation) || McpOperations.IsAlwaysOn(target.Template, operation.Id))
            .Select(operation => new InstanceOperation(operation, new ConnectorOperation
            {
                Id = $"{target.Instance.Name}.{operation.Id}",
                Connector = target.Instance.Name,
                Description = operation.Summary + InstanceChoices.Hints(target, operation),
                Effect = operation.Effect,
                InputSchema = Templates.InputSchema.Of(operation),
                RequiresApproval = operation.RequiresApproval,
                GrantedRoles = target.Instance.Access.GetValueOrDefault(operation.Id),
                CanDryRun = operation.DryRun is not null,
                Choices = InstanceChoices.Of(target, operation),
                UndoneBy = UndoOf(target, operation) is { } undo ? $"{target.Instance.Name}.{undo.Id}" : null,
            }))];
    }

    /// <summary>The instance.</summary>
    public ResolvedInstance Target { get; }

    /// <summary>The operations that are switched on, in the template's order.</summary>
    public IReadOnlyList<InstanceOperation> All { get; }

    /// <summary>The operations of an instance.</summary>
    public static InstanceOperations Of(ResolvedInstance target) => Known.GetValue(target, static target => new InstanceOperations(target));

    /// <summary>Whether an operation is switched on: by name, or, where the tenant has chosen none, because it only reads and the template does not leave it to the administrator.</summary>
    public static bool IsEnabled(ConnectorInstance instance, OperationTemplate operation)
    {
        ArgumentNullException.ThrowIfNull(instance);
        ArgumentNullException.ThrowIfNull(operation);
        return instance.Operations?.Contains(operation.Id, StringComparer.Ordinal) ?? (operation.Effect == OperationEffect.Read && !operation.OptIn);
    }

    /// <summary>
    /// What undoes an operation: the operation that the template names, if it is switched on. One whose arguments the tenant has mapped undoes nothing by itself: what is worked out for it has the
    /// template's names, and the policy knows the tenant's.
    /// </summary>
    public static OperationTemplate? UndoOf(ResolvedInstance target, OperationTemplate operation)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(operation);
        return operation.Undo is { } undo
            && target.Template.Operations.FirstOrDefault(candidate => candidate.Id == undo.Operation) is { } back
            && IsEnabled(target.Instance, back)
            && !(target.Instance.Mappings.TryGetValue(back.Id, out var mappings) && mappings.Any(mapping => mapping.Direction == MappingDirection.Out))
                ? back
                : null;
    }

    /// <summary>The roles that may use an operation; null for every employee.</summary>
    public static IReadOnlyList<string>? RolesFor(ConnectorInstance instance, string operationId)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return instance.Access.GetValueOrDefault(operationId) ?? instance.Access.GetValueOrDefault("*");
    }

    /// <summary>Whether the instance's roles let somebody use an operation. The platform itself may use all.</summary>
    public static bool MayUse(ConnectorInstance instance, string operationId, ConnectorCaller? caller) =>
        caller is null || RolesFor(instance, operationId) is not { } roles || roles.Any(role => caller.Roles.Contains(role, StringComparer.Ordinal));
}

/// <summary>One operation of an instance.</summary>
/// <param name="Template">What the template says.</param>
/// <param name="Operation">What agents and playbooks see.</param>
public sealed record InstanceOperation(OperationTemplate Template, ConnectorOperation Operation);
