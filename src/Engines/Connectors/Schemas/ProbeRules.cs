using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>
/// Which operations may be called by nobody's wish, only to see what their answers look like. Those that are switched on, only read, take no arguments or none that must be given, cost one, end soon and need no
/// approval. Arguments of fixtures are not used: they are made up, so that a system answers that there is no such thing, which counts against its health and teaches nothing.
/// </summary>
public static class ProbeRules
{
    private static readonly JsonElement NoArguments = JsonElement.Parse("{}");

    /// <summary>The operations that may be probed, in the template's order; none of an instance that works on behalf of people, which has nobody to call as. The verification call is made anyhow and is left out.</summary>
    public static IReadOnlyList<OperationTemplate> Of(ResolvedInstance target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return [.. target.Template.Operations.Where(operation => MayBeProbed(target, operation))];
    }

    /// <summary>The operation as it is called for a probe, with one page of a list at most; null when it may not be probed.</summary>
    public static OperationTemplate? Find(ResolvedInstance target, string operationId)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target.Template.Operations.FirstOrDefault(operation => operation.Id == operationId) is { } found && MayBeProbed(target, found)
            ? found with { Pagination = (found.Pagination ?? target.Template.Pagination) is { } paging ? paging with { MaxPages = 1 } : null }
            : null;
    }

    private static bool MayBeProbed(ResolvedInstance target, OperationTemplate operation) =>
        target is { Instance: { Enabled: true, OnBehalfOfUser: false }, Template.Kind: not TemplateKind.Mcp }
        && operation.Id != target.Template.Verify.Operation
        && InstanceOperations.IsEnabled(target.Instance, operation)
        && IsHarmless(operation);

    // Code may make any number of calls.
    private static bool IsHarmless(OperationTemplate operation) =>
        operation is { Effect: OperationEffect.Read, Code: false, LongRunning: false, RequiresApproval: false, OptIn: false, Cost: <= 1 }
        && JsonSchema.Parse(InputSchema.Of(operation)).Validate(NoArguments).Count == 0;
}
